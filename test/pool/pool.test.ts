import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';
import { at, PLACES } from '../engine/places.ts';

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

t.test(
  'idle instances of other functions make room under memoryBudgetMB, and what is called often stays',
  async (t) => {
    await using engine = await createEngine({ workers: 0, memoryBudgetMB: 9 });
    for (const name of ['often', 'f0', 'f1', 'f2', 'f3', 'f4', 'f5']) {
      await engine.createFunction({ functionName: name, code: { source } });
    }
    for (let at = 0; at < 6; at++) {
      await engine.invoke('often');
      await engine.invoke(`f${at}`);
      // How often a function is called is counted once for each look of the pool.
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    const { functions, memoryUsedBytes } = engine.stats();
    const left = functions.filter(({ instances }) => instances > 0).map(({ functionName }) => functionName);
    t.ok(memoryUsedBytes <= 9_000_000, `${memoryUsedBytes} bytes`);
    t.ok(left.length < 7 && left.length > 1, left.join());
    t.equal(statsOf(engine, 'often')?.coldStarts, 1, 'it was not reclaimed for any of them');
    for (let at = 0; at < 6; at++) t.equal(await engine.invoke(`f${at}`), 1, 'one that was reclaimed starts again');
  },
);

for (const place of PLACES) {
  t.test(`${place}: what an instance keeps after its calls counts, and pushes idle ones out`, async (t) => {
    await using engine = await createEngine({ workers: 1, memoryBudgetMB: 30 });
    const grows = `const kept = []; export const handler = (mb) => {
      for (let at = 0; at < mb; at++) kept.push(new Uint8Array(1e6).fill(at), Array(60_000).fill(kept.length + 0.5));
    };`;
    await engine.createFunction({ functionName: 'f', code: { source: grows }, minInstances: 1, ...at(place) });
    await engine.createFunction({
      functionName: 'idle',
      code: { source },
      timeout,
      lane: 'direct',
      idleTimeout: 3_600,
    });
    await engine.invoke('idle');
    await engine.invoke('f', 0);
    const bytesOf = (name: string) => engine.listInstances(name)[0]?.bytes ?? 0;
    t.ok(bytesOf('f') < 8e6, `${bytesOf('f')} bytes`);
    await engine.invoke('f', 20);
    await until(() => bytesOf('f') > 29e6);
    await until(() => engine.listInstances('idle').length === 0);
    t.equal(statsOf(engine, 'f')?.provisioned, 1, 'what is kept by configuration stays');
  });
}

t.test('with all instances busy and no memory for another, a call waits until one is idle', async (t) => {
  await using engine = await createEngine({ workers: 1, memoryBudgetMB: 2 });
  for (const name of ['a', 'b']) {
    await engine.createFunction({ functionName: name, lane: 'worker', timeout: 60, code: { source } });
  }
  const first = engine.invoke('a', 300);
  while (statsOf(engine, 'a')?.open !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const status: InvokeStatus = {};
  const second = engine.invoke('b', 0, { status });
  t.equal(statsOf(engine, 'b')?.waiting, 1);
  t.equal(await Promise.race([first, second]), await first, 'the one that runs is not ended for it');
  t.equal(await second, 1);
  t.equal(statsOf(engine, 'a')?.instances, 0);
  t.ok((status.stages?.scheduleMs ?? 0) > 0);
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
