import t from 'tap';
import { type AsyncTask, createEngine, type Engine, type EngineOptions, type FunctionConfig } from '../../lib/index.ts';

const FAILING = 'if (event === "fail") throw new TypeError("no"); if (event === "hang") return new Promise(() => {});';

async function start(options: EngineOptions, more: Partial<FunctionConfig> = {}): Promise<Engine> {
  const engine = await createEngine({ workers: 1, ...options });
  const code = { source: `export const handler = (event) => { ${FAILING} return { got: event }; };` };
  const asyncInvokeConfig = { maxAsyncRetryAttempts: 1, retryBackoffMs: 1 };
  await engine.createFunction({ functionName: 'f', code, timeout: 60, asyncInvokeConfig, ...more });
  return engine;
}

const states = ({ events }: AsyncTask): string[] => events.map(({ status }) => status);

async function until(engine: Engine, taskId: string, status: string): Promise<AsyncTask> {
  for (;;) {
    const task = await engine.getAsyncTask('f', taskId);
    if (task.status === status) return task;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const kind of ['memory', 'dataDir'] as const) {
  t.test(`a task tells its states, its payloads and its failures (${kind})`, async (t) => {
    const engine = await start(kind === 'dataDir' ? { dataDir: t.testdir() } : {});
    t.teardown(() => engine.close());
    const { requestId } = await engine.invokeAsync('f', { a: 'ü' }, { taskId: 'good' });
    await engine.invokeAsync('f', 'fail', { taskId: 'bad' });
    const good = await until(engine, 'good', 'Succeeded');
    t.match(good, {
      functionName: 'f',
      qualifier: 'LATEST',
      taskId: 'good',
      requestId,
      alreadyRetriedTimes: 0,
      taskPayload: '{"a":"ü"}',
      returnPayload: '{"got":{"a":"ü"}}',
      instanceId: /^f-/,
    });
    t.same(states(good), ['Enqueued', 'Running', 'Succeeded']);
    t.same(
      good.events.map(({ eventId }) => eventId),
      [1, 2, 3],
    );
    t.equal(good.durationMs, (good.endTime as number) - good.startedTime);
    const bad = await until(engine, 'bad', 'Failed');
    t.same(states(bad), ['Enqueued', 'Running', 'Retrying', 'Running', 'Failed']);
    t.match(bad, { alreadyRetriedTimes: 1, taskErrorMessage: 'no', error: { errorType: 'TypeError' } });
    t.same(JSON.parse(bad.events.at(-1)?.eventDetail ?? ''), { Error: 'UnhandledInvocationError', Message: 'no' });
    t.notOk('returnPayload' in bad);
  });

  t.test(`an id is used once, two callers at once included (${kind})`, async (t) => {
    const engine = await start(kind === 'dataDir' ? { dataDir: t.testdir() } : {});
    t.teardown(() => engine.close());
    const calls = await Promise.allSettled([1, 2, 3].map((event) => engine.invokeAsync('f', event, { taskId: 'one' })));
    t.same(calls.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
    await engine.whenIdle();
    await t.rejects(engine.invokeAsync('f', 4, { taskId: 'one' }), { code: 'AsyncTaskAlreadyExists' });
    await engine.invokeAsync('f', 4, { taskId: 'two' });
  });

  t.test(`a task is stopped wherever it is (${kind})`, async (t) => {
    const engine = await start(
      { queue: { capacity: 4 }, ...(kind === 'dataDir' && { dataDir: t.testdir() }) },
      { maxInstances: 1, asyncInvokeConfig: { destinationConfig: { onFailure: { destination: 'dead-letter' } } } },
    );
    t.teardown(() => engine.close());
    await engine.invokeAsync('f', 'hang', { taskId: 'running' });
    await until(engine, 'running', 'Running');
    await engine.invokeAsync('f', 1, { taskId: 'next' });
    await engine.invokeAsync('f', 1, { taskId: 'delayed', delaySeconds: 1_000 });
    t.ok((engine.stats().functions[0]?.oldestWaitingMs ?? 0) > 0);
    const stored = kind === 'dataDir' ? ['stored-1', 'stored-2', 'stored-3', 'stored-4', 'stored-5'] : [];
    for (const taskId of stored) await engine.invokeAsync('f', 1, { taskId });
    for (const taskId of ['next', 'delayed', ...stored]) await engine.stopAsyncTask('f', taskId);
    t.match(await engine.getAsyncTask('f', 'next'), { status: /Stopping|Stopped/ });
    await until(engine, 'delayed', 'Stopped');
    if (kind === 'dataDir') await until(engine, 'stored-5', 'Stopped');
    await engine.stopAsyncTask('f', 'running');
    const running = await until(engine, 'running', 'Stopped');
    t.same(states(running), ['Enqueued', 'Running', 'Stopping', 'Stopped']);
    await engine.whenIdle();
    for (const taskId of ['next', ...stored]) {
      const task = await engine.getAsyncTask('f', taskId);
      t.same(states(task), ['Enqueued', 'Stopping', 'Stopped'], taskId);
    }
    await engine.stopAsyncTask('f', 'running');
    await t.rejects(engine.stopAsyncTask('f', 'nobody'), { code: 'AsyncTaskNotFound' });
    t.match(engine.stats().functions[0], { queued: 0, oldestWaitingMs: 0 });
    const { deadLetters } = await engine.listDeadLetters('f', { limit: 100 });
    const attempts = Object.fromEntries(deadLetters.map(({ taskId, attempts }) => [taskId, attempts]));
    t.match(attempts, { running: 1, delayed: 0, next: 0 });
  });
}

t.test('lists are filtered, sorted and paged', async (t) => {
  const engine = await start({});
  t.teardown(() => engine.close());
  for (let at = 0; at < 25; at++) {
    await engine.invokeAsync('f', at % 5 === 0 ? 'fail' : at, { taskId: `${at % 2 === 0 ? 'even' : 'odd'}-${at}` });
  }
  await engine.whenIdle();
  const ids = async (options: object): Promise<string[]> =>
    (await engine.listAsyncTasks('f', options)).tasks.map(({ taskId }) => taskId);
  t.equal((await ids({})).length, 20, 'twenty by default');
  t.same(await ids({ status: 'Failed', limit: 3 }), ['even-0', 'odd-5', 'even-10']);
  t.same(await ids({ prefix: 'odd', sortOrderByTime: 'desc', limit: 2 }), ['odd-23', 'odd-21']);
  t.same(await ids({ qualifier: 'other' }), []);
  const { startedTime } = await engine.getAsyncTask('f', 'even-4');
  t.ok((await ids({ startedTimeEnd: startedTime })).includes('even-4'));
  t.notOk((await ids({ startedTimeBegin: startedTime + 60_000 })).includes('even-4'));
  const seen: string[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = await engine.listAsyncTasks('f', { limit: 10, nextToken, sortOrderByTime: 'desc' });
    seen.push(...page.tasks.map(({ taskId }) => taskId));
    nextToken = page.nextToken;
    if (nextToken === undefined) break;
  }
  t.equal(seen.length, 25);
  t.equal(seen[0], 'even-24');
  t.notOk('taskPayload' in ((await engine.listAsyncTasks('f')).tasks[1] as object));
  t.match((await engine.listAsyncTasks('f', { includePayload: true })).tasks[1], { taskPayload: '1' });
  await t.rejects(engine.listAsyncTasks('f', { nextToken: 'x' }), { code: 'InvalidArgument', message: /nextToken/ });
  await t.rejects(engine.listAsyncTasks('f', { status: 'Done' as never }), {
    code: 'InvalidArgument',
    message: /status/,
  });
});

t.test('with asyncTask every event is a task; a task is run again as a new one', async (t) => {
  const engine = await start({}, { asyncInvokeConfig: { asyncTask: true } });
  t.teardown(() => engine.close());
  const { taskId = '', requestId } = await engine.invokeAsync('f', new Uint8Array([104, 105]));
  t.equal(taskId, `task-${requestId}`);
  await until(engine, taskId, 'Succeeded');
  t.match(await engine.getAsyncTask('f', taskId), { taskPayload: 'hi' });
  const again = await engine.rerunAsyncTask('f', taskId, { taskId: 'again' });
  t.equal(again.taskId, 'again');
  t.match(await until(engine, 'again', 'Succeeded'), { taskPayload: 'hi' });
  const unnamed = await engine.rerunAsyncTask('f', taskId);
  await until(engine, unnamed.taskId as string, 'Succeeded');
  await t.rejects(engine.rerunAsyncTask('f', 'nobody'), { code: 'AsyncTaskNotFound' });
});

t.test('tasks survive a restart in every state, and their retention', async (t) => {
  const dataDir = t.testdir();
  const first = await start({ dataDir });
  await first.invokeAsync('f', 1, { taskId: 'done' });
  await first.whenIdle();
  await first.invokeAsync('f', 'hang', { taskId: 'running' });
  await until(first, 'running', 'Running');
  await first.invokeAsync('f', 2, { taskId: 'delayed', delaySeconds: 1_000 });
  await first.close({ timeoutMs: 0 });
  const second = await start({ dataDir });
  t.match(await second.getAsyncTask('f', 'done'), { status: 'Succeeded', returnPayload: '{"got":1}' });
  await t.rejects(second.invokeAsync('f', 1, { taskId: 'done' }), { code: 'AsyncTaskAlreadyExists' });
  t.match(await second.getAsyncTask('f', 'delayed'), { status: 'Enqueued' });
  const running = await until(second, 'running', 'Running');
  t.equal(running.alreadyRetriedTimes, 1, 'it was begun once more');
  await second.stopAsyncTask('f', 'delayed');
  await second.stopAsyncTask('f', 'running');
  await until(second, 'delayed', 'Stopped');
  await until(second, 'running', 'Stopped');
  await second.close();
  const third = await start({ dataDir, async: { taskRetentionSeconds: 1 } });
  t.teardown(() => third.close());
  while (!(await isGone(third, 'done'))) await new Promise((resolve) => setTimeout(resolve, 50));
  await third.invokeAsync('f', 1, { taskId: 'done' });
});

const isGone = (engine: Engine, taskId: string): Promise<boolean> =>
  engine.getAsyncTask('f', taskId).then(
    () => false,
    () => true,
  );
