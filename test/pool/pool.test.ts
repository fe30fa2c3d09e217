import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';

const source = 'export const handler = (ms) => (ms ? new Promise((resolve) => setTimeout(resolve, ms)) : 1);';
const timeout = 60;
const statsOf = (engine: Engine, name: string) =>
  engine.stats().functions.find(({ functionName }) => functionName === name);

/** Waits for what the pool does on its own time. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
}

t.test('an idle instance is reclaimed after idleTimeout and the next call starts another', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  for (const lane of ['direct', 'worker'] as const) {
    await engine.createFunction({ functionName: lane, lane, timeout, idleTimeout: 0.3, code: { source } });
    const first: InvokeStatus = {};
    await engine.invoke(lane, 0, { status: first });
    await until(() => statsOf(engine, lane)?.instances === 0);
    const next: InvokeStatus = {};
    await engine.invoke(lane, 0, { status: next });
    t.equal(next.coldStart, true);
    t.not(next.instanceId, first.instanceId);
  }
});

t.test('idle instances of other functions make room under memoryBudgetMB, the longest unused first', async (t) => {
  await using engine = await createEngine({ workers: 0, memoryBudgetMB: 7 });
  for (let at = 0; at < 6; at++) {
    await engine.createFunction({ functionName: `f${at}`, timeout, code: { source } });
    await engine.invoke(`f${at}`);
    // The budget knows an instance is idle from the pool's next two looks. One after the other, because timers that are
    // late all fire at once.
    for (let wait = 0; wait < 6; wait++) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const left = engine
    .stats()
    .functions.filter(({ instances }) => instances > 0)
    .map(({ functionName }) => functionName);
  t.ok(engine.stats().memoryUsedBytes <= 7_000_000, `${engine.stats().memoryUsedBytes} bytes`);
  t.ok(left.length < 6 && left.length > 1, left.join());
  t.ok(left.includes('f5') && !left.includes('f0'));
  t.equal(await engine.invoke('f0'), 1, 'one that was reclaimed starts again');
});

t.test('parallel calls start instances up to maxInstances, and each is reused', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  for (const lane of ['direct', 'worker'] as const) {
    const { promise: together, resolve: all } = Promise.withResolvers<void>();
    let met = 0;
    const meet = (): Promise<void> => {
      if (++met === 3) all();
      return together;
    };
    await engine.createFunction({
      functionName: lane,
      lane,
      maxInstances: 3,
      timeout,
      code: { source: 'export const handler = (event, context) => context.bindings.test.meet();' },
      bindings: { test: { meet } },
    });
    await Promise.all(Array.from({ length: 9 }, () => engine.invoke(lane)));
    t.equal(statsOf(engine, lane)?.instances, 3);
    await Promise.all(Array.from({ length: 9 }, () => engine.invoke(lane)));
    t.equal(statsOf(engine, lane)?.coldStarts, 3);
  }
});

t.test('a spare is kept ready and taken for a start, which then restores and evaluates nothing', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', timeout, spareInstances: 1, code: { source } });
  await engine.invoke('f');
  await until(() => statsOf(engine, 'f')?.spares === 1);
  const busy = engine.invoke('f', 50);
  const status: InvokeStatus = {};
  await engine.invoke('f', 0, { status });
  t.match(status, { coldStart: true, stages: { restoreMs: 0, evaluateMs: 0 } });
  await busy;
  await until(() => statsOf(engine, 'f')?.spares === 1);
});

t.test(
  'updateFunction lets calls in progress finish with the old code; deleteFunction forgets the function',
  async (t) => {
    await using engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'f',
      lane: 'worker',
      timeout,
      code: { source: 'export const handler = () => new Promise((r) => setTimeout(r, 50, "old"));' },
    });
    await engine.invoke('f');
    const before = engine.invoke('f');
    await engine.updateFunction('f', { code: { source: 'export const handler = () => "new";' } });
    t.equal(await engine.invoke('f'), 'new');
    t.equal(await before, 'old');
    await engine.deleteFunction('f');
    t.same(engine.listFunctions(), []);
    await t.rejects(engine.invoke('f'), { code: 'FunctionNotFound' });
  },
);

t.test('thousands of parallel calls of a quick function all get their own answer', async (t) => {
  await using engine = await createEngine({ workers: 2 });
  await engine.createFunction({
    functionName: 'f',
    lane: 'worker',
    timeout,
    maxInstances: 400,
    code: { source: 'export const handler = (e) => ({ e });' },
  });
  const answers = await Promise.all(Array.from({ length: 9_000 }, (_, at) => engine.invoke('f', at)));
  t.ok(answers.every((answer, at) => (answer as { e: number }).e === at));
  t.ok((statsOf(engine, 'f')?.instances ?? 0) <= 200, 'and without an instance for each');
});
