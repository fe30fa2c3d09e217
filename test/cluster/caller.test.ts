/** Calls between two engines whose messages a server may take with it when it is lost. */
import t from 'tap';
import { Caller } from '../../lib/cluster/caller.ts';
import type { Link } from '../../lib/cluster/link.ts';
import type { Members } from '../../lib/cluster/members.ts';
import { type Serve, Server } from '../../lib/cluster/server.ts';
import type { Deployment } from '../../lib/deployment/deployment.ts';
import type { IsopodError } from '../../lib/errors.ts';
import { Call, type CallSink } from '../../lib/instance/call.ts';
import type { Pool } from '../../lib/pool/pool.ts';
import { KIND_VALUE } from '../../lib/protocol/door.ts';

interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
}

/** A connection both engines share. `isLost`: which messages never arrive. */
function connection(isLost: (message: Message) => boolean) {
  const listeners: { subject: string; callback: (error: null, message: object) => void }[] = [];
  const publish = (subject: string, payload: Uint8Array | string, { reply }: { reply?: string } = {}): void => {
    const data = Buffer.from(payload);
    const message: Message = { subject, data, reply };
    if (isLost(message)) return;
    setImmediate(() => {
      for (const listener of [...listeners]) {
        const matches = listener.subject.endsWith('.*')
          ? subject.startsWith(listener.subject.slice(0, -1))
          : subject === listener.subject;
        if (!matches) continue;
        listener.callback(null, {
          ...message,
          json: () => JSON.parse(String(data)),
          string: () => String(data),
          respond: (answer: string) => publish(reply ?? '', answer),
        });
      }
    });
  };
  return {
    publish,
    isClosed: () => false,
    subscribe: (subject: string, { callback }: { callback: (error: null, message: object) => void }) => {
      listeners.push({ subject, callback });
      return { unsubscribe: () => undefined };
    },
  };
}

/** Engine a calls a function of engine b, which `serve` runs. Tells pings as they are sent. */
function setUp(t: Tap, serve: Serve, isLost: (message: Message) => boolean = () => false) {
  let pinged: () => void = () => undefined;
  const link = {
    isUp: true,
    mostBytes: 1_000_000,
    onChange: () => undefined,
    connection: connection((message) => {
      if (message.subject.endsWith('.ping')) pinged();
      return isLost(message);
    }),
  } as unknown as Link;
  const marks = { has: () => true };
  const members = { id: 'a', others: () => [{ id: 'b', open: 0, marks }], lost: () => undefined } as unknown as Members;
  const caller = new Caller({ link, members, prefix: 'p', open: () => 0, isDraining: () => true });
  const server = new Server({ link, prefix: 'p.b', isDraining: () => false, serve, told: async () => undefined });
  t.teardown(() => {
    caller.close();
    server.stop();
  });
  const pool = { definition: { declared: { functionName: 'f' } } } as unknown as Pool;
  const called = new Promise<unknown>((resolve, reject) => {
    const sink: CallSink = {
      succeeded: (_call, _kind, payload) => resolve(payload),
      failed: (_call, error) => reject(error),
    };
    const call = new Call(5_000, '{}', false, performance.now(), 60_000, sink, false);
    t.ok(caller.take({ versionId: 'LATEST', stamp: 's' } as Deployment, pool, call));
  });
  const pings = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      await new Promise<void>((resolve) => {
        pinged = resolve;
      });
    }
  };
  return { called, pings };
}
type Tap = Pick<typeof t, 'teardown' | 'ok'>;

const ended = (no: number, sink: CallSink): void => {
  const call = new Call(no, '{}', false, performance.now(), 60_000, sink, false);
  sink.succeeded(call, KIND_VALUE, 'done');
};

t.test('a call that arrives is answered, however long it takes', async (t) => {
  let finish: () => void = () => undefined;
  const { called, pings } = setUp(t, ({ no }, _text, sink) => {
    finish = () => ended(no, sink);
    return { abandon: () => undefined };
  });
  await pings(4);
  finish();
  t.equal(await called, 'done');
});

t.test('a call that never arrived is told to be lost, and is not made again', async (t) => {
  let served = 0;
  const serve: Serve = () => {
    served++;
    return { abandon: () => undefined };
  };
  const { called } = setUp(t, serve, ({ subject }) => subject === 'p.b.call');
  const error = await called.catch((thrown: IsopodError) => thrown);
  t.match(error, { code: 'NodeLost', message: /the engine b does not have it/ });
  t.equal(served, 0);
});

t.test('a call whose answer was lost is told to be lost', async (t) => {
  const serve: Serve = ({ no }, _text, sink) => {
    setImmediate(() => ended(no, sink));
    return { abandon: () => undefined };
  };
  const { called } = setUp(t, serve, ({ subject }) => subject.endsWith('.5000'));
  t.match(await called.catch((thrown: IsopodError) => thrown), { code: 'NodeLost' });
});
