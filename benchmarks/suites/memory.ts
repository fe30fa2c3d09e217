/** Resident memory of an idle instance. */
import { fileURLToPath } from 'node:url';
import ivm from 'isolated-vm';
import type { CodeSource } from '../../lib/index.ts';
import { createEngine } from '../../lib/index.ts';
import { settledMB } from '../rig/memory.ts';
import type { Rows, Suite } from '../suite.ts';

async function rawIsolates(quick: boolean): Promise<Rows> {
  const count = quick ? 10 : 200;
  const kept: unknown[] = [];
  const make = (): void => {
    const isolate = new ivm.Isolate({ memoryLimit: 128 });
    kept.push(isolate, isolate.createContextSync());
  };
  for (let warm = 0; warm < 5; warm++) make();
  const before = await settledMB();
  for (let at = 0; at < count; at++) make();
  return { 'raw isolate and context': [((await settledMB()) - before) / count] };
}

/** Every call waits for the others, so each needs an instance of its own. */
async function instances(name: string, code: CodeSource, wait: string, count: number): Promise<Rows> {
  await using engine = await createEngine({ workers: 0, memoryBudgetMB: 100_000 });
  let release = (): void => undefined;
  let arrived = 0;
  let all = new Promise<void>((resolve) => {
    release = resolve;
  });
  let expected = 5;
  const bindings = {
    gate: {
      wait: () => {
        if (++arrived === expected) release();
        return all;
      },
    },
  };
  await engine.createFunction({
    functionName: 'f',
    lane: 'direct',
    maxInstances: 10_000,
    timeout: 120,
    code,
    handler: wait,
    bindings,
  });
  await Promise.all(Array.from({ length: 5 }, () => engine.invoke('f')));
  const before = await settledMB();
  arrived = 0;
  expected = count + 5;
  all = new Promise<void>((resolve) => {
    release = resolve;
  });
  await Promise.all(Array.from({ length: count + 5 }, () => engine.invoke('f')));
  return { [name]: [((await settledMB()) - before) / count] };
}

const folder = fileURLToPath(new URL('../bundles/', import.meta.url));

export const memory: Suite = {
  name: 'memory',
  unit: 'MB/instance',
  baseline: 'raw isolate and context',
  cases: {
    raw: rawIsolates,
    tiny: (quick) =>
      instances(
        'one-line function',
        { source: 'export const handler = (event, context) => context.bindings.gate.wait();' },
        'index.handler',
        quick ? 10 : 200,
      ),
    heavy: (quick) => instances('ajv with a compiled schema', { dir: folder }, 'ajv.wait', quick ? 4 : 40),
  },
  targets: [{ row: 'one-line function', max: 1.6, says: 'at most 1.6 MB' }],
};
