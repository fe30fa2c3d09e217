import t from 'tap';
import { Call } from '../../lib/instance/call.ts';
import type { Definition } from '../../lib/instance/definition.ts';
import type { InstanceOwner } from '../../lib/instance/instance.ts';
import { CALL_ALONE } from '../../lib/remote/messages.ts';
import type { RemoteHost } from '../../lib/remote/remote-host.ts';
import { RemoteInstance } from '../../lib/remote/remote-instance.ts';

const sink = { succeeded: () => undefined, failed: () => undefined };

/** An instance whose host only writes down what it is sent. */
function instance(timeoutMs: number): { instance: RemoteInstance; sent: number[]; batches: () => unknown[] } {
  const sent: number[] = [];
  const host = { send: (op: number) => sent.push(op), hasBatch: () => undefined } as unknown as RemoteHost;
  const definition = { isUnproven: false, timeoutMs } as unknown as Definition;
  const made = new RemoteInstance('i', 1, definition, {} as InstanceOwner, host);
  const batches = (): unknown[] => {
    const outbox: unknown[] = [];
    made.flush(outbox, 0);
    return outbox;
  };
  return { instance: made, sent, batches };
}

t.test('calls with the timeout of their function share one crossing, whenever they were accepted', async (t) => {
  const { instance: shared, sent, batches } = instance(3_000);
  for (let no = 1; no <= 200; no++) shared.submit(new Call(no, '{}', false, no * 1.1 + 1e7 / 3, 3_000, sink, false));
  t.same(sent, [], 'none crosses alone');
  const text = batches()[2] as string;
  t.equal((JSON.parse(text) as unknown[]).length, 400);
});

t.test('a call with a shorter deadline of its own crosses alone', async (t) => {
  const { instance: shared, sent } = instance(3_000);
  shared.submit(new Call(1, '{}', false, 0.1, 1_000, sink, false));
  t.same(sent, [CALL_ALONE]);
});

t.test('a call whose result nobody wants says so by a negative number', async (t) => {
  const { instance: shared, batches } = instance(3_000);
  const quiet = new Call(7, '{}', false, 0, Number.POSITIVE_INFINITY, sink, false);
  quiet.wantsResult = false;
  shared.submit(quiet);
  shared.submit(new Call(8, '[]', false, 0, 3_000, sink, false));
  t.equal(batches()[2], '[-7,{},8,[]]');
});
