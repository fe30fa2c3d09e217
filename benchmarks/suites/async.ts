/**
 * Asynchronous calls: how fast events are taken in and worked off, in memory and on disk, how long one waits until it begins,
 * and what a backlog of a million costs; beside other queues. Peers come from `compare/`; one that is not installed is said to be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ivm from 'isolated-vm';
import { createEngine, type Engine, type EngineOptions } from '../../lib/index.ts';
import { backlog } from '../async/backlog.ts';
import { PeerMissing } from '../compare/peer.ts';
import { DURABLE, MEMORY } from '../compare/queues.ts';
import { count } from '../rig/distribution.ts';
import type { Rows, Suite } from '../suite.ts';
import { inFlight, timeBlocks } from '../suite.ts';

const body = '(event) => ({ id: event.id })';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };
/** 300 bytes as JSON. */
const larger = { id: 4_711, text: 'x'.repeat(279) };

async function raw(quick: boolean): Promise<Rows> {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const call = context.evalSync(
    `(() => { const handler = ${body}; return (text) => JSON.stringify(handler(JSON.parse(text))); })()`,
    {
      reference: true,
    },
  ) as ivm.Reference<(text: string) => string>;
  const text = JSON.stringify(event);
  const values = await timeBlocks(quick ? 1_000 : 20_000, quick ? 3 : 20, (count) => {
    for (let at = 0; at < count; at++) call.applySync(undefined, [text]);
  });
  return { 'raw applySync one by one': values };
}

async function queue(quick: boolean): Promise<Rows> {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({
    functionName: 'f',
    lane: 'worker',
    timeout: 60,
    code: { source: `export const handler = ${body};` },
  });
  const events = quick ? 2_000 : 50_000;
  const enqueued: number[] = [];
  const drained: number[] = [];
  for (let round = -2; round < (quick ? 2 : 10); round++) {
    const began = performance.now();
    // Accepted in one turn, so that the queue is full before the first event is taken out of it.
    const accepted: Promise<unknown>[] = [];
    for (let at = 0; at < events; at++) accepted.push(engine.invokeAsync('f', event));
    await Promise.all(accepted);
    const full = performance.now();
    await engine.whenIdle();
    if (round < 0) continue;
    enqueued.push(((full - began) * 1_000) / events);
    drained.push(((performance.now() - full) * 1_000) / events);
  }
  return { 'enqueue (invokeAsync)': enqueued, 'drain through batches': drained };
}

/** Rows of a peer; one that is not there is said to be missing. */
async function peer(row: string, measure: () => Promise<Rows>): Promise<Rows> {
  try {
    return await measure();
  } catch (error) {
    if (error instanceof PeerMissing) return { [row]: 'not installed' };
    throw error;
  }
}

const memoryPeer = (name: string) => (quick: boolean) =>
  peer(`enqueue (${name})`, async () => {
    const queue = await (MEMORY[name] as (typeof MEMORY)[string])(event);
    const jobs = quick ? 2_000 : 50_000;
    const [enqueued, drained]: [number[], number[]] = [[], []];
    for (let round = -2; round < (quick ? 2 : 10); round++) {
      const began = performance.now();
      queue.add(jobs);
      const full = performance.now();
      await queue.done();
      if (round < 0) continue;
      enqueued.push(((full - began) * 1_000) / jobs);
      drained.push(((performance.now() - full) * 1_000) / jobs);
    }
    return { [`enqueue (${name})`]: enqueued, [`drain (${name}, no isolation)`]: drained };
  });

