import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ClusterOperations } from '../../lib/cluster/operations.ts';
import { createEngine, type Engine } from '../../lib/index.ts';
import { Meter } from '../../lib/tenant/meter.ts';
import { missing, nats } from '../trigger/servers.ts';
import { until } from './member.ts';

const skip = missing('nats-server', 'nats-server');
const ARN = 'acs:oss:cn-local:1000000000000001:shared';

t.test('a cluster', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const folder = join(t.testdir(), 'bucket');
  mkdirSync(folder);
  /** Keys of objects the function was told of, by engine. */
  const told: string[] = [];
  const member = async (node: string): Promise<Engine> => {
    const engine = await createEngine({
      workers: 0,
      cluster: { nats: server.url, node },
      eventSources: { buckets: { shared: folder } },
    });
    engine.observe({ log: ({ line }) => void told.push(`${node} ${line}`) });
    return engine;
  };
  const a = await member('a');
  const b = await member('b');
  t.teardown(() => Promise.all([a.close(), b.close()]));
  await until(() => [a, b].every((engine) => engine.cluster?.size === 2));
  const source = `export const handler = (event) => console.log(event.events ? event.events[0].oss.object.key : 'tick');`;
  await a.createFunction({ functionName: 'f', code: { source } });
  await until(() => b.listFunctions().length === 1);
  /** Makes objects until one is told of: what was there before somebody looked at the folder is not. */
  const written = async (name: string): Promise<void> => {
    for (let at = 0; told.every((line) => !line.includes(name)); at++) {
      writeFileSync(join(folder, `${name}-${at}`), '1');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  /** The one that is not closed on the way. */
  let left = a;
  const stateOf = (engine: Engine, name: string) =>
    engine.listTriggers('f').find(({ triggerName }) => triggerName === name)?.status.state;

  await t.test('is told from outside: who is there, and that an engine takes no more', async (t) => {
    const operations = await ClusterOperations.open({ nats: server.url });
    t.teardown(() => operations.close());
    t.match(await operations.nodes(), [
      { node: 'a', state: 'serving', id: a.cluster?.id },
      { node: 'b', state: 'serving' },
    ]);
    const { id } = await operations.tell('drain', 'b');
    await operations.emptied(id, () => undefined);
    t.match(await operations.nodes(), [{ node: 'a' }, { node: 'b', state: 'draining' }]);
    await until(() => a.cluster?.size === 1);
    await operations.tell('join', id);
    await until(() => a.cluster?.size === 2);
    await t.rejects(operations.tell('drain', 'c'), { code: 'InvalidArgument', message: /no engine "c".*a-/ });
  });

  await t.test('reads a folder once, on one engine, and on another when that one is gone', async (t) => {
    await b.createTrigger('f', {
      triggerName: 'objects',
      triggerType: 'oss',
      sourceArn: ARN,
      triggerConfig: { events: ['oss:ObjectCreated:*'] },
    });
    const states = (): string => [a, b].map((engine) => stateOf(engine, 'objects')).join();
    await until(() => ['running,waiting', 'waiting,running'].includes(states()));
    const [reader, other] = stateOf(a, 'objects') === 'running' ? [a, b] : [b, a];
    left = other;
    await written('one');
    await reader.close();
    await until(() => stateOf(other, 'objects') === 'running');
    await written('two');
    t.ok(told.filter((line) => line.includes('two')).every((line) => line.startsWith(other === a ? 'a ' : 'b ')));
    const keys = told.map((line) => line.slice(line.lastIndexOf(' ')));
    t.equal(new Set(keys).size, keys.length, `each is told once: ${keys.join()}`);
  });

  await t.test(
    'shares out the instances a config asks for, and triggers are changed and deleted everywhere',
    async (t) => {
      const c = await member('c');
      t.teardown(() => c.close());

      await until(() => [left, c].every((engine) => engine.cluster?.size === 2));
      await c.putProvisionConfig('f', { defaultTarget: 3 });
      const counts = (): number[] => [left, c].map((engine) => engine.stats('f').functions[0]?.provisioned ?? 0);
      await until(() => counts().join() === '1,2' || counts().join() === '2,1');
      await left.deleteProvisionConfig('f');
      await until(() => c.listProvisionConfigs().length === 0 && counts().join() === '0,0');
      await c.updateTrigger('f', 'objects', { description: 'changed' });
      await until(() => left.getTrigger('f', 'objects').description === 'changed');
      await left.deleteTrigger('f', 'objects');
      await until(() => c.listTriggers('f').length === 0);
      t.same(left.listTriggers('f'), []);
    },
  );
});

t.test('quotas are shared out among the engines', (t) => {
  const meter = new Meter({ name: 'x', quotas: { concurrency: 10, requestsPerSecond: 30 } } as never, 0, undefined, 3);
  for (let at = 0; at < 4; at++) meter.begin(0);
  t.throws(
    () => meter.begin(0),
    { code: 'ResourceExhausted' },
    'four of ten: three engines let at most two too many in',
  );
  for (let at = 0; at < 10; at++) meter.request(0);
  t.throws(() => meter.request(0), { code: 'ResourceExhausted' });
  t.end();
});
