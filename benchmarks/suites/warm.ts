/** Warm calls: the direct and the worker lane beside raw isolated-vm and plain piscina, all doing the same work. */
import { Worker } from 'node:worker_threads';
import ivm from 'isolated-vm';
import { Piscina } from 'piscina';
import { createEngine, type LaneSetting } from '../../lib/index.ts';
import { inFlight, type Rows, type Suite, timeBlocks } from '../suite.ts';

const body = '(event) => ({ id: event.id, name: event.name, count: event.items.length })';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };
const THREADS = 2;

type Sizes = { readonly calls: number; readonly blocks: number };
const sizes = (quick: boolean, calls: number): Sizes =>
  quick ? { calls: calls / 20, blocks: 3 } : { calls, blocks: 20 };

function rawIsolate(): ivm.Reference<(text: string) => string> {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const source = `(() => { const handler = ${body}; return (text) => JSON.stringify(handler(JSON.parse(text))); })()`;
  return context.evalSync(source, { reference: true }) as ivm.Reference<(text: string) => string>;
}

async function raw(quick: boolean, name: string, options?: { timeout: number }): Promise<Rows> {
  const call = rawIsolate();
  const { calls, blocks } = sizes(quick, 20_000);
  const values = await timeBlocks(calls, blocks, (count) => {
    for (let at = 0; at < count; at++)
      JSON.parse(call.applySync(undefined, [JSON.stringify(event)], options) as string);
  });
  return { [name]: values };
}

async function rawAsync(quick: boolean, name: string, open: number): Promise<Rows> {
  const call = rawIsolate();
  const { calls, blocks } = sizes(quick, open === 1 ? 400 : 4_000);
  const one = async (): Promise<unknown> =>
    JSON.parse((await call.apply(undefined, [JSON.stringify(event)])) as string);
  return { [name]: await timeBlocks(calls, blocks, (count) => inFlight(open, count, one)) };
}

async function withEngine<T>(
  lane: LaneSetting,
  source: string,
  use: (call: () => Promise<unknown>, sync: () => unknown) => Promise<T>,
): Promise<T> {
  await using engine = await createEngine({ workers: lane === 'direct' ? 0 : THREADS });
  await engine.createFunction({ functionName: 'f', lane, code: { source } });
  await engine.invoke('f', event);
  return await use(
    () => engine.invoke('f', event),
    () => engine.invokeSync('f', event),
  );
}

const direct = (quick: boolean): Promise<Rows> =>
  withEngine('direct', `export const handler = ${body};`, async (call, sync) => {
    const { calls, blocks } = sizes(quick, 20_000);
    const rows: Rows = {};
    rows['direct invokeSync'] = await timeBlocks(calls, blocks, (count) => {
      for (let at = 0; at < count; at++) sync();
    });
    rows['direct invoke'] = await timeBlocks(calls, blocks, async (count) => {
      for (let at = 0; at < count; at++) await call();
    });
    return rows;
  });

const directAsync = (quick: boolean): Promise<Rows> =>
  withEngine('direct', `export const handler = async ${body};`, async (call) => {
    const { calls, blocks } = sizes(quick, 10_000);
    return {
      'direct invoke, async handler': await timeBlocks(calls, blocks, async (count) => {
        for (let at = 0; at < count; at++) await call();
      }),
    };
  });

/** Also the calling thread's own time, per call. */
const worker =
  (open: number, base: number) =>
  (quick: boolean): Promise<Rows> =>
    withEngine('worker', `export const handler = ${body};`, async (call) => {
      const { calls, blocks } = sizes(quick, base);
      const cpu: number[] = [];
      const wall = await timeBlocks(calls, blocks, async (count) => {
        const before = process.threadCpuUsage();
        await inFlight(open, count, call);
        const { user, system } = process.threadCpuUsage(before);
        cpu.push((user + system) / count);
      });
      return { [`worker ${open} in flight`]: wall, [`worker ${open} in flight, main thread`]: cpu.slice(-blocks) };
    });

const piscina =
  (open: number, base: number, file: string, name: string) =>
  async (quick: boolean): Promise<Rows> => {
    const pool = new Piscina({
      filename: new URL(`../workers/${file}`, import.meta.url).href,
      minThreads: THREADS,
      maxThreads: THREADS,
    });
    const { calls, blocks } = sizes(quick, base);
    const rows = {
      [`${name} ${open} in flight`]: await timeBlocks(calls, blocks, (count) =>
        inFlight(open, count, () => pool.run(event)),
      ),
    };
    await pool.destroy();
    return rows;
  };

async function roundTrip(quick: boolean): Promise<Rows> {
  const thread = new Worker(new URL('../workers/echo.mjs', import.meta.url));
  const { calls, blocks } = sizes(quick, 1_000);
  let answered: (value: unknown) => void = () => undefined;
  thread.on('message', (message) => answered(message));
  const call = (): Promise<unknown> =>
    new Promise((resolve) => {
      answered = resolve;
      thread.postMessage(JSON.stringify(event));
    });
  const rows = { 'postMessage round trip': await timeBlocks(calls, blocks, (count) => inFlight(1, count, call)) };
  await thread.terminate();
  return rows;
}

export const warm: Suite = {
  name: 'warm',
  unit: 'µs/call',
  baseline: 'raw applySync',
  baselines: {
    'worker 1 in flight': 'postMessage round trip',
    'worker 16 in flight': 'piscina 16 in flight',
    'worker 64 in flight': 'piscina 64 in flight',
    'worker 256 in flight': 'piscina 256 in flight',
  },
  cases: {
    'raw applySync': (quick) => raw(quick, 'raw applySync'),
    'raw applySync with timeout': (quick) => raw(quick, 'raw applySync with timeout', { timeout: 1_000 }),
    direct,
    'direct async': directAsync,
    'raw apply 1': (quick) => rawAsync(quick, 'raw apply 1 in flight', 1),
    'raw apply 64': (quick) => rawAsync(quick, 'raw apply 64 in flight', 64),
    'round trip': roundTrip,
    'worker 1': worker(1, 1_000),
    'worker 16': worker(16, 20_000),
    'worker 64': worker(64, 20_000),
    'worker 256': worker(256, 20_000),
    'piscina 1': piscina(1, 1_000, 'plain.mjs', 'piscina'),
    'piscina 16': piscina(16, 4_000, 'plain.mjs', 'piscina'),
    'piscina 64': piscina(64, 4_000, 'plain.mjs', 'piscina'),
    'piscina 256': piscina(256, 4_000, 'plain.mjs', 'piscina'),
    'piscina with isolated-vm 64': piscina(64, 4_000, 'isolate.mjs', 'piscina with isolated-vm'),
  },
  targets: [
    { row: 'direct invokeSync', against: 'raw applySync', max: 1.25, says: 'at most 1.25x raw applySync' },
    { row: 'direct invoke', against: 'raw applySync', max: 1.25, says: 'at most 1.25x raw applySync' },
    {
      row: 'direct invoke',
      against: 'raw applySync with timeout',
      max: 1,
      says: 'faster than raw applySync with timeout',
    },
    { row: 'worker 64 in flight', against: 'piscina 64 in flight', max: 0.2, says: 'at least 5x piscina' },
    {
      row: 'worker 64 in flight',
      against: 'piscina with isolated-vm 64 in flight',
      max: 0.125,
      says: 'at least 8x piscina with isolated-vm',
    },
    { row: 'worker 64 in flight, main thread', max: 3, says: 'at most 3 µs of the calling thread' },
    { row: 'worker 1 in flight', against: 'postMessage round trip', max: 1.2, says: 'at most 1.2x a bare round trip' },
  ],
};
