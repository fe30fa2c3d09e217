import t from 'tap';
import { type AsyncOutcome, createEngine, type Engine, type EngineOptions } from '../../lib/index.ts';
import { fakeClock } from '../../lib/testing.ts';

/** What functions told of themselves, by engine: `heard` of the test at hand. */
let heard: unknown[] = [];
const bindings = { test: { hear: (value: unknown) => void heard.push(value) } };

const open = (dataDir: string, more: EngineOptions = {}): Promise<Engine> =>
  createEngine({ dataDir, workers: 1, ...more });

async function define(engine: Engine, source: string, more: object = {}): Promise<void> {
  const code = { source: `export const handler = async (event, context) => { ${source} };` };
  await engine.createFunction({ functionName: 'f', code, bindings, ...more });
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const HEAR = 'await context.bindings.test.hear(event);';

t.beforeEach(() => {
  heard = [];
});

t.test('events not done run after the next start, in order, once their function is declared', async (t) => {
  const dataDir = t.testdir();
  const first = await open(dataDir);
  await define(first, `${HEAR} return new Promise(() => {});`, { maxInstances: 1, timeout: 600 });
  const events = [0, { text: 'ü' }, new Uint8Array([0, 200, 10]), 'last'];
  const receipts = [];
  for (const event of events) receipts.push(await first.invokeAsync('f', event));
  receipts.push(await first.invokeAsync('f', 'delayed', { delaySeconds: 3_600 }));
  while (heard.length === 0) await soon();
  await first.close({ timeoutMs: 0 });
  t.same(heard, [0]);
  const second = await open(dataDir);
  t.teardown(() => second.close());
  t.same(second.stats().undeclared, { f: 5 });
  await define(second, HEAR, { maxInstances: 1 });
  t.same(second.stats().undeclared, {});
  while (heard.length < 5) await soon();
  t.same(heard, [0, ...events], 'the one that was under way is done again');
  // The last one was heard, and is over a moment later; the delayed one waits.
  while (second.stats().functions[0]?.queued !== 1) await soon();
  const later = await second.invokeAsync('f', 'later');
  const ids = [...receipts, later].map(({ requestId }) => requestId);
  t.same([...ids].sort(), ids, 'numbers go on where they were');
  t.equal(new Set(ids).size, 6);
});

t.test('an event keeps its request id, its failures and its acceptance over a restart', async (t) => {
  const dataDir = t.testdir();
  const accepted = Date.UTC(2030, 0, 1);
  using clock = fakeClock(accepted);
  const failing = 'await context.bindings.test.hear(context.requestId); throw new Error("no");';
  const told: AsyncOutcome[] = [];
  const onFailure = (outcome: AsyncOutcome) => void told.push(outcome);
  const config = { asyncInvokeConfig: { maxAsyncRetryAttempts: 2, retryBackoffMs: 60_000, onFailure } };
  const first = await open(dataDir);
  await define(first, failing, config);
  const { requestId } = await first.invokeAsync('f', 'x', { taskId: 'one' });
  while ((await first.getAsyncTask('f', 'one')).status !== 'Retrying') await soon();
  await first.close();
  t.same(heard, [requestId]);
  const second = await open(dataDir);
  t.teardown(() => second.close());
  t.equal(second.stats().undeclared.f, 1);
  await define(second, failing, config);
  while (told.length === 0) {
    await clock.advance(60_000);
    await soon();
  }
  t.same(heard, [requestId, requestId, requestId]);
  t.match(told, [{ requestId, attempts: 3, acceptedAt: accepted }]);
});

t.test('more events than memory holds are all done', async (t) => {
  const engine = await open(t.testdir(), { queue: { capacity: 64 } });
  t.teardown(() => engine.close());
  await define(engine, HEAR);
  const count = 5_000;
  await Promise.all(Array.from({ length: count }, (_, event) => engine.invokeAsync('f', event)));
  await engine.whenIdle();
  t.equal(heard.length, count);
  t.same(
    [...heard].sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: count }, (_, event) => event),
  );
});

