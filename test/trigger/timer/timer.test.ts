import t from 'tap';
import { createEngine, IsopodError } from '../../../lib/index.ts';
import { MemoryCatalog } from '../../../lib/store/memory-catalog.ts';
import { type FakeCaller, FakeClock, fakeEngine, settle } from '../fake.ts';

const timerOf = (cronExpression: string, more: object = {}) =>
  ({ triggerName: 'tick', triggerType: 'timer', triggerConfig: { cronExpression, ...more } }) as const;
const times = (caller: FakeCaller): string[] =>
  caller.events.map((event) => (event as { triggerTime: string }).triggerTime);

t.test('a timer fires at its times with the event of Function Compute', async (t) => {
  const clock = new FakeClock('2024-05-06T07:08:09Z');
  const { triggers, caller } = await fakeEngine(clock);
  await triggers.create('f', timerOf('0 * * * * *', { payload: '{"job":"sweep"}' }));
  t.equal(triggers.get('f', 'tick').status.nextEventTime, '2024-05-06T07:09:00.000Z');
  await clock.advanceTo('2024-05-06T07:10:30Z');
  t.same(caller.events, [
    { triggerTime: '2024-05-06T07:09:00Z', triggerName: 'tick', payload: '{"job":"sweep"}' },
    { triggerTime: '2024-05-06T07:10:00Z', triggerName: 'tick', payload: '{"job":"sweep"}' },
  ]);
  t.match(triggers.get('f', 'tick').status, { state: 'running', events: 2, failures: 0 });
  await triggers.delete('f', 'tick');
  await clock.advanceTo('2024-05-06T08:00:00Z');
  t.equal(caller.events.length, 2, 'and no more when it is deleted');
});

t.test('a timer that is not enabled does not fire until it is', async (t) => {
  const clock = new FakeClock('2024-05-06T07:08:09Z');
  const { triggers, caller } = await fakeEngine(clock);
  await triggers.create('f', timerOf('0 * * * * *', { enable: false }));
  t.equal(triggers.get('f', 'tick').status.state, 'disabled');
  await clock.advanceTo('2024-05-06T07:20:30Z');
  t.same(caller.events, []);
  await triggers.update('f', 'tick', { triggerConfig: JSON.stringify({ cronExpression: '0 * * * * *' }) });
  await clock.advanceTo('2024-05-06T07:21:30Z');
  t.same(times(caller), ['2024-05-06T07:21:00Z']);
  await triggers.close(0);
});

t.test('engines that share a catalog fire every run once between them', async (t) => {
  const clock = new FakeClock('2024-05-06T07:08:09Z');
  const catalog = new MemoryCatalog();
  const engines = [await fakeEngine(clock, catalog)];
  await engines[0]?.triggers.create('f', timerOf('*/10 * * * * *'));
  for (let more = 0; more < 3; more++) {
    const engine = await fakeEngine(clock, catalog);
    engine.triggers.functionDeclared('f');
    engines.push(engine);
  }
  await settle();
  await clock.advanceTo('2024-05-06T07:10:05Z');
  const all = engines.flatMap(({ caller }) => times(caller)).sort();
  t.equal(all.length, 12);
  t.equal(new Set(all).size, 12);
  for (const { triggers } of engines) await triggers.close(0);
});

t.test('what a run nobody was there for becomes is configured', async (t) => {
  for (const [missedRuns, expected] of [
    ['skip', ['2024-05-06T07:15:00Z']],
    ['once', ['2024-05-06T07:14:00Z', '2024-05-06T07:15:00Z']],
    [
      'all',
      [
        '2024-05-06T07:11:00Z',
        '2024-05-06T07:12:00Z',
        '2024-05-06T07:13:00Z',
        '2024-05-06T07:14:00Z',
        '2024-05-06T07:15:00Z',
      ],
    ],
  ] as const) {
    const catalog = new MemoryCatalog();
    const before = new FakeClock('2024-05-06T07:08:09Z');
    const first = await fakeEngine(before, catalog);
    await first.triggers.create('f', timerOf('0 * * * * *', { missedRuns }));
    await before.advanceTo('2024-05-06T07:10:30Z');
    await first.triggers.close(0);
    const after = new FakeClock('2024-05-06T07:14:20Z');
    const second = await fakeEngine(after, catalog);
    second.triggers.functionDeclared('f');
    await after.advanceTo('2024-05-06T07:15:05Z');
    t.same(times(second.caller), expected, missedRuns);
    await second.triggers.close(0);
  }
});

