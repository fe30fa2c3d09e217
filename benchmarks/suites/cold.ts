/**
 * Cold starts of real bundles up to and including the first call: plain evaluation by raw isolated-vm, and instances
 * from each kind of image. All of a bundle's ways alternate in one process.
 */
import { fileURLToPath } from 'node:url';
import ivm from 'isolated-vm';
import { loadCode } from '../../lib/code/load.ts';
import type { Image } from '../../lib/image/image.ts';
import { Images } from '../../lib/image/images.ts';
import { createEngine } from '../../lib/index.ts';
import { acquireThreadHost, releaseThreadHost } from '../../lib/isolate/host.ts';
import { HostedInstance } from '../../lib/isolate/hosted-instance.ts';
import { type BootFacts, ORDINARY } from '../../lib/protocol/door.ts';
import { Home } from '../../lib/store/home.ts';
import { geometricMean, summarize } from '../rig/statistics.ts';
import type { Rows, Suite, Target } from '../suite.ts';

const folder = fileURLToPath(new URL('../bundles/', import.meta.url));

/** Bundle -> event of its first call: one small request, as a function gets it. */
const bundles: Record<string, unknown> = {
  'one-line': { name: 'Ada' },
  handlebars: { title: 'Offers', items: [{ name: 'Lamp', price: 12 }] },
  ajv: { id: 1, email: 'ada@example.com', tags: ['a'] },
  zod: { id: 1, email: 'ada@example.com', tags: ['a'] },
  marked: { text: '# Title\n\nSome *words* and a [link](https://example.com).' },
  // Reads the clock while it loads, without using what it read: declared with snapshot 'always', as the docs advise.
  lodash: { words: ['a', 'b', 'a'] },
  luxon: { at: '2026-01-01T00:00:00Z' },
  papaparse: { csv: 'a,b\n1,2\n' },
  hono: { url: 'http://localhost/users/7' },
  url: { url: 'https://example.com/?q=1' },
  shop: { id: 7 },
};

const facts = (handler: string): BootFacts => ({
  requestPrefix: '00000000-0000-4000-a000-',
  functionName: 'bench',
  versionId: 'LATEST',
  handler,
  style: 'isopod',
  initializer: '',
  preStop: '',
  memorySize: 128,
  timeout: 10,
  concurrency: 1,
  env: {},
  bindings: {},
  bindingsPerCall: false,
  powers: ORDINARY,
  maxResultChars: 10_000_000,
  maxLogChars: 65_536,
  maxHostCalls: 10,
});

/** Isolate, context, the whole bundle evaluated, first call: what an embedder writes by hand. */
function plain(script: string, handler: string, event: string): number {
  const began = performance.now();
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  context.evalSync(
    'globalThis.console = { log() {}, info() {}, warn() {}, error() {}, debug() {} }; globalThis.process = { env: {} };' +
      'globalThis.performance = { now: Date.now }; globalThis.queueMicrotask = (run) => Promise.resolve().then(run);' +
      'globalThis.setTimeout = () => 1; globalThis.clearTimeout = () => undefined;',
  );
  const module = isolate.compileScriptSync(
    `${script}((exports, { adaptFetch: adapt }) => { globalThis.run = adapt && exports.default?.fetch ? adapt(exports.default) : exports.${handler.split('.')[1]} ?? exports.default?.handler; }, { operate() {}, call() {}, onRejection() {} })`,
  );
  module.runSync(context);
  const call = context.evalSync(
    '(text) => { const value = run(JSON.parse(text), { bindings: {}, logger: console }); return value?.then ? "" : JSON.stringify(value); }',
    {
      reference: true,
    },
  ) as ivm.Reference<(text: string) => string>;
  call.applySync(undefined, [event]);
  const took = performance.now() - began;
  isolate.dispose();
  return took;
}

async function fromImage(image: Image, handler: string, event: string): Promise<number> {
  const host = acquireThreadHost();
  const began = performance.now();
  const took = await new Promise<number>((resolve, reject) => {
    const limits = { prepareMs: 10_000, initializerMs: 1_000, preStopMs: 1_000, callMs: 10_000, cpuMs: 0 };
    const listener = {
      settled: () => undefined,
      logged: () => undefined,
      hostCall: () => undefined,
      near: () => undefined,
      holds: () => undefined,
      lost: (error: Error) => reject(error),
    };
    const instance = new HostedInstance(host, limits, listener);
    instance.prepare(image, facts(handler), (failure) => {
      if (failure !== undefined) return reject(new Error(JSON.stringify(failure)));
      const reply = instance.isolate.cross(event, 20, undefined, 10_000);
      if (reply === undefined || reply[0] === '!') return reject(new Error(reply));
      resolve(performance.now() - began);
      instance.dispose();
    });
  });
  releaseThreadHost();
  return took;
}

