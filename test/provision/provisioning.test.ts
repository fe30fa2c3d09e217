/** Instances that are kept by configuration, through the public door. */
import { join } from 'node:path';
import t from 'tap';
import { createEngine, type Engine, type InvokeStatus } from '../../lib/index.ts';
import { at, PLACES } from '../engine/places.ts';

const source = `let ready = false;
  export const initializer = () => { ready = true; };
  export const handler = (ms) => (ms ? new Promise((resolve) => setTimeout(resolve, ms, ready)) : ready);`;
const withInitializer = { instanceLifecycleConfig: { initializer: { handler: 'index.initializer' } } };

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}
const statsOf = (engine: Engine, name: string) =>
  engine.stats().functions.find(({ functionName }) => functionName === name);
const ready = (engine: Engine, name: string, count: number) =>
  until(() => statsOf(engine, name)?.provisioned === count);

for (const place of PLACES) {
  t.test(
    `${place}: provisioned instances are there before the first call, and a burst of as many is never cold`,
    async (t) => {
      await using engine = await createEngine({ workers: 1 });
      await engine.createFunction({
        functionName: 'f',
        code: { source },
        timeout: 60,
        ...withInitializer,
        ...at(place),
      });
      t.match(await engine.putProvisionConfig('f', { defaultTarget: 4 }), {
        functionName: 'f',
        qualifier: 'LATEST',
        target: 4,
      });
      await until(() => engine.getProvisionConfig('f').current === 4);
      t.match(statsOf(engine, 'f'), { instances: 4, provisioned: 4, coldStarts: 0 });
      const statuses = Array.from({ length: 4 }, (): InvokeStatus => ({}));
      const answers = await Promise.all(statuses.map((status) => engine.invoke('f', 50, { status })));
      t.same(answers, [true, true, true, true], 'they are initialised');
      t.ok(statuses.every(({ coldStart }) => coldStart === false));
      t.equal(new Set(statuses.map(({ instanceId }) => instanceId)).size, 4);
      await engine.putProvisionConfig('f', { defaultTarget: 1 });
      await ready(engine, 'f', 1);
      t.equal(statsOf(engine, 'f')?.instances, 1, 'what is not wanted any more ends at once');
      await engine.deleteProvisionConfig('f');
      await until(() => statsOf(engine, 'f')?.instances === 0);
      t.throws(() => engine.getProvisionConfig('f'), { code: 'ProvisionConfigNotFound' });
    },
  );
}

for (const place of PLACES) {
  t.test(`${place}: timers of provisioned instances go on between calls when that is granted`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const ticking = `let ticks = 0;
      export const handler = (what) => {
        if (what === 'tick') setInterval(() => console.log(++ticks), 5);
        if (what === 'hang') setTimeout(() => { for (;;); }, 5);
        return ticks;
      };`;
    await engine.createFunction({ functionName: 'f', code: { source: ticking }, ...at(place), timeout: 1 });
    const told: number[] = [];
    engine.observe({ log: ({ line }) => void told.push(Number(/\d+$/.exec(line)?.[0])) });
    const provision = async (alwaysAllocateCPU: boolean): Promise<void> => {
      await engine.putProvisionConfig('f', { defaultTarget: 1, alwaysAllocateCPU });
      await ready(engine, 'f', 1);
    };
    await provision(false);
    await engine.invoke('f', 'tick');
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.same(told, [], 'frozen, as long as nothing else is said');
    await provision(true);
    await until(() => told.length >= 5);
    await engine.invoke('f', 'none');
    await until(() => told.length >= 10);
    t.same(told.slice(0, 10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await provision(false);
    // Some may be on their way; a timer that went on would never be silent for so long.
    let ticks = -1;
    for (let look = 0; look < 50 && told.length > ticks; look++) {
      ticks = told.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    t.equal(told.length, ticks, 'frozen again');
    await provision(true);
    const [before] = engine.listInstances('f');
    await engine.invoke('f', 'hang');
    await until(() => engine.listInstances('f').some(({ instanceId }) => instanceId !== before?.instanceId));
    t.equal(await engine.invoke('f', 'none'), 0, 'one that hangs between calls is ended and replaced');
  });
}

t.test(
  'calls beyond the provisioned instances start others, which are reclaimed; the provisioned ones stay',
  async (t) => {
    await using engine = await createEngine({ workers: 0 });
    await engine.createFunction({
      functionName: 'f',
      code: { source },
      minInstances: 2,
      idleTimeout: 0.3,
      timeout: 60,
    });
    await ready(engine, 'f', 2);
    await Promise.all([1, 2, 3, 4].map(() => engine.invoke('f', 30)));
    t.match(statsOf(engine, 'f'), { instances: 4, provisioned: 2 });
    await until(() => statsOf(engine, 'f')?.instances === 2);
    t.equal(statsOf(engine, 'f')?.provisioned, 2);
  },
);

t.test('instances that serve already are kept instead of starting others', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source } });
  const status: InvokeStatus = {};
  await engine.invoke('f', 0, { status });
  await engine.putProvisionConfig('f', { target: 1 });
  const next: InvokeStatus = {};
  await engine.invoke('f', 0, { status: next });
  t.equal(next.instanceId, status.instanceId);
  t.match(engine.getProvisionConfig('f'), { target: 1, current: 1 });
});

