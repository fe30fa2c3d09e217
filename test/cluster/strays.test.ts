/** Events the server takes for being under way, although no engine has them. */
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import t from 'tap';
import { consumerNameOf } from '../../lib/cluster/event-stream.ts';
import type { Link } from '../../lib/cluster/link.ts';
import { Strays } from '../../lib/cluster/strays.ts';
import { frame } from '../../lib/cluster/wire.ts';
import { createEngine } from '../../lib/index.ts';
import { noFailures } from '../../lib/outcome/accepted-event.ts';
import { missing, nats } from '../trigger/servers.ts';

const skip = missing('nats-server', 'nats-server');
const SUBJECT = 'isopod.x.events.queue.f.LATEST';
const ACK_WAIT_MS = 2_000;

interface Tap {
  teardown(run: () => void): void;
}

/** A server with one queue whose consumer has given out `given` messages, and engines that have some of them. */
function setUp(t: Tap, { given, held = [], gives = true }: { given: number; held?: number[]; gives?: boolean }) {
  const messages = new Map<number, { due: number; time: number }>();
  const published: (string | undefined)[] = [];
  let consumerSeq = given;
  const link = {
    isUp: true,
    connection: {
      subscribe: () => undefined,
      requestMany: async () =>
        (async function* () {
          for (const seq of held) yield { json: () => [seq] };
        })(),
    },
    jetstream: {
      publish: async (_subject: string, _data: Uint8Array, { msgID }: { msgID?: string }) => published.push(msgID),
    },
    manager: {
      streams: {
        getMessage: async (_stream: string, { seq, next_by_subj }: { seq: number; next_by_subj?: string }) => {
          const found = next_by_subj === undefined ? seq : [...messages.keys()].find((key) => key >= seq);
          const message = messages.get(found ?? -1);
          if (message === undefined) return null;
          const head = { no: 1, binary: false, accepted: 0, due: message.due, failures: noFailures };
          return { seq: found, subject: SUBJECT, time: new Date(message.time), data: frame(head, '{}') };
        },
        deleteMessage: async (_stream: string, seq: number) => messages.delete(seq),
      },
      consumers: {
        info: async (_stream: string, name: string) => {
          if (name !== consumerNameOf('f.LATEST')) throw new Error('there is no such consumer');
          if (gives) consumerSeq++;
          return { delivered: { stream_seq: given, consumer_seq: consumerSeq }, num_waiting: 0 };
        },
      },
    },
  } as unknown as Link;
  const strays = new Strays({
    link,
    stream: {
      name: 'x_events',
      prefix: 'isopod.x.events',
      ackWaitMs: ACK_WAIT_MS,
      inHand: new Set(),
      queues: async () => (messages.size > 0 ? ['f.LATEST'] : []),
      subjectOf: () => SUBJECT,
    },
    leases: { want: async () => undefined, holds: () => false },
    logger: undefined,
  });
  // Nothing else keeps the process up.
  const up = setInterval(() => undefined, 1_000);
  t.teardown(() => {
    clearInterval(up);
    strays.close();
  });
  const put = (seq: number, { agoMs = 60_000, due = 0 } = {}): void =>
    void messages.set(seq, { due, time: Date.now() - agoMs });
  return { strays, put, published, messages };
}

t.test('a message given out long ago that no engine has is published again, and only then deleted', async (t) => {
  const { strays, put, published, messages } = setUp(t, { given: 3, held: [2] });
  for (const seq of [1, 2, 3, 4]) put(seq);
  t.equal(await strays.look(), 2);
  t.same(published, ['x_events 1', 'x_events 3']);
  t.same([...messages.keys()], [2, 4], 'an engine has the one, the other has not been given out yet');
});

t.test('a message that is young, or not due for long, is let be', async (t) => {
  const { strays, put, published } = setUp(t, { given: 9 });
  put(1, { due: Date.now() + 60_000 });
  put(2, { due: Date.now() - ACK_WAIT_MS });
  put(3, { agoMs: ACK_WAIT_MS });
  t.equal(await strays.look(), 0);
  t.same(published, []);
});

t.test('as long as the server has nobody to give messages to, they wait', async (t) => {
  const { strays, put, published } = setUp(t, { given: 9, gives: false });
  put(1);
  t.equal(await strays.look(), 0);
  t.same(published, []);
});

t.test('many messages that wait for their time do not hide the one behind them', async (t) => {
  const { strays, put, published } = setUp(t, { given: 1_000 });
  for (let seq = 1; seq <= 600; seq++) put(seq, { due: Date.now() + 60_000 });
  put(601);
  t.equal(await strays.look(), 0);
  t.equal(await strays.look(), 0);
  t.equal(await strays.look(), 1);
  t.same(published, ['x_events 601']);
  put(602);
  t.equal(await strays.look(), 0, 'it begins anew');
});

t.test('an event that another client keeps from the engines is done all the same, once', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const warnings: string[] = [];
  const logger = { info: () => undefined, error: () => undefined, warn: (message: string) => warnings.push(message) };
  const options = { workers: 0, logger, cluster: { nats: server.url, name: 'x', takeoverSeconds: 2 } };
  await using engine = await createEngine(options);
  const ran: string[] = [];
  engine.observe({ log: ({ line }) => void ran.push(/\w+$/.exec(line)?.[0] ?? '') });
  const source = `export const handler = async ({ name, ms }) => {
    console.log(name);
    if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
  };`;
  await engine.createFunction({ functionName: 'f', code: { source }, timeout: 60 });
  await engine.invokeAsync('f', { name: 'first' });
  await engine.whenIdle();

  await engine.cluster?.drain();
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  await engine.invokeAsync('f', { name: 'kept' });
  const consumer = await jetstream(client).consumers.get('x_events', consumerNameOf('f.LATEST'));
  const kept = await consumer.next();
  t.ok(kept);
  const working = setInterval(() => kept?.working(), 500);
  t.teardown(() => clearInterval(working));
  await engine.cluster?.join();
  await engine.invokeAsync('f', { name: 'long', ms: 14_000 });
  await engine.whenIdle();
  t.same(ran.sort(), ['first', 'kept', 'long']);
  t.match(warnings, [/no longer gave out/]);
});
