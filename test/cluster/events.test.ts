import { join } from 'node:path';
import t from 'tap';
import { createEngine, type Engine } from '../../lib/index.ts';
import { missing, nats } from '../trigger/servers.ts';
import { Member, until } from './member.ts';

const skip = missing('nats-server', 'nats-server');
const SOURCE = `
  export const handler = async (event) => {
    if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
    if (event.fail) throw new Error('no');
    return event;
  };
`;

t.test('async events of a cluster', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const options = (node: string) => ({ workers: 0, cluster: { nats: server.url, node } });
  const a = await createEngine(options('a'));
  const b = await createEngine(options('b'));
  t.teardown(() => Promise.all([a.close(), b.close()]));
  const create = async (functionName: string, asyncInvokeConfig = {}): Promise<void> => {
    await a.createFunction({ functionName, code: { source: SOURCE }, timeout: 60, asyncInvokeConfig });
    await until(() =>
      [a, b].every((engine) => engine.listFunctions().some((info) => info.functionName === functionName)),
    );
  };

  await t.test('are done by whoever has room, each once, and their end is told', async (t) => {
    await create('sink');
    await create('f', { destinationConfig: { onSuccess: { destination: 'functions/sink' } } });
    const count = 200;
    const ran: string[] = [];
    let sunk = 0;
    for (const [engine, name] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      engine.observe({
        asyncEvent: ({ event, functionName }) => {
          if (event !== 'succeeded') return;
          if (functionName === 'f') ran.push(name);
          else sunk++;
        },
      });
    }
    await Promise.all(Array.from({ length: count }, (_, at) => a.invokeAsync('f', { at, sleep: 5 })));
    await b.whenIdle();
    t.equal(ran.length, count);
    t.equal(sunk, count, 'and so often was their destination told');
    t.ok(ran.includes('b') && ran.includes('a'), 'both did some of it');
  });

  await t.test('are retried and become dead letters, which every engine sees and can redrive', async (t) => {
    await create('failing', {
      maxAsyncRetryAttempts: 1,
      destinationConfig: { onFailure: { destination: 'dead-letter' } },
    });
    const { requestId } = await a.invokeAsync('failing', { fail: true });
    await until(async () => (await b.listDeadLetters('failing')).deadLetters.length === 1);
    const { deadLetters } = await b.listDeadLetters('failing');
    t.match(deadLetters, [{ requestId, attempts: 2, kind: 'event' }]);
    t.match(await a.getDeadLetter('failing', deadLetters[0]?.id ?? ''), { event: '{"fail":true}' });
    t.equal(await b.redriveDeadLetters('failing'), 1);
    const again = async (): Promise<boolean> => {
      const { deadLetters: left } = await a.listDeadLetters('failing');
      return left.length === 1 && left[0]?.id !== deadLetters[0]?.id;
    };
    await until(again);
    t.equal(await a.purgeDeadLetters('failing'), 1);
    t.same((await b.listDeadLetters('failing')).deadLetters, []);
  });

  await t.test('wait for their time without holding others up', async (t) => {
    await create('later');
    await b.cluster?.drain();
    const { taskId } = await a.invokeAsync('later', { n: 1 }, { taskId: 'slow', delaySeconds: 0.6 });
    await a.invokeAsync('later', { n: 2 }, { taskId: 'quick' });
    t.equal(taskId, 'slow');
    await until(async () => (await b.getAsyncTask('later', 'quick')).status === 'Succeeded');
    await until(async () => (await b.getAsyncTask('later', 'slow')).status === 'Succeeded');
    const slow = await a.getAsyncTask('later', 'slow');
    t.ok((slow.durationMs ?? 0) >= 600, `${slow.durationMs} ms`);
    t.match(slow, { taskPayload: '{"n":1}', returnPayload: '{"n":1}' });
    await t.rejects(b.invokeAsync('later', {}, { taskId: 'quick' }), { code: 'AsyncTaskAlreadyExists' });
    t.same(
      (await b.listAsyncTasks('later')).tasks.map(({ taskId }) => taskId),
      ['slow', 'quick'],
    );
    await b.cluster?.join();
  });

  await t.test('are stopped from any engine', async (t) => {
    await create('endless');
    await a.invokeAsync('endless', { sleep: 50_000 }, { taskId: 'one' });
    await until(async () => (await a.getAsyncTask('endless', 'one')).status === 'Running');
    for (const engine of [a, b]) await engine.stopAsyncTask('endless', 'one');
    await until(async () => (await b.getAsyncTask('endless', 'one')).status === 'Stopped');
    await a.whenIdle();
    t.equal(a.stats('endless').functions[0]?.open, 0);
  });

  await t.test('outlive the engine that had them', async (t) => {
    const c = await Member.start(options('c'));
    t.teardown(() => c.kill());
    await create('outlives');
    await until(async () => ((await c.ask('listFunctions')) as unknown[]).length === a.listFunctions().length);
    for (const engine of [a, b]) await engine.cluster?.drain();
    for (let at = 0; at < 10; at++) await a.invokeAsync('outlives', { at, sleep: 200 }, { taskId: `t-${at}` });
    await until(async () => (await a.listAsyncTasks('outlives', { status: 'Running' })).tasks.length > 0);
    await c.ask('close', { timeoutMs: 0 });
    await c.kill();
    for (const engine of [a, b]) await engine.cluster?.join();
    await a.whenIdle();
    const { tasks } = await b.listAsyncTasks('outlives', { limit: 100 });
    t.equal(tasks.filter(({ status }) => status === 'Succeeded').length, 10);
  });
});