t.test('a run whose engine died between its claim and the hand-over comes again', async (t) => {
  const catalog = new MemoryCatalog();
  const clock = new FakeClock('2024-05-06T07:08:59Z');
  const first = await fakeEngine(clock, catalog);
  await first.triggers.create('f', timerOf('0 * * * * *'));
  // Claims the run and is never heard of again.
  first.caller.invokeAsync = () => new Promise(() => undefined);
  await clock.advanceTo('2024-05-06T07:09:00Z');
  const second = await fakeEngine(clock, catalog);
  second.triggers.functionDeclared('f');
  await clock.advanceTo('2024-05-06T07:09:20Z');
  t.same(times(second.caller), [], 'not while the claim holds');
  await clock.advanceTo('2024-05-06T07:09:45Z');
  t.same(times(second.caller), ['2024-05-06T07:09:00Z']);
  await second.triggers.close(0);
});

t.test('a full engine delays a run and loses none', async (t) => {
  const clock = new FakeClock('2024-05-06T07:08:59Z');
  const { triggers, caller } = await fakeEngine(clock);
  await triggers.create('f', timerOf('0 0 * * * *'));
  caller.failures.push(new IsopodError('ResourceExhausted', 'full'), new IsopodError('ResourceExhausted', 'full'));
  await clock.advanceTo('2024-05-06T08:00:00Z');
  t.match(triggers.get('f', 'tick').status, { state: 'failing', lastError: { code: 'ResourceExhausted' } });
  while (caller.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  t.same(times(caller), ['2024-05-06T08:00:00Z']);
  t.equal(triggers.get('f', 'tick').status.failures, 2);
  await triggers.close(0);
});

t.test('a thousand sleeping timers wake the process for nothing but a look at the clock', async (t) => {
  const clock = new FakeClock('2024-05-06T07:08:09Z');
  const { triggers } = await fakeEngine(clock);
  for (let at = 0; at < 1_000; at++) {
    await triggers.create(`f${at}`, timerOf(`0 ${at % 60} 4 * * *`));
  }
  await clock.advanceTo('2024-05-06T08:08:09Z');
  t.ok(clock.wakes <= 61, `${clock.wakes} wakes in an hour`);
  await triggers.close(0);
});

t.test('a handler written for Function Compute gets the event as a Buffer', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  const got = Promise.withResolvers<string>();
  await engine.createFunction({
    functionName: 'f',
    runtime: 'nodejs20',
    code: {
      source: `exports.handler = (event, context, callback) => {
        if (!Buffer.isBuffer(event)) return callback(new Error('not a Buffer'));
        context.bindings.told.to(event.toString()).then(() => callback(null, ''));
      };`,
    },
    bindings: { told: { to: async (text: string) => got.resolve(text) } },
  });
  const info = await engine.createTrigger('f', timerOf('@every 100ms', { payload: 'x' }));
  t.match(info, { triggerType: 'timer', qualifier: 'LATEST', status: { state: 'running' } });
  t.match(JSON.parse(await got.promise), { triggerName: 'tick', payload: 'x', triggerTime: /^\d{4}-.*:\d\dZ$/ });
  await t.rejects(engine.deleteFunction('f'), { code: 'FunctionNotEmpty' });
  await t.rejects(engine.createTrigger('f', timerOf('@every 100ms')), { code: 'TriggerAlreadyExists' });
  await t.rejects(engine.createTrigger('f', { ...timerOf('whatever'), triggerName: 'other' }), {
    code: 'InvalidArgument',
    message: /cronExpression: is no schedule/,
  });
  await engine.deleteTrigger('f', 'tick');
  t.throws(() => engine.getTrigger('f', 'tick'), { code: 'TriggerNotFound' });
  await engine.deleteFunction('f');
});

t.test('triggers of a dataDir are there again, and begin when their function is declared', async (t) => {
  const dataDir = t.testdir();
  const declared = { functionName: 'f', code: { source: 'export const handler = () => 1;' } };
  {
    await using engine = await createEngine({ dataDir, workers: 1 });
    await engine.createFunction(declared);
    await engine.createTrigger('f', timerOf('0 0 0 1 1 *'));
  }
  await using engine = await createEngine({ dataDir, workers: 1 });
  t.match(engine.listTriggers(), [{ functionName: 'f', triggerName: 'tick', status: { state: 'waiting' } }]);
  await engine.createFunction(declared);
  while (engine.getTrigger('f', 'tick').status.state !== 'running') await settle();
  t.equal(await engine.testTrigger('f', 'tick'), 1);
});
