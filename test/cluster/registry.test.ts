import t from 'tap';
import { assertVersion } from '../../lib/cluster/link.ts';
import { Domains } from '../../lib/http/gateway/domains.ts';
import { createEngine, type Engine } from '../../lib/index.ts';
import { Tenants } from '../../lib/tenant/tenants.ts';
import { missing, nats } from '../trigger/servers.ts';
import { until } from './member.ts';

const skip = missing('nats-server', 'nats-server');
const saying = (text: string): { readonly source: string } => ({ source: `export const handler = () => '${text}';` });

const says = async (engine: Engine, text: string, qualifier?: string): Promise<boolean> =>
  (await engine.invoke('f', undefined, { qualifier }).catch(() => undefined)) === text;

t.test('engines of a cluster', { skip }, async (t) => {
  const server = await nats();
  t.teardown(() => server.stop());
  const member = (node: string): Promise<Engine> => createEngine({ workers: 0, cluster: { nats: server.url, node } });
  const a = await member('a');
  const b = await member('b');
  t.teardown(() => Promise.all([a.close(), b.close()]));

  await t.test('serve each other’s functions, as they are now, with versions and aliases', async (t) => {
    // Larger than what stays in the declaration, so that its code comes from the object store.
    const padding = `/* ${'x'.repeat(200_000)} */`;
    await a.createFunction({ functionName: 'f', code: { source: `${padding}\nexport const handler = () => 'one';` } });
    await until(() => says(b, 'one'));
    await b.publishVersion('f', { description: 'first' });
    await b.createAlias('f', { aliasName: 'live', versionId: '1' });
    await a.updateFunction('f', { code: saying('two') }).catch(async (error) => {
      // The version may not be known here yet.
      t.equal(error.code, 'ConcurrentUpdateError');
      await until(() => a.listVersions('f').length === 1);
      await a.updateFunction('f', { code: saying('two') });
    });
    await until(() => says(b, 'two'));
    await until(() => says(a, 'one', 'live'));
    t.same(a.listVersions('f'), b.listVersions('f'));
    t.equal((await a.publishVersion('f')).versionId, '2', 'numbers go on wherever versions are published');
    await until(() => b.listVersions('f').length === 2);
    await b.updateAlias('f', 'live', { versionId: '2' });
    await until(() => says(a, 'two', 'live'));
    await a.deleteAlias('f', 'live');
    await until(() => b.listAliases('f').length === 0);
    await b.deleteVersion('f', '1');
    await until(() => a.listVersions('f').length === 1);
    t.strictSame(a.getFunction('f'), b.getFunction('f'));
  });

  await t.test('refuse the second of two changes that do not know of each other', async (t) => {
    const create = (engine: Engine, text: string) =>
      engine.createFunction({ functionName: 'both', code: saying(text) }).then(
        () => 'made',
        (error) => error.code,
      );
    t.same((await Promise.all([create(a, 'a'), create(b, 'b')])).sort(), ['FunctionAlreadyExists', 'made']);
    await until(() => [a, b].every((engine) => engine.listFunctions().some((f) => f.functionName === 'both')));
    t.equal(a.getFunction('both').codeHash, b.getFunction('both').codeHash);
    const update = (engine: Engine, description: string) =>
      engine.updateFunction('both', { description }).then(
        () => 'changed',
        (error) => error.code,
      );
    const ends = await Promise.all([update(a, 'by a'), update(b, 'by b')]);
    t.ok(ends.includes('changed'), ends.join());
    t.ok(
      ends.every((end) => ['changed', 'ConcurrentUpdateError'].includes(end)),
      ends.join(),
    );
    await until(() => a.getFunction('both').description === b.getFunction('both').description);
  });

  await t.test(
    'lose no change of a trigger, a config, a tenant or a domain to one made at once elsewhere',
    async (t) => {
      const { catalog: ofA } = a.home;
      const { catalog: ofB } = b.home;
      const tenants = [await Tenants.open(ofA), await Tenants.open(ofB)] as const;
      const domains = [await Domains.open(ofA), await Domains.open(ofB)] as const;
      const timer = { triggerType: 'timer', triggerConfig: { cronExpression: '@every 60m' } } as const;
      await a.createTrigger('both', { triggerName: 'often', ...timer });
      await tenants[0].create({ name: 'acme' });
      await domains[0].create('default', { domainName: 'example.com' });
      await until(() => b.listTriggers('both').length === 1 && tenants[1].find('acme') !== undefined);
      await until(() => domains[1].find('example.com') !== undefined);
      const end = (change: Promise<unknown>): Promise<string> =>
        change.then(
          () => 'changed',
          (error) => error.code,
        );
      const atOnce: Record<string, readonly Promise<string>[]> = {
        trigger: [
          end(a.updateTrigger('both', 'often', { description: 'by a' })),
          end(b.updateTrigger('both', 'often', { triggerConfig: { cronExpression: '@every 30m' } })),
        ],
        'provision config': [
          end(a.putProvisionConfig('both', { target: 0 })),
          end(b.putProvisionConfig('both', { target: 0, alwaysAllocateCPU: true })),
        ],
        tenant: [
          end(tenants[0].setQuotas('acme', { functions: 1 })),
          end(tenants[1].setQuotas('acme', { functions: 2 })),
        ],
        domain: [
          end(domains[0].update('default', 'example.com', { protocol: 'HTTP' })),
          end(domains[1].update('default', 'example.com', { routeConfig: { routes: [] } })),
        ],
      };
      for (const [what, ends] of Object.entries(atOnce)) {
        t.same((await Promise.all(ends)).sort(), ['ConcurrentUpdateError', 'changed'], what);
      }
      // Whose change was refused repeats it, and finds the other's there.
      await until(async () => {
        await b
          .updateTrigger('both', 'often', { triggerConfig: { cronExpression: '@every 30m' } })
          .catch(() => undefined);
        await a.updateTrigger('both', 'often', { description: 'by a' }).catch(() => undefined);
        const { description, triggerConfig } = b.getTrigger('both', 'often');
        return description === 'by a' && triggerConfig.includes('30m');
      });
      const kept = (engine: Engine): unknown => {
        const { status: _, ...trigger } = engine.getTrigger('both', 'often');
        return trigger;
      };
      await until(() => JSON.stringify(kept(a)) === JSON.stringify(kept(b)));
      const same = (of: (at: 0 | 1) => unknown) => until(() => JSON.stringify(of(0)) === JSON.stringify(of(1)));
      await same((at) => tenants[at].get('acme'));
      await same((at) => domains[at].find('example.com'));
      await b.deleteTrigger('both', 'often');
      await until(() => a.listTriggers('both').length === 0);
    },
  );

  await t.test('begin with what was there before them', async (t) => {
    const c = await member('c');
    t.teardown(() => c.close());
    t.ok(await says(c, 'two'));
    await c.deleteFunction('f');
    await until(() => a.listFunctions().every(({ functionName }) => functionName !== 'f'));
    await t.rejects(a.invoke('f'), { code: 'FunctionNotFound' });
    await until(() => b.listFunctions().every(({ functionName }) => functionName !== 'f'));
    await b.createFunction({ functionName: 'f', code: saying('again') });
    await until(() => says(a, 'again'));
  });

  await t.test(
    'serve what they know while the server is away, refuse changes, and go on when it is back',
    async (t) => {
      t.ok(await says(b, 'again'));
      // Its code comes to an engine with its first call there.
      await b.cluster?.drain();
      await until(() => a.cluster?.nodes().some(({ state }) => state === 'draining') === true);
      t.ok(await says(a, 'again'));
      await server.kill();
      await until(async () => {
        const end = await a.updateFunction('f', { code: saying('late') }).catch((error) => error.code);
        return end === 'ClusterUnavailable';
      });
      // A call on its way to another engine is lost with the connection; the next stays here.
      await until(() => says(a, 'again'));
      await until(() => says(b, 'again'));
      await server.start();
      await until(() =>
        a.updateFunction('f', { description: 'back' }).then(
          () => true,
          () => false,
        ),
      );
      await until(() => b.getFunction('f').description === 'back');
    },
  );
});

t.test('an engine does not start without a server that can do what is needed', { skip }, async (t) => {
  await t.rejects(createEngine({ cluster: { nats: 'nats://127.0.0.1:1' } }), {
    code: 'ClusterUnavailable',
    message: /127\.0\.0\.1:1/,
  });
  await t.rejects(createEngine({ cluster: { nats: 'http://127.0.0.1' } }), { code: 'InvalidArgument' });
  t.throws(() => assertVersion('nats://old', '2.9.10'), {
    code: 'ClusterUnusable',
    message: 'NATS at nats://old is version 2.9.10, and 2.10 or newer is needed: update the server',
  });
  for (const version of ['2.10.27', '2.12.0', '3.0.0-beta']) assertVersion('', version);
});