const bundle =
  (name: string) =>
  async (quick: boolean): Promise<Rows> => {
    const handler = name === 'hono' ? 'hono.fetch' : `${name}.handler`;
    const event = JSON.stringify(bundles[name]);
    const { script, hash, asyncTopLevel } = await loadCode({ dir: folder }, { handler });
    const home = await Home.open(undefined);
    const images = await Images.open({ folder: home.file('images') });
    const request = {
      script,
      hash,
      asyncTopLevel,
      memorySize: 128,
      env: {},
      powers: ORDINARY,
      warmUp: { style: 'isopod' as const, handler, event },
    };
    const host = acquireThreadHost();
    const { image: stored } = await images.get({ ...request, snapshot: name === 'lodash' ? 'always' : 'auto' });
    const { image: cache } = await images.get({ ...request, snapshot: 'never' });
    const rows: Rows = { [`${name}: plain`]: [], [`${name}: code cache`]: [], [`${name}: stored image`]: [] };
    // A while after a start the thread has a blank isolate, which functions without a snapshot of their own take.
    if (stored.kind !== 'snapshot') rows[`${name}: stored image, blank ready`] = [];
    for (let round = -2; round < (quick ? 3 : 25); round++) {
      const values = [
        plain(script, handler, event),
        await fromImage(cache, handler, event),
        await fromImage(stored, handler, event),
      ];
      if (stored.kind !== 'snapshot') {
        while (!host.blanks.isReady) await new Promise((resolve) => setTimeout(resolve, 5));
        values.push(await fromImage(stored, handler, event));
      }
      if (round >= 0)
        for (const [at, row] of Object.values(rows).entries()) (row as number[]).push(values[at] as number);
    }
    releaseThreadHost();
    await images.close();
    await home.close();
    return rows;
  };

/** A spare is taken: nothing is left of the start but the initializer, which this function has none of. */
async function spare(quick: boolean): Promise<Rows> {
  await using engine = await createEngine({ workers: 0 });
  const values: number[] = [];
  for (let round = 0; round < (quick ? 3 : 25); round++) {
    const functionName = `spare${round}`;
    await engine.createFunction({
      functionName,
      lane: 'direct',
      spareInstances: 1,
      code: {
        source:
          'export const handler = (event) => event === null ? 1 : new Promise((resolve) => setTimeout(resolve, 20));',
      },
    });
    await engine.invoke(functionName);
    while (engine.stats().functions.find((each) => each.functionName === functionName)?.spares !== 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const busy = engine.invoke(functionName, true);
    const began = performance.now();
    await engine.invoke(functionName);
    values.push(performance.now() - began);
    await busy;
    await engine.deleteFunction(functionName);
  }
  return { 'claiming a spare': values };
}

const names = Object.keys(bundles);

/** Over the bundles, the one-line function left out. */
function derived(rows: Rows): Rows {
  const ratios = Object.keys(rows)
    .filter((row) => row.endsWith(': stored image') && !row.startsWith('one-line'))
    .map(
      (row) =>
        summarize(rows[row] ?? []).median / summarize(rows[row.replace(': stored image', ': plain')] ?? []).median,
    );
  return ratios.length < 2 ? {} : { 'geometric mean: stored image / plain': [geometricMean(ratios)] };
}

export const cold: Suite = {
  name: 'cold',
  unit: 'ms',
  baseline: '',
  baselines: Object.fromEntries(
    names.flatMap((name) =>
      [`${name}: code cache`, `${name}: stored image`, `${name}: stored image, blank ready`].map((row) => [
        row,
        `${name}: plain`,
      ]),
    ),
  ),
  unitOf: (row) => (row.startsWith('geometric mean') ? 'x' : undefined),
  derived,
  cases: { ...Object.fromEntries(names.map((name) => [name, bundle(name)])), spare },
  targets: [
    ...names.map(
      (name): Target => ({
        row: `${name}: stored image`,
        against: `${name}: plain`,
        max: 1,
        says: 'not slower than plain',
      }),
    ),
    { row: 'claiming a spare', max: 0.3, says: 'under 0.3 ms' },
    { row: 'geometric mean: stored image / plain', max: 0.25, says: 'at most a quarter of plain' },
  ],
};
