/**
 * What a cluster costs beside bare NATS: a sync call that another engine runs beside a request and its reply, and async events of a
 * tiny function, done by 1, 2 and 3 engines, beside a consumer that does nothing but acknowledge. The server is a private one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createEngine, type InvokeStatus } from '../../lib/index.ts';
import { nats } from '../../test/trigger/servers.ts';
import type { Rows, Suite } from '../suite.ts';

const worker = fileURLToPath(new URL('../workers/cluster-engine.ts', import.meta.url));
const SOURCE = { source: 'export const handler = (event) => event.id;' };
/** Requests on their way to the server at once. */
const AHEAD = 500;

async function startEngine(url: string, name: string): Promise<{ child: ChildProcess; id: string }> {
  const child = fork(worker, [url, name], { stdio: 'inherit' });
  const [{ id }] = (await once(child, 'message')) as [{ id: string }];
  return { child, id };
}

async function tell(child: ChildProcess, what: object): Promise<void> {
  child.send(what);
  await once(child, 'message');
}

/** Microseconds of single calls, one after the other. */
async function single(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let at = -Math.ceil(count / 10); at < count; at++) {
    const began = performance.now();
    await call();
    if (at >= 0) values.push((performance.now() - began) * 1_000);
  }
  return values;
}

/** Both in one process, in turns, because the machine is not the same a minute later. */
async function calls(quick: boolean): Promise<Rows> {
  const server = await nats();
  const engine = await createEngine({ workers: 0, cluster: { nats: server.url, node: 'caller' } });
  const { child, id } = await startEngine(server.url, 'runner');
  const [asks, answers] = [await connect({ servers: server.url }), await connect({ servers: server.url })];
  answers.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
  await engine.createFunction({ functionName: 'f', code: SOURCE, lane: 'direct' });
  // So that the call that warms the other up stays there.
  await engine.cluster?.drain();
  await tell(child, { warm: 'f' });
  await engine.cluster?.join();
  const status: InvokeStatus = {};
  // Until it is known here that an instance waits there; what was started here meanwhile would take the calls.
  while (engine.cluster?.nodes().find((node) => node.id === id)?.warm !== 1)
    await new Promise((r) => setTimeout(r, 20));
  await engine.invoke('f', { id: 1 }, { status });
  if (status.node !== id) throw new Error('the call stayed here');
  const body = JSON.stringify({ id: 1 });
  const rows: Record<'bare request and reply' | 'call on another engine', number[]> = {
    'bare request and reply': [],
    'call on another engine': [],
  };
  for (let round = 0; round < (quick ? 1 : 10); round++) {
    rows['bare request and reply'].push(...(await single(quick ? 20 : 300, () => asks.request('echo', body))));
    rows['call on another engine'].push(...(await single(quick ? 20 : 300, () => engine.invoke('f', { id: 1 }))));
  }
  await asks.close();
  await answers.close();
  await tell(child, { close: true });
  await engine.close();
  await server.stop();
  return rows;
}

/** Events a second, of `count` that wait already. */
async function bare(quick: boolean): Promise<Rows> {
  const server = await nats();
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  const samples: number[] = [];
  const count = quick ? 500 : 10_000;
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const name = `bare-${round}`;
    await manager.streams.add({ name, subjects: [name], retention: RetentionPolicy.Workqueue });
    await manager.consumers.add(name, { durable_name: 'bare', ack_policy: AckPolicy.Explicit });
    await publish(count, (text) => jetstream(connection).publish(name, text));
    const consumer = await jetstream(connection).consumers.get(name, 'bare');
    const began = performance.now();
    let left = count;
    for await (const message of await consumer.consume({ max_messages: AHEAD })) {
      message.ack();
      if (--left === 0) break;
    }
    samples.push((count * 1_000) / (performance.now() - began));
  }
  await connection.close();
  await server.stop();
  return { 'bare consumer': samples };
}

async function publish(count: number, send: (text: string) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += AHEAD) {
    await Promise.all(
      Array.from({ length: Math.min(AHEAD, count - at) }, (_, more) => send(JSON.stringify({ id: at + more }))),
    );
  }
}

/** A drained engine sends; then `engines` others join and do what waits. */
async function events(quick: boolean, engines: number): Promise<Rows> {
  const server = await nats();
  const sender = await createEngine({ workers: 0, cluster: { nats: server.url, node: 'sender' } });
  await sender.createFunction({ functionName: 'f', code: SOURCE });
  await sender.cluster?.drain();
  const others = await Promise.all(Array.from({ length: engines }, (_, at) => startEngine(server.url, `engine-${at}`)));
  const samples: number[] = [];
  const count = quick ? 500 : 10_000;
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const began = performance.now();
    await publish(count, () => sender.invokeAsync('f', { id: 1 }));
    await sender.whenIdle();
    samples.push((count * 1_000) / (performance.now() - began));
  }
  for (const { child } of others) await tell(child, { close: true });
  await sender.close();
  await server.stop();
  return { [`accepted and done, ${engines} ${engines === 1 ? 'engine' : 'engines'}`]: samples };
}

/** Accepting and acknowledging at once, as the engines' events are. */
async function bareBoth(quick: boolean): Promise<Rows> {
  const server = await nats();
  const connection = await connect({ servers: server.url });
  const reader = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'both', subjects: ['both'], retention: RetentionPolicy.Workqueue });
  await manager.consumers.add('both', { durable_name: 'bare', ack_policy: AckPolicy.Explicit });
  const consumer = await jetstream(reader).consumers.get('both', 'bare');
  let left = 0;
  let done: () => void = () => undefined;
  const messages = await consumer.consume({
    max_messages: AHEAD,
    callback: (message) => {
      message.ack();
      if (--left === 0) done();
    },
  });
  const samples: number[] = [];
  const count = quick ? 500 : 10_000;
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    left = count;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const began = performance.now();
    await publish(count, (text) => jetstream(connection).publish('both', text));
    await all;
    samples.push((count * 1_000) / (performance.now() - began));
  }
  await messages.close();
  await reader.close();
  await connection.close();
  await server.stop();
  return { 'bare publish and consume': samples };
}

export const cluster: Suite = {
  name: 'cluster',
  unit: 'events/s',
  unitOf: (row) => (row.includes('call') || row.includes('reply') ? 'µs' : undefined),
  baseline: 'bare publish and consume',
  baselines: { 'call on another engine': 'bare request and reply', 'bare consumer': 'bare publish and consume' },
  cases: {
    calls,
    bare,
    bareBoth,
    one: (quick) => events(quick, 1),
    two: (quick) => events(quick, 2),
    three: (quick) => events(quick, 3),
  },
  targets: [
    {
      row: 'call on another engine',
      against: 'bare request and reply',
      max: 2,
      says: 'a call on another engine takes at most twice a bare request and its reply',
    },
    ...['1 engine', '2 engines', '3 engines'].map((engines) => ({
      row: 'bare publish and consume',
      against: `accepted and done, ${engines}`,
      max: 1 / 0.6,
      says: `${engines}: at least 60 % of what bare publishing and consuming reaches`,
    })),
  ],
};