t.test(
  'a provisioned instance that is lost is replaced, and one that cannot start says why and is tried again',
  async (t) => {
    await using engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'f',
      lane: 'worker',
      timeout: 0.3,
      minInstances: 1,
      code: { source: 'export const handler = (e) => { while (e); return 1; };' },
    });
    await ready(engine, 'f', 1);
    await t.rejects(engine.invoke('f', true), { code: 'FunctionTimeout' });
    await ready(engine, 'f', 1);
    t.equal(await engine.invoke('f', false), 1);
    let fails = true;
    await engine.createFunction({
      functionName: 'broken',
      bindings: { host: { fails: () => fails } },
      code: {
        source: `export const initializer = async ({ bindings }) => { if (await bindings.host.fails()) throw new Error('not yet'); };
        export const handler = () => 1;`,
      },
      ...withInitializer,
    });
    await engine.putProvisionConfig('broken', { target: 1 });
    await until(() => engine.getProvisionConfig('broken').currentError !== undefined);
    t.match(engine.getProvisionConfig('broken'), { target: 1, current: 0, currentError: /not yet/ });
    fails = false;
    await until(() => engine.getProvisionConfig('broken').current === 1);
    t.notOk(engine.getProvisionConfig('broken').currentError);
  },
);

t.test('an update keeps the number, and the new instances are ready before calls come to them', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({ functionName: 'f', code: { source }, lane: 'worker' });
  await engine.putProvisionConfig('f', { target: 3 });
  await until(() => engine.getProvisionConfig('f').current === 3);
  await engine.updateFunction('f', { code: { source: 'export const handler = () => "new";' } });
  t.match(engine.getProvisionConfig('f'), { target: 3, current: 3 });
  const statuses = Array.from({ length: 3 }, (): InvokeStatus => ({}));
  await Promise.all(statuses.map((status) => engine.invoke('f', 0, { status })));
  t.ok(statuses.every(({ coldStart }) => coldStart === false));
  await t.rejects(engine.deleteFunction('f'), { code: 'ProvisionConfigExist' });
  await engine.deleteProvisionConfig('f');
  await engine.deleteFunction('f');
});

t.test("the instances of an alias are its versions' by weight, and follow it", async (t) => {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({ functionName: 'f', code: { source }, lane: 'worker' });
  await engine.publishVersion('f');
  await engine.publishVersion('f');
  await engine.createAlias('f', { aliasName: 'live', versionId: '1', additionalVersionWeight: { 2: 0.25 } });
  await engine.putProvisionConfig('f', { target: 4 }, { qualifier: 'live' });
  await until(() => engine.getProvisionConfig('f', { qualifier: 'live' }).current === 4);
  const byVersion = (): string[] =>
    engine
      .listInstances('f')
      .filter(({ resourceMode }) => resourceMode === 'Provision')
      .map(({ versionId }) => versionId)
      .sort();
  t.same(byVersion(), ['1', '1', '1', '2']);
  await engine.updateAlias('f', 'live', { versionId: '2', additionalVersionWeight: {} });
  await until(() => byVersion().join() === '2,2,2,2');
  t.match(engine.listProvisionConfigs(), [{ functionName: 'f', qualifier: 'live', target: 4, current: 4 }]);
  await engine.putProvisionConfig('f', { target: 1 }, { qualifier: '1' });
  await until(() => byVersion().join() === '1,2,2,2,2');
  await t.rejects(engine.putProvisionConfig('f', { target: 1 }, { qualifier: '9' }), { code: 'VersionNotFound' });
  await t.rejects(engine.putProvisionConfig('f', { target: 1 }, { qualifier: 'x' }), { code: 'AliasNotFound' });
});

t.test('a scaling config keeps a least number, and can leave it at that', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source }, timeout: 60 });
  await engine.putScalingConfig('f', { minInstances: 2, enableOnDemandScaling: false });
  await until(() => engine.getScalingConfig('f').current === 2);
  await Promise.all([1, 2, 3, 4, 5].map(() => engine.invoke('f', 20)));
  t.match(statsOf(engine, 'f'), { instances: 2, provisioned: 2, coldStarts: 0 }, 'calls waited instead');
  await t.rejects(engine.putProvisionConfig('f', { target: 1 }), {
    code: 'ProvisionConfigExist',
    message: /scaling config/,
  });
  await engine.putScalingConfig('f', { minInstances: 1 });
  await Promise.all([1, 2, 3].map(() => engine.invoke('f', 20)));
  t.equal(statsOf(engine, 'f')?.instances, 3);
  await engine.deleteScalingConfig('f');
  t.same(engine.listScalingConfigs('f'), []);
});

t.test('tracking adds instances while they are busy', async (t) => {
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source }, timeout: 60 });
  const metricType = 'ProvisionedConcurrencyUtilization';
  await engine.putProvisionConfig('f', {
    targetTrackingPolicies: [{ name: 'busy', metricType, metricTarget: 0.5, minCapacity: 1, maxCapacity: 6 }],
  });
  await until(() => engine.getProvisionConfig('f').current === 1);
  const calls = Promise.all([1, 2, 3, 4].map(() => engine.invoke('f', 4_000)));
  await until(() => engine.getProvisionConfig('f').current >= 4);
  t.ok(engine.getProvisionConfig('f').target <= 6);
  await calls;
});

t.test('configs are kept with the data, and wait for their function', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const first = await createEngine({ workers: 0, dataDir });
  await first.createFunction({ functionName: 'f', code: { source } });
  await first.putProvisionConfig('f', { target: 2 });
  await first.close();
  await using second = await createEngine({ workers: 0, dataDir });
  t.match(second.listProvisionConfigs(), [{ functionName: 'f', target: 2, current: 0 }]);
  await second.createFunction({ functionName: 'f', code: { source } });
  await until(() => second.getProvisionConfig('f').current === 2);
});
