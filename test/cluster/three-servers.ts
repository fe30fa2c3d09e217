/** `npm run test:servers`: two engines on three servers, of which the leading one is killed. Apart from the suite: its elections take half a minute on a busy machine. */
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import t from 'tap';
import { createEngine, type Engine } from '../../lib/index.ts';
import { missing, type NatsServer, natsCluster } from '../trigger/servers.ts';
import { until } from './member.ts';

const skip = missing('nats-server', 'nats-server');
const SOURCE = { source: 'export const handler = (event) => event.id;' };
/** Events that are accepted on each engine before a server is killed, and after. */
const EACH = 100;

/** The server that takes the cluster's events at the moment. */
async function leaderOf(servers: readonly NatsServer[]): Promise<NatsServer> {
  const connection = await connect({ servers: servers.map(({ url }) => url) });
  try {
    const { streams } = await jetstreamManager(connection);
    const { cluster } = await streams.info('isopod_events');
    return servers.find(({ name }) => name === cluster?.leader) as NatsServer;
  } finally {
    await connection.close();
  }
}

t.test('engines on three servers', { skip }, async (t) => {
  const servers = await natsCluster();
  t.teardown(() => Promise.all(servers.map((server) => server.stop())));
  const member = (node: string): Promise<Engine> =>
    createEngine({
      workers: 0,
      cluster: { nats: servers.map(({ url }) => url), node, replicas: 3, takeoverSeconds: 2 },
    });
  const engines = [await member('a'), await member('b')] as const;
  const [a, b] = engines;
  t.teardown(() => Promise.all(engines.map((engine) => engine.close())));
  await a.createFunction({ functionName: 'f', code: SOURCE });
  await until(() => b.listFunctions().length === 1);
  for (const engine of engines) await engine.invoke('f', { id: 0 });

  await t.test('do every event they accepted, and go on with calls, when the leading one is killed', async (t) => {
    const done = new Set<string>();
    for (const engine of engines) {
      engine.observe({
        asyncEvent: ({ event, requestId }) => {
          if (event === 'succeeded') done.add(requestId);
        },
      });
    }
    const accepted = new Set<string>();
    const refused = new Set<string>();
    const accept = async (engine: Engine, count: number): Promise<void> => {
      for (let left = count; left > 0; ) {
        try {
          accepted.add((await engine.invokeAsync('f', { id: left })).requestId);
          left--;
        } catch (error) {
          refused.add((error as { readonly code: string }).code);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    let isOver = false;
    const ends = new Map<unknown, number>();
    const call = async (engine: Engine): Promise<void> => {
      while (!isOver) {
        const end = await engine.invoke('f', { id: 'answer' }).catch((error) => error.code);
        ends.set(end, (ends.get(end) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const calls = engines.map(call);
    await Promise.all(engines.map((engine) => accept(engine, EACH)));
    const leader = await leaderOf(servers);
    const going = engines.map((engine) => accept(engine, EACH));
    await leader.kill();
    await Promise.all(going);
    await until(() => [...accepted].every((id) => done.has(id)));
    await a.whenIdle();
    isOver = true;
    await Promise.all(calls);
    t.equal(accepted.size, engines.length * EACH * 2);
    t.ok(
      [...refused].every((code) => code === 'ClusterUnavailable'),
      [...refused].join(),
    );
    t.ok(
      [...ends.keys()].every((end) => end === 'answer' || end === 'NodeLost'),
      [...ends.keys()].join(),
    );
    await a.updateFunction('f', { description: 'with two servers' });
    await until(() => b.getFunction('f').description === 'with two servers');
    await b.updateFunction('f', { description: 'with two servers, from b' });
    await until(() => a.getFunction('f').description === 'with two servers, from b');
    await until(() => engines.every((engine) => engine.cluster?.nodes().length === 2));
  });
});
