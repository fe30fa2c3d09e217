import t from 'tap';
import {
  type AsyncOutcome,
  type AsyncReceipt,
  createEngine,
  type Engine,
  type FunctionConfig,
  type IsopodError,
} from '../../lib/index.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1, queue: { capacity: 64 } });
});
t.after(() => engine.close());

let count = 0;
async function define(source: string, more: Partial<FunctionConfig> = {}): Promise<string> {
  const functionName = `a${count++}`;
  await engine.createFunction({ functionName, code: { source }, ...more });
  return functionName;
}

/** Declares a function and collects its outcomes. */
async function collect(
  source: string,
  more: Partial<FunctionConfig> = {},
): Promise<{ name: string; outcomes: AsyncOutcome[] }> {
  const outcomes: AsyncOutcome[] = [];
  const tell = (outcome: AsyncOutcome): void => void outcomes.push(outcome);
  const name = await define(source, {
    ...more,
    asyncInvokeConfig: { retryBackoffMs: 1, onSuccess: tell, onFailure: tell, ...more.asyncInvokeConfig },
  });
  return { name, outcomes };
}

const settled = async (): Promise<void> => {
  await engine.whenIdle();
  await new Promise((resolve) => setImmediate(resolve));
};

t.test('accepted events run in order and their outcome is told with the event and the result', async (t) => {
  const { name, outcomes } = await collect('export const handler = (e) => e * 2;');
  const receipts: AsyncReceipt[] = [];
  for (const event of [1, 2, 3]) receipts.push(await engine.invokeAsync(name, event));
  await settled();
  t.match(
    outcomes,
    [1, 2, 3].map((event, at) => ({
      condition: 'Success',
      attempts: 1,
      event,
      result: event * 2,
      requestId: receipts[at]?.requestId,
      functionName: name,
    })),
  );
  const binary = await collect('export const handler = (e) => e.map((b) => b + 1);');
  await engine.invokeAsync(binary.name, new Uint8Array([1, 2]));
  await settled();
  t.same(binary.outcomes[0]?.result, new Uint8Array([2, 3]));
});

t.test('a function error is retried three times, or as declared, and then handed to onFailure', async (t) => {
  const source =
    'let calls = 0; export const handler = (e) => { calls++; if (calls <= e) throw new Error("attempt " + calls); return calls; };';
  const failing = await collect(source);
  await engine.invokeAsync(failing.name, 99);
  await settled();
  t.match(failing.outcomes, [
    { condition: 'RetriesExhausted', attempts: 4, error: { code: 'UnhandledInvocationError', message: 'attempt 4' } },
  ]);
  const recovering = await collect(source);
  await engine.invokeAsync(recovering.name, 3);
  await settled();
  t.match(recovering.outcomes, [{ condition: 'Success', attempts: 4, result: 4 }]);
  const once = await collect(source, { asyncInvokeConfig: { maxAsyncRetryAttempts: 0 } });
  await engine.invokeAsync(once.name, 1);
  await settled();
  t.match(once.outcomes, [{ condition: 'RetriesExhausted', attempts: 1 }]);
});

t.test('an event that ends its instance costs no other event', async (t) => {
  const { name, outcomes } = await collect('export const handler = (e) => { if (e === 5) for (;;); return e; };', {
    timeout: 1,
    asyncInvokeConfig: { maxAsyncRetryAttempts: 1 },
  });
  for (let event = 0; event < 40; event++) await engine.invokeAsync(name, event);
  await settled();
  const good = outcomes.filter(({ condition }) => condition === 'Success').map(({ result }) => result as number);
  t.same(
    good.sort((a, b) => a - b),
    Array.from({ length: 40 }, (_, event) => event).filter((event) => event !== 5),
  );
  t.match(
    outcomes.filter(({ condition }) => condition !== 'Success'),
    [{ event: 5, error: { code: 'FunctionTimeout' } }],
  );
});

t.test('a full queue refuses with ResourceExhausted and loses nothing it accepted', async (t) => {
  const { name, outcomes } = await collect('export const handler = (e) => e;');
  const receipts = await Promise.allSettled(Array.from({ length: 100 }, (_, event) => engine.invokeAsync(name, event)));
  const accepted = receipts.filter(({ status }) => status === 'fulfilled').length;
  t.equal(accepted, 64);
  t.match((receipts.at(-1) as PromiseRejectedResult).reason, { code: 'ResourceExhausted', retryable: true });
  await settled();
  t.equal(outcomes.length, accepted);
});

t.test('a named task can be found, listed, and is unique', async (t) => {
  const name = await define('export const handler = (e) => { if (e) throw new Error("no"); };', {
    asyncInvokeConfig: { maxAsyncRetryAttempts: 0 },
  });
  const { requestId } = await engine.invokeAsync(name, 0, { taskId: 'good' });
  await engine.invokeAsync(name, 1, { taskId: 'bad' });
  const taken = await engine.invokeAsync(name, 1, { taskId: 'bad' }).catch((error: IsopodError) => error.code);
  t.equal(taken, 'AsyncTaskAlreadyExists');
  await settled();
  t.match(await engine.getAsyncTask(name, 'good'), { status: 'Succeeded', alreadyRetriedTimes: 0, requestId });
  t.match(await engine.getAsyncTask(name, 'bad'), { status: 'Failed', error: { message: 'no' } });
  t.same(
    (await engine.listAsyncTasks(name)).tasks.map(({ taskId }) => taskId),
    ['good', 'bad'],
  );
  await t.rejects(engine.getAsyncTask(name, 'other'), { code: 'AsyncTaskNotFound' });
});

t.test('a task can be stopped while it waits and while it runs', async (t) => {
  const { name, outcomes } = await collect('export const handler = (e) => (e ? new Promise(() => {}) : e);', {
    timeout: 60,
  });
  await engine.invokeAsync(name, true, { taskId: 'later', delaySeconds: 3_600 });
  await engine.stopAsyncTask(name, 'later');
  await engine.invokeAsync(name, true, { taskId: 'running' });
  while ((await engine.getAsyncTask(name, 'running')).status !== 'Running')
    await new Promise((resolve) => setImmediate(resolve));
  await engine.stopAsyncTask(name, 'running');
  await settled();
  t.equal((await engine.getAsyncTask(name, 'later')).status, 'Stopped');
  t.equal((await engine.getAsyncTask(name, 'running')).status, 'Stopped');
  t.same(
    outcomes.map(({ condition }) => condition),
    ['Stopped', 'Stopped'],
  );
});

t.test('a delay is waited for, and a destination that throws does no harm', async (t) => {
  const { name, outcomes } = await collect('export const handler = () => Date.now();');
  const began = Date.now();
  await engine.invokeAsync(name, null, { delaySeconds: 0.05 });
  await settled();
  t.ok((outcomes[0]?.result as number) - began >= 45);
  const broken = await define('export const handler = () => 1;', {
    asyncInvokeConfig: {
      onSuccess: () => {
        throw new Error('destination');
      },
    },
  });
  await engine.invokeAsync(broken);
  await settled();
  t.equal(await engine.invoke(broken), 1);
});

t.test('wrong options are refused by name', async (t) => {
  const name = await define('export const handler = () => 1;');
  for (const [options, message] of [
    [{ taskId: '' }, /taskId/],
    [{ delaySeconds: -1 }, /delaySeconds.*-1/],
    [{ delay: 1 }, /delay/],
  ] as const) {
    const error = await engine.invokeAsync(name, 1, options as object).catch((thrown: unknown) => thrown);
    t.match(error, { code: 'InvalidArgument', message });
  }
});
