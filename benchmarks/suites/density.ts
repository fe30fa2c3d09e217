/**
 * Many functions on one machine: what registered ones hold, how calls fare while a heavy-tailed mix of 100, 1,000 and 10,000
 * functions shares a budget of 2 GB, and what a call costs that has to bring its function back from disk.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ivm from 'isolated-vm';
import { loadCode } from '../../lib/code/load.ts';
import { Images } from '../../lib/image/images.ts';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';
import { acquireThreadHost, releaseThreadHost } from '../../lib/isolate/host.ts';
import { ORDINARY } from '../../lib/protocol/door.ts';
import { Home } from '../../lib/store/home.ts';
import { count } from '../rig/distribution.ts';
import { PAGES_BACK_MS, settledMB } from '../rig/memory.ts';
import { Random, Weighted } from '../sim/random.ts';
import type { Counts, Rows, Suite } from '../suite.ts';

/** Instances that are to be resident at most, and what the engine may take for them. */
const RESIDENT = 1_000;
const BUDGET_MB = 1_800;
/** Images that are not used leave memory within this; milliseconds. */
const FORGOTTEN_MS = 6_000;

const sourceOf = (
  no: number,
): string => `const table = Object.fromEntries(Array.from({ length: 40 }, (_, at) => ['k' + at, at * ${no}]));
export const handler = (event) => ({ id: event.id + ${no}, mood: process.env.MOOD, found: table['k' + (event.id % 40)] });`;

/** An engine that has functions as after a restart: made by another process, read from a folder. */
async function restored(dataDir: string): Promise<Engine> {
  return createEngine({
    workers: 0,
    dataDir,
    keepFunctions: true,
    memoryBudgetMB: BUDGET_MB,
    maxInstances: RESIDENT,
    scaleOut: { burst: 1_000_000 },
  });
}

const declaring = fileURLToPath(new URL('../workers/declare-functions.ts', import.meta.url));
const declare = (dataDir: string, count: number) =>
  promisify(execFile)(process.execPath, ['--no-warnings', declaring, dataDir, String(count)]);

async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'isopod-density-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Mix {
  readonly resident: Record<string, number>;
  readonly cold: Record<string, number>;
  calls: number;
  colds: number;
}

/** Calls one after the other, each timed; microseconds of resident ones, milliseconds of cold ones. */
async function call(engine: Engine, next: () => number, calls: number): Promise<Mix> {
  const mix: Mix = { resident: {}, cold: {}, calls, colds: 0 };
  for (let no = 0; no < calls; no++) {
    const name = `f${next()}`;
    const status: InvokeStatus = {};
    const began = performance.now();
    await engine.invoke(name, { id: no }, { status });
    const ms = performance.now() - began;
    if (status.coldStart === true) {
      mix.colds++;
      count(mix.cold, ms);
    } else {
      count(mix.resident, ms * 1_000);
    }
    // The engine looks after its instances between calls.
    if (no % 200 === 0) await new Promise(setImmediate);
  }
  return mix;
}

/** Popularity by Zipf's law with an exponent of 1. */
function heavyTailed(functions: number): () => number {
  const random = new Random(1);
  const weighted = new Weighted(Float64Array.from({ length: functions }, (_, rank) => 1 / (rank + 1)));
  return () => weighted.draw(random);
}

const counted = (counts: Record<string, number>): Counts => ({ counts });

const single = (quick: boolean): Promise<Rows> =>
  withFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    await declare(dataDir, 1);
    await using engine = await restored(dataDir);
    await call(engine, () => 0, 2_000);
    const { resident } = await call(engine, () => 0, quick ? 2_000 : 50_000);
    return { 'one function: resident call': counted(resident) };
  });

