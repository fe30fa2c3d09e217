/**
 * The hot paths in one process beside what they cannot be faster than: blocks of both in turns, so that whatever else the
 * machine does hits both, and the median ratio of neighbouring blocks. And what is counted instead of timed: bytes and
 * promises per call. Prints one JSON line; guard.ts compares it with limits.json.
 */
import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import ivm from 'isolated-vm';
import { createEngine } from '../../lib/index.ts';
import { median } from '../rig/statistics.ts';
import { inFlight } from '../suite.ts';

const body = '(event) => ({ id: event.id, name: event.name, count: event.items.length })';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };
const source = `export const handler = ${body};`;

type Block = () => unknown;

async function ratio(ours: Block, floor: Block, pairs: number): Promise<number> {
  const time = async (block: Block): Promise<number> => {
    const began = performance.now();
    await block();
    return performance.now() - began;
  };
  for (let warm = 0; warm < 5; warm++) {
    await ours();
    await floor();
  }
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const [first, second] = pair % 2 === 0 ? [ours, floor] : [floor, ours];
    const a = await time(first);
    const b = await time(second);
    ratios.push(pair % 2 === 0 ? a / b : b / a);
  }
  return median(ratios);
}

const times =
  (calls: number, run: () => unknown): Block =>
  () => {
    for (let at = 0; at < calls; at++) run();
  };

function rawCall(): () => unknown {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const reply = `(() => { const handler = ${body}; return (text) => JSON.stringify(handler(JSON.parse(text))); })()`;
  const call = context.evalSync(reply, { reference: true }) as ivm.Reference<(text: string) => string>;
  return () => JSON.parse(call.applySync(undefined, [JSON.stringify(event)]) as string);
}

function rawStart(): void {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const call = context.evalSync(`(text) => JSON.stringify((${body})(JSON.parse(text)))`, { reference: true });
  (call as ivm.Reference<(text: string) => string>).applySync(undefined, [JSON.stringify(event)]);
  isolate.dispose();
}

/** A thread that does the work of a batch of calls for one message: the floor of the worker lane. */
function bareThread(): { batch(calls: number): Promise<unknown>; end(): Promise<unknown> } {
  const code = `const { parentPort } = require('node:worker_threads'); const handler = ${body};
    parentPort.on('message', (texts) => parentPort.postMessage(texts.map((text) => JSON.stringify(handler(JSON.parse(text))))));`;
  const thread = new Worker(code, { eval: true });
  const batch = (calls: number): Promise<unknown> =>
    new Promise((resolve) => {
      thread.once('message', (texts: string[]) => resolve(texts.map((text) => JSON.parse(text) as unknown)));
      thread.postMessage(Array.from({ length: calls }, () => JSON.stringify(event)));
    });
  return { batch, end: () => thread.terminate() };
}

function bytesPerCall(run: () => unknown): number {
  const calls = 2_000;
  const gc = (globalThis as { gc?: () => void }).gc;
  const seen = Array.from({ length: 5 }, () => {
    gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < calls; at++) run();
    return (process.memoryUsage().heapUsed - before) / calls;
  });
  return median(seen);
}

function promisesPerCall(run: () => unknown): number {
  let made = 0;
  const hook = createHook({ init: (_id, type) => void (type === 'PROMISE' && made++) }).enable();
  for (let at = 0; at < 100; at++) void run();
  hook.disable();
  return made / 100;
}

async function direct(): Promise<Record<string, number>> {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', lane: 'direct', code: { source } });
  await engine.invoke('f', event);
  const raw = rawCall();
  const sync = (): unknown => engine.invokeSync('f', event);
  const call = (): unknown => engine.invoke('f', event);
  const calls = 1_000;
  const awaited = async (): Promise<void> => {
    for (let at = 0; at < calls; at++) await call();
  };
  return {
    'invokeSync / raw applySync': await ratio(times(calls, sync), times(calls, raw), 41),
    'invoke / raw applySync': await ratio(awaited, times(calls, raw), 41),
    'bytes per invokeSync': bytesPerCall(sync),
    'promises per invoke': promisesPerCall(call),
  };
}

/** Compiled however its calls lie: V8 is given time to hand code in while nothing runs. */
async function computing(): Promise<Record<string, number>> {
  const file = new URL('../compare/functions/cpu.js', import.meta.url);
  const { handler: plain } = (await import(file.href)) as { handler(event: { limit: number }): unknown };
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source: readFileSync(file, 'utf8') } });
  const limit = 100_000;
  engine.invokeSync('f', { limit });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const call = times(150, () => engine.invokeSync('f', { limit }));
  const floor = times(150, () => plain({ limit }));
  return { 'a function that computes / the same without isolation': await ratio(call, floor, 9) };
}

async function worker(): Promise<Record<string, number>> {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({ functionName: 'f', lane: 'worker', code: { source }, timeout: 60 });
  await engine.invoke('f', event);
  const thread = bareThread();
  const raw = rawCall();
  const call = (): Promise<unknown> => engine.invoke('f', event);
  const batches = async (): Promise<void> => {
    for (let at = 0; at < 16; at++) await thread.batch(64);
  };
  const drain = async (): Promise<void> => {
    await Promise.all(Array.from({ length: 4_000 }, () => engine.invokeAsync('f', event)));
    await engine.whenIdle();
  };
  const rows = {
    'worker lane, 64 in flight / bare thread, batches of 64': await ratio(() => inFlight(64, 1_024, call), batches, 31),
    'async event taken in and run / raw applySync': await ratio(drain, times(4_000, raw), 15),
  };
  await thread.end();
  return rows;
}

async function cold(): Promise<Record<string, number>> {
  await using engine = await createEngine({ workers: 0 });
  let made = 0;
  const names: string[] = [];
  const pairs = 21;
  for (let at = 0; at < pairs + 6; at++) {
    const functionName = `f${at}`;
    await engine.createFunction({ functionName, lane: 'direct', code: { source } });
    names.push(functionName);
  }
  const start = (): Promise<unknown> => engine.invoke(names[made++] as string, event);
  return { 'cold start / raw isolate and first call': await ratio(start, rawStart, pairs) };
}

const rows = { ...(await direct()), ...(await computing()), ...(await worker()), ...(await cold()) };
process.stdout.write(`${JSON.stringify(rows)}\n`, () => process.exit(0));
