import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import t, { type Test } from 'tap';
import { createEngine, type InstanceFacts, type InvocationFacts, type Observer } from '../../lib/index.ts';

const source = `
let count = 0;
export const init = () => { console.log('up'); };
export const handler = async (event, context) => {
  if (event?.log) context.logger.info('line', ++count);
  if (event?.fail) throw new TypeError('no');
  if (event?.call) return await context.bindings.db.query(1) + await context.bindings.db.query(2);
  return { ok: event?.size ? 'x'.repeat(event.size) : true };
};
export const quick = (event) => { if (event === 'fail') throw new TypeError('no'); return event; };
`;

/** An engine, what it told, and how to stop listening. */
async function watched(t: Test, more: Partial<Observer> = {}) {
  const engine = await createEngine({ workers: 1 });
  t.teardown(() => engine.close());
  const records: InvocationFacts[] = [];
  const instances: InstanceFacts[] = [];
  const stop = engine.observe({
    invocation: (facts) => records.push(facts),
    instance: (facts) => instances.push(facts),
    ...more,
  });
  return { engine, records, instances, stop };
}

t.test('a call is told of with what is known of it', async (t) => {
  const { engine, records, instances } = await watched(t);
  const bindings = { db: { query: (n: number) => n } };
  await engine.createFunction({ functionName: 'a/f', code: { source }, bindings, lane: 'worker' });
  await engine.invoke('a/f', { call: true });
  const [first] = records;
  t.match(first, {
    functionName: 'a/f',
    tenant: 'a',
    qualifier: 'LATEST',
    versionId: 'LATEST',
    type: 'sync',
    lane: 'worker',
    isolation: 'thread',
    coldStart: true,
    outcome: 'success',
    error: undefined,
    attempt: 1,
    hostCalls: 2,
    eventBytes: 13,
  });
  t.match(first?.requestId, /^[0-9a-f-]{36}$/);
  t.ok((first?.stages?.restoreMs ?? 0) > 0);
  t.ok((first?.wallMs ?? 0) >= (first?.queueMs ?? 0));
  t.ok(Math.abs((first?.startedAt ?? 0) - Date.now()) < 60_000);
  t.match(JSON.parse(JSON.stringify(first)), { functionName: 'a/f', outcome: 'success', coldStart: true });
  t.match(instances, [{ event: 'started', functionName: 'a/f', lane: 'worker', instanceId: first?.instanceId }]);

  await t.rejects(engine.invoke('a/f', { fail: true }), { code: 'UnhandledInvocationError' });
  t.match(records[1], { outcome: 'function', coldStart: false, error: { code: 'UnhandledInvocationError' } });
});

t.test('a call of the quick way is told of too, also one that fails or is not over in a crossing', async (t) => {
  const { engine, records, stop } = await watched(t);
  await engine.createFunction({ functionName: 'q', code: { source }, handler: 'index.quick', lane: 'direct' });
  await engine.createFunction({ functionName: 'slow', code: { source }, lane: 'direct' });
  await engine.invoke('q', 1);
  engine.invokeSync('q', { a: 1 });
  await t.rejects(engine.invoke('q', 'fail'));
  t.match(records, [
    { coldStart: true, lane: 'direct' },
    { coldStart: false, outcome: 'success', eventBytes: 7, resultBytes: 7, queueMs: 0 },
    { outcome: 'function', error: { errorType: 'TypeError' } },
  ]);
  await engine.invoke('slow');
  await engine.invoke('slow', { log: true });
  t.match(records[4], { functionName: 'slow', outcome: 'success', coldStart: false });
  t.equal(records.length, 5, 'each once');
  stop();
  await engine.invoke('q', 1);
  t.equal(records.length, 5, 'and none after that');
});

t.test('who asks for detail learns processor time, heap and the size of every result', async (t) => {
  const { engine, records } = await watched(t, { detail: true });
  await engine.createFunction({ functionName: 'f', code: { source }, lane: 'worker' });
  await engine.invoke('f', { size: 100 });
  t.equal(records[0]?.resultBytes, JSON.stringify({ ok: 'x'.repeat(100) }).length);
  t.ok((records[0]?.heapUsedBytes ?? 0) > 10_000);
  t.type(records[0]?.cpuMs, 'number');
});

