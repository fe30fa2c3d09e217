/** Kills an engine and its sources' servers again and again while messages are sent, then counts: everything that was sent must have been done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { connect as connectRabbit } from 'amqplib';
import pg from 'pg';
import { createClient } from 'redis';
import { nats, postgres, rabbitmq, redis, type Service } from '../servers.ts';

export interface SourceResult {
  readonly sent: number;
  readonly lost: readonly string[];
  readonly duplicates: number;
  /** Whether each came for the first time in its turn. */
  readonly inOrder: boolean;
}

export interface CrashOptions {
  readonly folder: string;
  readonly sources: readonly SourceName[];
  readonly kills: number;
  /** 0 to 1, the same for the same seed. */
  readonly random: () => number;
  /** Messages between two kills, to each source. */
  readonly messages: number;
  readonly tell: (line: string) => void;
}

interface Source {
  readonly start?: () => Promise<Service>;
  readonly prepare: (at: Place) => Promise<void>;
  /** Resolves when the server has said that it keeps them. */
  readonly send: (at: Place, ids: readonly number[]) => Promise<void>;
  /** Calls of a trigger follow one another, so that order can be counted. */
  readonly ordered?: true;
}

interface Place {
  readonly folder: string;
  readonly url: string;
}

async function sql({ url }: Place, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

export type SourceName = 'nats' | 'redis' | 'rabbitmq' | 'postgres' | 'sqlite';

export const SOURCES: Readonly<Record<SourceName, Source>> = {
  nats: {
    start: nats,
    async prepare({ url }) {
      const connection = await connectNats({ servers: url });
      await (await jetstreamManager(connection)).streams.add({ name: 'orders', subjects: ['orders'] });
      await connection.close();
    },
    async send({ url }, ids) {
      const connection = await connectNats({ servers: url });
      for (const id of ids) await jetstream(connection).publish('orders', String(id), { msgID: String(id) });
      await connection.close();
    },
  },
  redis: {
    start: redis,
    prepare: async () => undefined,
    async send({ url }, ids) {
      const client = await createClient({ url }).connect();
      for (const id of ids) await client.xAdd('orders', '*', { body: String(id) });
      await client.close();
    },
  },
  rabbitmq: {
    start: rabbitmq,
    prepare: (at) => SOURCES.rabbitmq.send(at, []),
    async send({ url }, ids) {
      const connection = await connectRabbit(url);
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('orders', { durable: true });
      for (const id of ids) channel.sendToQueue('orders', Buffer.from(String(id)), { persistent: true });
      await channel.waitForConfirms();
      await connection.close();
    },
  },
  postgres: {
    start: postgres,
    ordered: true,
    prepare: (at) => sql(at, 'CREATE TABLE orders (id int PRIMARY KEY)'),
    send: (at, ids) => sql(at, ...ids.map((id) => `INSERT INTO orders VALUES (${id})`)),
  },
  sqlite: {
    ordered: true,
    async prepare({ folder }) {
      const database = new DatabaseSync(join(folder, 'shop.sqlite'));
      database.exec('PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)');
      database.close();
    },
    async send({ folder }, ids) {
      const database = new DatabaseSync(join(folder, 'shop.sqlite'), { timeout: 10_000 });
      for (const id of ids) database.exec(`INSERT INTO orders VALUES (${id})`);
      database.close();
    },
  },
};

/** Milliseconds the last engine may take to do what is left. */
const PATIENCE_MS = 60_000;
const victim = fileURLToPath(new URL('./victim.ts', import.meta.url));

export async function crash(options: CrashOptions): Promise<Record<string, SourceResult>> {
  const { folder, sources, kills, random, messages, tell } = options;
  const services = new Map<string, Service>();
  const urlOf = (name: string): string => {
    const url = services.get(name)?.url ?? '';
    return name === 'postgres' ? `${url.replace('://', '://postgres@')}/postgres` : url;
  };
  const placeOf = (name: string): Place => ({ folder, url: urlOf(name) });
  try {
    for (const name of sources) {
      const source = SOURCES[name];
      if (source.start !== undefined) services.set(name, await source.start());
      await source.prepare(placeOf(name));
    }
    const urls = JSON.stringify(Object.fromEntries([...services.keys()].map((name) => [name, urlOf(name)])));
    let next = 1;
    const sendAll = async (): Promise<void> => {
      const ids = Array.from({ length: messages }, () => next++);
      await Promise.all(sources.map((name) => SOURCES[name].send(placeOf(name), ids)));
    };
    // The first engine makes the triggers: what is sent before that is nobody's.
    const first = await ready(folder, urls);
    first.kill('SIGKILL');
    await once(first, 'close');
    for (let kill = 1; kill <= kills; kill++) {
      const child = random() < 0.8 ? await ready(folder, urls) : launch(folder, urls);
      const closed = once(child, 'close');
      await sendAll();
      await new Promise((resolve) => setTimeout(resolve, random() * 500));
      const [name, service] = [...services][Math.floor(random() * services.size * 2)] ?? [];
      if (service !== undefined) {
        await service.kill();
        await service.start();
      }
      await sendAll();
      child.kill('SIGKILL');
      await closed;
      tell(`kill ${kill}${name === undefined ? '' : ` and ${name}`}: ${next - 1} sent to each`);
    }
    const last = await ready(folder, urls);
    const until = performance.now() + PATIENCE_MS;
    let result = count(folder, sources, next - 1);
    while (Object.values(result).some(({ lost }) => lost.length > 0) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      result = count(folder, sources, next - 1);
    }
    last.kill('SIGKILL');
    await once(last, 'close');
    return result;
  } finally {
    await Promise.all([...services.values()].map((service) => service.stop()));
  }
}

const launch = (folder: string, urls: string): ChildProcess =>
  spawn(process.execPath, ['--no-warnings', victim, folder, urls], { stdio: ['ignore', 'pipe', 'inherit'] });

async function ready(folder: string, urls: string): Promise<ChildProcess> {
  const child = launch(folder, urls);
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'close')]);
  if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}`);
  return child;
}

function count(folder: string, sources: CrashOptions['sources'], sent: number): Record<string, SourceResult> {
  return Object.fromEntries(
    sources.map((name) => {
      const path = join(folder, `${name}.done`);
      const done = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
      const distinct = [...new Set(done)];
      const known = new Set(distinct);
      const lost = Array.from({ length: sent }, (_, at) => String(at + 1)).filter((id) => !known.has(id));
      const { ordered } = SOURCES[name];
      const inOrder = ordered !== true || distinct.every((id, at) => at === 0 || Number(id) > Number(distinct[at - 1]));
      return [name, { sent, lost, duplicates: done.length - distinct.length, inOrder }];
    }),
  );
}