const shared =
  (functions: number) =>
  (quick: boolean): Promise<Rows> =>
    withFolder(async (folder) => {
      const name = functions.toLocaleString('en');
      const [few, many] = [join(folder, 'few'), join(folder, 'many')];
      await declare(few, 1);
      await declare(many, functions);
      // What the engine itself takes: the same with one function, which is called.
      await using small = await restored(few);
      await small.invoke('f0', { id: 1 });
      await small.close();
      const before = await settledMB();
      await using engine = await restored(many);
      const registered = await settledMB();
      const next = heavyTailed(functions);
      await call(engine, next, quick ? functions : functions * 4);
      const mix = await call(engine, next, quick ? 2_000 : 40_000);
      if (!quick) await new Promise((resolve) => setTimeout(resolve, PAGES_BACK_MS));
      const rss = await settledMB();
      const { memoryUsedBytes, functions: stats } = engine.stats();
      return {
        [`${name}: registered only`]: [((registered - before) * 1_000) / functions],
        [`${name}: resident call`]: counted(mix.resident),
        ...(mix.colds > 0 && { [`${name}: call that starts an instance`]: counted(mix.cold) }),
        [`${name}: cold rate`]: [(mix.colds / mix.calls) * 100],
        [`${name}: resident instances`]: [stats.reduce((sum, { instances }) => sum + instances, 0)],
        [`${name}: RSS`]: [rss],
        [`${name}: taken to hold`]: [memoryUsedBytes / 1e6],
      };
    });

/** What V8 takes for an isolate and its context from an image, and what a whole call takes whose function lies on disk. */
async function fromDisk(quick: boolean): Promise<Rows> {
  const functions = quick ? 4 : 60;
  const rows: Record<'raw' | 'call', Record<string, number>> = { raw: {}, call: {} };
  const home = await Home.open(undefined);
  const images = await Images.open({ folder: home.file('images') });
  const { script, hash, asyncTopLevel } = await loadCode({ source: sourceOf(3) }, { handler: 'index.handler' });
  const facts = {
    script,
    hash,
    asyncTopLevel,
    memorySize: 512,
    env: {},
    powers: ORDINARY,
    snapshot: 'always' as const,
  };
  const { image } = await images.get(facts);
  const host = acquireThreadHost();
  const snapshot = host.dataOf(image);
  if (snapshot === undefined) throw new Error('The function has no snapshot');
  await using engine = await createEngine({ workers: 0 });
  for (let no = 0; no < functions; no++) {
    const code = { source: sourceOf(1_000 + no) };
    await engine.createFunction({ functionName: `f${no}`, code, lane: 'direct', snapshot: 'always', memorySize: 512 });
  }
  await new Promise((resolve) => setTimeout(resolve, FORGOTTEN_MS));
  for (let no = 0; no < functions; no++) {
    let began = performance.now();
    const isolate = new ivm.Isolate({ memoryLimit: 512, snapshot });
    isolate.createContextSync();
    const raw = performance.now() - began;
    isolate.dispose();
    began = performance.now();
    await engine.invoke(`f${no}`, { id: 1 });
    const whole = performance.now() - began;
    // What the first one brings is not the others'.
    if (no === 0) continue;
    count(rows.raw, raw);
    count(rows.call, whole);
  }
  releaseThreadHost();
  await images.close();
  await home.close();
  return {
    'raw restore of the image': counted(rows.raw),
    'call of a function that is not resident': counted(rows.call),
  };
}

const UNITS: readonly (readonly [end: string, unit: string])[] = [
  ['registered only', 'kB/function'],
  ['cold rate', '%'],
  ['resident instances', 'instances'],
  ['RSS', 'MB'],
  ['taken to hold', 'MB'],
  ['starts an instance', 'ms'],
  ['raw restore of the image', 'ms'],
  ['is not resident', 'ms'],
];

export const density: Suite = {
  name: 'density',
  unit: 'µs',
  unitOf: (row) => UNITS.find(([end]) => row.endsWith(end))?.[1],
  baseline: '',
  baselines: {
    '100: resident call': 'one function: resident call',
    '1,000: resident call': 'one function: resident call',
    '10,000: resident call': 'one function: resident call',
    'call of a function that is not resident': 'raw restore of the image',
  },
  cases: { single, '100': shared(100), '1,000': shared(1_000), '10,000': shared(10_000), disk: fromDisk },
  targets: [
    { row: '10,000: registered only', max: 4, says: 'a registered function holds at most 4 kB' },
    { row: '10,000: RSS', max: 2_000, says: '10,000 functions, 1,000 of them resident, in at most 2.0 GB' },
    {
      row: '10,000: resident call',
      against: 'one function: resident call',
      max: 2,
      says: 'a resident call is at most twice as slow as with one function (median)',
    },
    {
      row: 'call of a function that is not resident',
      against: 'raw restore of the image',
      max: 1.5,
      says: "at most 1.5 times V8's own restore",
    },
  ],
  onRequest: true,
  caseTimeoutMs: 900_000,
};