t.test('an updated function takes the events that wait', async (t) => {
  const engine = await open(t.testdir());
  t.teardown(() => engine.close());
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const test = { hear: (value: unknown) => void heard.push(value), released: () => released };
  const code = (says: string) => ({
    source: `export const handler = async (event, { bindings }) => {
      await bindings.test.hear("${says} " + event); if (event === 1) await bindings.test.released(); };`,
  });
  const more = { bindings: { test }, maxInstances: 1, timeout: 60 };
  await engine.createFunction({ functionName: 'f', code: code('old'), ...more });
  for (const event of [1, 2, 3]) await engine.invokeAsync('f', event);
  while (heard.length === 0) await soon();
  await engine.updateFunction('f', { code: code('new') });
  release();
  await engine.whenIdle();
  t.same(heard, ['old 1', 'new 2', 'new 3']);
});

t.test('a deleted function takes its events along, each told as invalid', async (t) => {
  const dataDir = t.testdir();
  const engine = await open(dataDir);
  const told: unknown[] = [];
  const onFailure = ({ condition, event, error }: { condition: string; event: unknown; error?: { code: string } }) =>
    void told.push([event, condition, error?.code]);
  await define(engine, HEAR, { asyncInvokeConfig: { onFailure } });
  for (const event of [1, 2]) await engine.invokeAsync('f', event, { delaySeconds: 1_000 });
  await engine.deleteFunction('f');
  await engine.whenIdle();
  t.same(told, [
    [1, 'Invalid', 'FunctionNotFound'],
    [2, 'Invalid', 'FunctionNotFound'],
  ]);
  await define(engine, HEAR);
  await engine.invokeAsync('f', 3);
  await engine.whenIdle();
  t.same(heard, [3], 'a function of the same name begins anew');
  await engine.close();
  const again = await open(dataDir);
  t.teardown(() => again.close());
  t.same(again.stats().undeclared, {});
});

t.test('an event of the last start whose alias is deleted before its time is told as invalid', async (t) => {
  const dataDir = t.testdir();
  const qualifier = 'live';
  using clock = fakeClock();
  const first = await open(dataDir, { keepFunctions: true });
  await first.createFunction({ functionName: 'f', code: { source: 'export const handler = () => 1;' } });
  await first.publishVersion('f');
  await first.createAlias('f', { aliasName: qualifier, versionId: '1' });
  const destinationConfig = { onFailure: { destination: 'dead-letter' } };
  await first.putAsyncInvokeConfig('f', { destinationConfig }, { qualifier });
  const { requestId } = await first.invokeAsync('f', 1, { qualifier, delaySeconds: 3_600 });
  await first.close();
  const second = await open(dataDir, { keepFunctions: true });
  t.teardown(() => second.close());
  // With this the queue has seen its alias.
  await second.updateFunction('f', { description: 'changed' });
  await second.deleteAlias('f', qualifier);
  // The journal answers in turn: after this the event is in memory.
  await second.listAsyncTasks('f');
  await clock.advance(3_600_000);
  await second.whenIdle();
  t.match((await second.listDeadLetters('f')).deadLetters, [{ requestId, reason: 'AliasNotFound', attempts: 0 }]);
});

t.test('a second engine on the same folder is refused', async (t) => {
  const dataDir = t.testdir();
  const engine = await open(dataDir);
  t.teardown(() => engine.close());
  await t.rejects(open(dataDir), { code: 'DataDirInUse' });
});

t.test('async events and the topics and queues of the engine share a folder', async (t) => {
  const dataDir = t.testdir();
  const first = await open(dataDir);
  await define(first, HEAR);
  await first.eventSources.send('orders', 'kept');
  await first.invokeAsync('f', 'done');
  await first.whenIdle();
  await first.close();
  t.same(heard, ['done']);
  const second = await open(dataDir);
  t.teardown(() => second.close());
  t.same(await second.eventSources.receive('orders'), ['kept']);
});
