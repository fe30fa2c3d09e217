/**
 * Servers for tests: private ones, from the installed binaries, on a free loopback port with a folder of their own. They
 * can be killed and started again with what they have kept.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';

export interface Service {
  readonly port: number;
  readonly url: string;
  /** As a machine does that loses its power. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** False when it is installed: otherwise why the test is skipped. Fails where nothing may be skipped. */
export function missing(binary: string, aptPackage: string): string | false {
  if (find(binary) !== undefined) return false;
  const why = `${binary} is not installed: apt-get install ${aptPackage} (or scripts/install-services)`;
  if (process.env.ISOPOD_CI === '1') throw new Error(why);
  return why;
}

function find(binary: string): string | undefined {
  const postgres = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
    : [];
  const folders = [
    '/usr/lib/rabbitmq/bin',
    ...postgres,
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    '/usr/bin',
  ];
  return folders.map((folder) => join(folder, binary)).find((path) => existsSync(path));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

interface Recipe {
  readonly binary: string;
  readonly scheme: string;
  args(folder: string, port: number): readonly string[];
  /** Once, before the first start. */
  prepare?(folder: string, port: number): Promise<void> | void;
  environment?(folder: string, port: number): Record<string, string>;
  /** User to run as where we are root. */
  readonly user?: string;
  /** Resolves when it serves; a port that accepts is enough by default. */
  ready?(folder: string, port: number): Promise<boolean>;
}

/** Milliseconds a server may take to come up on a machine that has other things to do. */
const PATIENCE_MS = 60_000;

async function service(recipe: Recipe): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'isopod-service-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const ids: Partial<ReturnType<typeof idsOf>> =
    recipe.user !== undefined && process.getuid?.() === 0 ? idsOf(recipe.user) : {};
  if (ids.uid !== undefined) chownSync(folder, ids.uid, ids.gid as number);
  await recipe.prepare?.(folder, port);
  let child: ChildProcess | undefined;
  const accepts = recipe.ready ?? ((_folder, at) => canConnect(at));
  const start = async (): Promise<void> => {
    let output = '';
    const started = spawn(find(recipe.binary) as string, recipe.args(folder, port), {
      cwd: folder,
      env: { ...process.env, HOME: folder, ...recipe.environment?.(folder, port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...ids,
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (text: Buffer) => (output = (output + text).slice(-4_000)));
    const began = Date.now();
    while (!(await accepts(folder, port))) {
      if (started.exitCode !== null || Date.now() - began > PATIENCE_MS)
        throw new Error(`${recipe.binary} did not start:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // The whole group: some servers are started by a script.
    process.kill(-(child.pid as number), signal);
    await exited;
    while (await canConnect(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  // A test that ends in the middle takes its servers with it.
  const onExit = (): void => {
    if (child?.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGKILL');
  };
  process.once('exit', onExit);
  await start();
  return {
    port,
    url: `${recipe.scheme}://127.0.0.1:${port}`,
    kill: () => end('SIGKILL'),
    start,
    stop: async () => {
      process.off('exit', onExit);
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Asks the server's JetStream something; false when it cannot be asked or refuses. */
async function jetStreamAnswers(port: number, ask: (manager: JetStreamManager) => Promise<unknown>): Promise<boolean> {
  if (!(await canConnect(port))) return false;
  const { connect: open } = await import('@nats-io/transport-node');
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await open({ servers: `127.0.0.1:${port}`, reconnect: false });
  try {
    await ask(await jetstreamManager(connection, { checkAPI: false }));
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

const natsRecipe = (more: readonly string[]): Recipe => ({
  binary: 'nats-server',
  scheme: 'nats',
  args: (folder, port) => ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder, ...more],
  // JetStream answers a moment after the port does.
  ready: (_folder, port) => jetStreamAnswers(port, (manager) => manager.getAccountInfo()),
});

export const nats = (): Promise<Service> => service(natsRecipe([]));

export interface NatsServer extends Service {
  /** As the cluster tells who leads. */
  readonly name: string;
}

/** Three servers of one cluster, each of which can be killed and started again. */
export async function natsCluster(): Promise<NatsServer[]> {
  const routes = await Promise.all([freePort(), freePort(), freePort()]);
  const route = (port: number): string => `nats://127.0.0.1:${port}`;
  const servers = await Promise.all(
    routes.map(async (own) => {
      const name = `server-${own}`;
      const cluster = ['--name', name, '--cluster_name', 'isopod', '--cluster', route(own)];
      return { name, ...(await service(natsRecipe([...cluster, '--routes', routes.map(route).join(',')]))) };
    }),
  );
  const { port } = servers[0] as NatsServer;
  // The leader may not know of all of them yet.
  const copied = { name: 'copied', subjects: ['copied'], num_replicas: 3 };
  while (!(await jetStreamAnswers(port, ({ streams }) => streams.add(copied))))
    await new Promise((resolve) => setTimeout(resolve, 50));
  await jetStreamAnswers(port, ({ streams }) => streams.delete(copied.name));
  return servers;
}

export const redis = (): Promise<Service> =>
  service({
    binary: 'redis-server',
    scheme: 'redis',
    args: (folder, port) => [
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder],
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
    ],
    ready: async (_folder, port) => {
      if (!(await canConnect(port))) return false;
      const { createClient } = await import('redis');
      const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.ping()) === 'PONG';
      } catch {
        return false;
      } finally {
        if (client.isOpen) client.destroy();
      }
    },
  });

/** `savesAll`: at once, so that nothing is lost with the server. */
export const mosquitto = (savesAll = true): Promise<Service> =>
  service({
    binary: 'mosquitto',
    scheme: 'mqtt',
    prepare: (folder, port) =>
      writeFileSync(
        join(folder, 'mosquitto.conf'),
        [
          `listener ${port} 127.0.0.1`,
          'allow_anonymous true',
          'persistence true',
          `persistence_location ${folder}/`,
          ...(savesAll ? ['autosave_interval 1', 'autosave_on_changes true'] : []),
          'user root',
          'max_queued_messages 0',
        ].join('\n'),
      ),
    args: (folder) => ['-c', join(folder, 'mosquitto.conf')],
  });

export async function rabbitmq(): Promise<Service> {
  const epmdPort = await freePort();
  const epmd = spawn(find('epmd') as string, ['-port', `${epmdPort}`, '-address', '127.0.0.1'], { stdio: 'ignore' });
  const onExit = (): void => void epmd.kill('SIGKILL');
  process.once('exit', onExit);
  const nodePort = await freePort();
  const server = await service({
    binary: 'rabbitmq-server',
    scheme: 'amqp',
    prepare: (folder) => mkdirSync(join(folder, 'mnesia')),
    args: () => [],
    environment: (folder, port) => ({
      ERL_EPMD_PORT: `${epmdPort}`,
      RABBITMQ_NODENAME: `isopod${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: `${port}`,
      RABBITMQ_DIST_PORT: `${nodePort}`,
      RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -rabbit log_levels []',
    }),
    ready: async (_folder, port) => {
      if (!(await canConnect(port))) return false;
      const { connect: open } = await import('amqplib');
      try {
        await (await open(`amqp://127.0.0.1:${port}`)).close();
        return true;
      } catch {
        return false;
      }
    },
  });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      process.off('exit', onExit);
      epmd.kill('SIGKILL');
    },
  };
}

export const postgres = (): Promise<Service> =>
  service({
    binary: 'postgres',
    scheme: 'postgres',
    user: 'postgres',
    prepare: (folder) => {
      const ids = process.getuid?.() === 0 ? idsOf('postgres') : {};
      const options = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'];
      execFileSync(find('initdb') as string, options, { cwd: folder, stdio: 'pipe', ...ids });
    },
    args: (folder, port) => [
      ...['-D', join(folder, 'data'), '-p', `${port}`, '-k', folder],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'wal_level=logical', '-c', 'max_wal_senders=4'],
      ...['-c', 'max_replication_slots=8', '-c', 'shared_buffers=16MB', '-c', 'wal_sender_timeout=10s'],
    ],
    ready: async (_folder, port) => {
      const { default: pg } = await import('pg');
      const client = new pg.Client(`postgres://postgres@127.0.0.1:${port}/postgres`);
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  });