/** Runs with an engine in a folder of its own, whose function `f` never ends what it begins. */
async function onDisk<T>(options: EngineOptions, run: (engine: Engine) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'isopod-bench-'));
  try {
    await using engine = await createEngine({ dataDir, workers: 1, ...options });
    await engine.createFunction({
      functionName: 'f',
      maxInstances: 1,
      timeout: 86_400,
      code: { source: 'export const handler = () => new Promise(() => {});' },
    });
    return await run(engine);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Events acknowledged a second by so many producers, and what one takes of the main thread. */
const acknowledge = (producers: number) => (quick: boolean) =>
  onDisk({}, async (engine) => {
    // Alone, each event pays a sync.
    const events = producers === 1 ? 500 : quick ? 2_000 : 50_000;
    const [rates, thread]: [number[], number[]] = [[], []];
    for (let block = -2; block < (quick ? 2 : 10); block++) {
      const { user, system } = process.threadCpuUsage();
      const began = performance.now();
      await inFlight(producers, events, () => engine.invokeAsync('f', larger));
      const ms = performance.now() - began;
      const used = process.threadCpuUsage();
      if (block < 0) continue;
      rates.push((events * 1_000) / ms);
      thread.push((used.user + used.system - user - system) / events);
    }
    return {
      [`${producers} producers, acknowledged from disk`]: rates,
      [`${producers} producers, main thread`]: thread,
    };
  });

const peerRow = (name: string, producers: number, together: boolean): string =>
  together ? `${producers} in one call, on disk (${name})` : `${producers} producers, on disk (${name})`;

/** Jobs a second: one call each by so many producers, or one call for as many jobs. */
const durablePeer = (name: string, producers: number, together: boolean) => (quick: boolean) => {
  const row = peerRow(name, producers, together);
  return peer(row, async () => {
    await using queue = await (DURABLE[name] as (typeof DURABLE)[string])(larger);
    const once = async (): Promise<void> => {
      if (together) await queue.addMany(producers);
      else await Promise.all(Array.from({ length: producers }, () => queue.add()));
    };
    const rates: number[] = [];
    await once();
    const until = performance.now() + (quick ? 500 : 2_500);
    // Blocks of a tenth of a second or so.
    while (performance.now() < until) {
      const began = performance.now();
      let jobs = 0;
      for (; performance.now() - began < 100; jobs += producers) await once();
      rates.push((jobs * 1_000) / (performance.now() - began));
    }
    return { [row]: rates };
  });
};

/** From `invokeAsync` to the handler's first line, as the host hears of it; each producer sends the next one then. */
const untilStart = (isOnDisk: boolean, producers: number) => async (quick: boolean) => {
  const folder = mkdtempSync(join(tmpdir(), 'isopod-bench-'));
  const sent: { readonly at: number; readonly begun: () => void }[] = [];
  const counts: Record<string, number> = {};
  const samples = quick ? 200 : 20_000;
  const warmUp = Math.min(2_000, samples);
  const bench = {
    began: (no: number) => {
      const { at, begun } = sent[no] as (typeof sent)[number];
      if (no >= warmUp) count(counts, (performance.now() - at) * 1_000);
      begun();
    },
  };
  const engine = await createEngine({ workers: 1, ...(isOnDisk && { dataDir: folder }) });
  await engine.createFunction({
    functionName: 'f',
    timeout: 60,
    code: { source: 'export const handler = (no, { bindings }) => bindings.bench.began(no);' },
    bindings: { bench },
  });
  await inFlight(producers, warmUp + samples, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const no = sent.push({ at: performance.now(), begun: resolve }) - 1;
    await Promise.all([engine.invokeAsync('f', no), promise]);
  });
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
  return { [`accept to start, ${isOnDisk ? 'on disk' : 'in memory'}, ${producers} producers`]: { counts } };
};

const IN_FLIGHT = [1, 64, 1_024];
const GROUPS = [64, 1_024];
const named = <T>(names: readonly T[], make: (name: T) => [string, Suite['cases'][string]][]): Suite['cases'] =>
  Object.fromEntries(names.flatMap(make));

export const async: Suite = {
  name: 'async',
  unit: 'µs/event',
  unitOf: (row) => {
    if (row.includes('on disk (') || row.includes('acknowledged')) return 'events/s';
    if (row.startsWith('backlog')) return /\[(.*)\]$/.exec(row)?.[1];
    return row.startsWith('accept to start') ? 'µs' : undefined;
  },
  baseline: '',
  baselines: Object.fromEntries([
    ...['enqueue (invokeAsync)', 'drain through batches'].map((row) => [row, 'raw applySync one by one']),
    ...Object.keys(MEMORY).flatMap((name) => [
      [`enqueue (${name})`, 'enqueue (invokeAsync)'],
      [`drain (${name}, no isolation)`, 'drain through batches'],
    ]),
    ...GROUPS.flatMap((size) =>
      Object.keys(DURABLE).flatMap((name) =>
        [false, true].map((together) => [peerRow(name, size, together), `${size} producers, acknowledged from disk`]),
      ),
    ),
  ]),
  cases: {
    raw,
    queue,
    ...named(Object.keys(MEMORY), (name) => [[`memory/${name}`, memoryPeer(name)]]),
    ...named(IN_FLIGHT, (producers) => [[`disk/${producers}`, acknowledge(producers)]]),
    'backlog/memory': (quick) => backlog(false, quick),
    'backlog/disk': (quick) => backlog(true, quick),
    ...named(Object.keys(DURABLE), (name) =>
      GROUPS.flatMap((size): [string, Suite['cases'][string]][] => [
        [`disk/${size}/${name}`, durablePeer(name, size, false)],
        [`disk/${size}/${name}/in one call`, durablePeer(name, size, true)],
      ]),
    ),
    ...named([1, 64], (producers) => [
      [`start/memory/${producers}`, untilStart(false, producers)],
      [`start/disk/${producers}`, untilStart(true, producers)],
    ]),
  },
  targets: [
    { row: 'drain through batches', against: 'raw applySync one by one', max: 0.5, says: 'at least 2x raw one by one' },
    { row: 'enqueue (invokeAsync)', max: 1, says: 'at least 1,000,000 accepts a second' },
    { row: '64 producers, main thread', max: 5, says: 'at most 5 µs of the main thread an event' },
    { row: '1024 producers, main thread', max: 5, says: 'at most 5 µs of the main thread an event' },
  ],
};