t.test('an event is refused while the server is away', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const engine: Engine = await createEngine({ workers: 0, cluster: { nats: server.url } });
  t.teardown(() => engine.close());
  await engine.createFunction({ functionName: 'f', code: { source: SOURCE } });
  await engine.invokeAsync('f', {});
  await engine.whenIdle();
  {
    // Engines may be updated one by one, with other settings too.
    await using other = await createEngine({ workers: 0, cluster: { nats: server.url, takeoverSeconds: 3 } });
    await engine.cluster?.drain();
    await other.invokeAsync('f', {});
    await other.whenIdle();
    await engine.cluster?.join();
  }
  await server.kill();
  await until(() => engine.cluster?.isUp === false);
  await t.rejects(engine.invokeAsync('f', {}), { code: 'ClusterUnavailable', retryable: true });
  t.same(await engine.invoke('f', { n: 1 }), { n: 1 });
  await server.start();
  await until(() => engine.cluster?.isUp === true);
  await engine.invokeAsync('f', {});
  await engine.whenIdle();
});

t.test('with an outbox an event is accepted while the server is away', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const ran: number[] = [];
  const start = async (): Promise<Engine> => {
    const engine = await createEngine({
      workers: 0,
      dataDir: join(t.testdirName, 'data'),
      cluster: { nats: server.url, outbox: true },
    });
    engine.observe({ log: ({ line }) => void ran.push(Number(/-?\d+$/.exec(line)?.[0])) });
    return engine;
  };
  t.testdir();
  let engine = await start();
  t.teardown(() => engine.close());
  const source = 'export const handler = ({ n }) => { if (n === 20) throw new Error(); console.log(n); };';
  const asyncInvokeConfig = {
    maxAsyncRetryAttempts: 0,
    destinationConfig: { onFailure: { destination: 'dead-letter' } },
  };
  await engine.createFunction({ functionName: 'f', code: { source }, asyncInvokeConfig });
  await engine.invokeAsync('f', { n: -1 });
  await engine.whenIdle();
  await server.kill();
  await until(() => engine.cluster?.isUp === false);
  for (let n = 0; n < 20; n++) await engine.invokeAsync('f', { n });
  t.equal(engine.cluster?.unsentEvents, 20);
  t.equal(engine.stats('f').functions[0]?.queued, 20);
  await t.rejects(engine.invokeAsync('f', {}, { taskId: 'one' }), { code: 'ClusterUnavailable' }, 'but no task');
  await server.start();
  await engine.whenIdle();
  t.same(
    ran.sort((a, b) => a - b),
    [-1, ...Array.from({ length: 20 }, (_, n) => n)],
  );

  await server.kill();
  await until(() => engine.cluster?.isUp === false);
  await engine.invokeAsync('f', { n: 20 });
  await engine.close();
  await server.start();
  engine = await start();
  await engine.whenIdle();
  const { deadLetters } = await engine.listDeadLetters('f');
  const letter = await engine.getDeadLetter('f', deadLetters[0]?.id ?? '');
  t.equal(letter.event, '{"n":20}', 'and what waited is handed over by the next start');
});

t.test('an outbox needs a dataDir', async (t) => {
  await t.rejects(createEngine({ cluster: { nats: 'nats://127.0.0.1:4222', outbox: true } }), {
    code: 'InvalidArgument',
    message: /cluster\.outbox.*dataDir/,
  });
});