t.test('async events are told of attempt by attempt', async (t) => {
  const { engine, records } = await watched(t);
  const asyncInvokeConfig = { maxAsyncRetryAttempts: 1, retryBackoffMs: 1 };
  await engine.createFunction({ functionName: 'f', code: { source }, asyncInvokeConfig });
  await engine.invokeAsync('f', { fail: true });
  await engine.whenIdle();
  t.match(records, [
    { type: 'async', outcome: 'function' },
    { type: 'async', outcome: 'function' },
  ]);
  t.equal(records[0]?.requestId, records[1]?.requestId);
});

t.test('calls that are not let in are told of, and so are lost and reclaimed instances', async (t) => {
  const engine = await createEngine({ workers: 0, maxConcurrency: 1 });
  t.teardown(() => engine.close());
  const records: InvocationFacts[] = [];
  const instances: InstanceFacts[] = [];
  engine.observe({ invocation: (facts) => records.push(facts), instance: (facts) => instances.push(facts) });
  const stuck =
    'export const handler = (e) => { if (e) for (;;); return new Promise((done) => setTimeout(done, 20)); }';
  await engine.createFunction({ functionName: 'f', code: { source: stuck }, timeout: 0.5 });
  const open = engine.invoke('f');
  await t.rejects(engine.invoke('f'), { code: 'ResourceExhausted' });
  t.match(records, [{ outcome: 'system', error: { code: 'ResourceExhausted' }, lane: undefined }]);
  await open;
  await t.rejects(engine.invoke('f', 1), { code: 'FunctionTimeout' });
  t.match(instances.at(-1), { event: 'ended', reason: 'lost' });
  await engine.invoke('f');
  await engine.deleteFunction('f');
  t.match(instances.at(-1), { event: 'ended', reason: 'closed' });
});

t.test('log lines are told as they come, those of the initializer without a request', async (t) => {
  const engine = await createEngine({ workers: 1 });
  t.teardown(() => engine.close());
  const lines: { line: string; requestId: string | undefined }[] = [];
  engine.observe({ log: (line) => lines.push(line) });
  const instanceLifecycleConfig = { initializer: { handler: 'index.init' } };
  for (const lane of ['worker', 'direct'] as const) {
    await engine.createFunction({ functionName: lane, code: { source }, lane, instanceLifecycleConfig });
    await engine.invoke(lane, { log: true });
    await engine.invoke(lane, { log: true });
  }
  t.match(
    lines.map(({ line }) => line.replace(/^\S+ \S+ /, '')),
    ['[INFO] up', '[INFO] line 1', '[INFO] line 2', '[INFO] up', '[INFO] line 1', '[INFO] line 2'],
  );
  t.equal(lines[0]?.requestId, undefined);
  t.match(lines[1]?.requestId, /^[0-9a-f-]{36}$/);
});

t.test('an observer that throws harms nothing', async (t) => {
  const errors: unknown[] = [];
  const logger = { info() {}, warn() {}, error: (message: string) => errors.push(message) };
  const engine = await createEngine({ workers: 0, logger });
  t.teardown(() => engine.close());
  engine.observe({
    invocation() {
      throw new Error('mine');
    },
  });
  const after: InvocationFacts[] = [];
  engine.observe({ invocation: (facts) => after.push(facts) });
  await engine.createFunction({ functionName: 'f', code: { source } });
  t.same(await engine.invoke('f'), { ok: true });
  t.equal(after.length, 1);
  t.same(errors, ['An observer failed']);
});

t.test('diagnostics channels tell the same to whoever subscribes', async (t) => {
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  await engine.createFunction({ functionName: 'd', code: { source }, handler: 'index.quick' });
  await engine.invoke('d', 1);
  const told: InvocationFacts[] = [];
  const hear = (facts: unknown): void => {
    told.push(facts as InvocationFacts);
  };
  subscribe('isopod:invocation', hear);
  await engine.invoke('d', 2);
  unsubscribe('isopod:invocation', hear);
  await engine.invoke('d', 3);
  t.match(told, [{ functionName: 'd', outcome: 'success' }]);
});
