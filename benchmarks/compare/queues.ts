/**
 * Queue libraries beside ours: fastq and p-queue in memory; on disk plainjob over better-sqlite3, BullMQ over Redis and pg-boss
 * over PostgreSQL, which sync before they answer, and whose calls for many jobs sync once for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgres, redis } from '../../test/trigger/servers.ts';
import { load } from './peer.ts';

/** Does nothing, asynchronously. */
const work = async (): Promise<void> => undefined;

export interface MemoryQueue {
  /** Adds jobs. */
  add(count: number): void;
  /** Resolves when all are done. */
  done(): Promise<void>;
}

/** Jobs that are under way at once. */
const CONCURRENCY = 64;

export const MEMORY: Readonly<Record<string, (job: object) => Promise<MemoryQueue>>> = {
  async fastq(job) {
    type Fastq = { push(job: object): Promise<void>; drained(): Promise<void> };
    const { promise } = await load<{ promise: (worker: () => Promise<void>, concurrency: number) => Fastq }>('fastq');
    const queue = promise(work, CONCURRENCY);
    return {
      add: (count) => {
        for (let left = count; left > 0; left--) void queue.push(job);
      },
      done: () => queue.drained(),
    };
  },
  async 'p-queue'() {
    type PQueue = { add(run: () => Promise<void>): Promise<void>; onIdle(): Promise<void> };
    const { default: Queue } = await load<{ default: new (options: object) => PQueue }>('p-queue');
    const queue = new Queue({ concurrency: CONCURRENCY });
    return {
      add: (count) => {
        for (let left = count; left > 0; left--) void queue.add(work);
      },
      done: () => queue.onIdle(),
    };
  },
};

export interface DurableQueue extends AsyncDisposable {
  /** Resolves when the job is on disk. */
  add(): unknown;
  /** Adds many jobs in one call. */
  addMany(count: number): unknown;
}

export const DURABLE: Readonly<Record<string, (job: object) => Promise<DurableQueue>>> = {
  async 'plainjob, better-sqlite3'(job) {
    type Database = { pragma(text: string): unknown; close(): void };
    type Plainjob = {
      better(database: Database): unknown;
      defineQueue(options: object): {
        add(type: string, job: object): unknown;
        addMany(type: string, jobs: object[]): unknown;
        close(): void;
      };
    };
    const { default: Sqlite } = await load<{ default: new (path: string) => Database }>('better-sqlite3');
    const { better, defineQueue } = await load<Plainjob>('plainjob');
    const folder = mkdtempSync(join(tmpdir(), 'isopod-bench-'));
    const database = new Sqlite(join(folder, 'jobs.sqlite'));
    const queue = defineQueue({ connection: better(database) });
    // By default a job it took may be lost with the power.
    database.pragma('synchronous = FULL');
    return {
      add: () => queue.add('f', job),
      addMany: (count) =>
        queue.addMany(
          'f',
          Array.from({ length: count }, () => job),
        ),
      [Symbol.asyncDispose]: async () => {
        queue.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  async 'BullMQ, Redis'(job) {
    type Bull = {
      add(name: string, job: object): Promise<unknown>;
      addBulk(jobs: object[]): Promise<unknown>;
      close(): Promise<void>;
    };
    const { Queue } = await load<{ Queue: new (name: string, options: object) => Bull }>('bullmq');
    // It syncs before it answers (`appendfsync always`).
    const service = await redis();
    const queue = new Queue('f', { connection: { host: '127.0.0.1', port: service.port } });
    return {
      add: () => queue.add('f', job),
      addMany: (count) => queue.addBulk(Array.from({ length: count }, () => ({ name: 'f', data: job }))),
      [Symbol.asyncDispose]: async () => {
        await queue.close();
        await service.stop();
      },
    };
  },
  async 'pg-boss, PostgreSQL'(job) {
    type Boss = {
      on(event: string, listener: () => void): void;
      start(): Promise<unknown>;
      createQueue(name: string): Promise<unknown>;
      send(name: string, job: object): Promise<unknown>;
      insert(name: string, jobs: object[]): Promise<unknown>;
      stop(options: object): Promise<unknown>;
    };
    const { PgBoss } = await load<{ PgBoss: new (url: string) => Boss }>('pg-boss');
    const service = await postgres();
    const boss = new PgBoss(`postgres://postgres@127.0.0.1:${service.port}/postgres`);
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue('f');
    return {
      add: () => boss.send('f', job),
      addMany: (count) =>
        boss.insert(
          'f',
          Array.from({ length: count }, () => ({ data: job })),
        ),
      [Symbol.asyncDispose]: async () => {
        await boss.stop({ graceful: false });
        await service.stop();
      },
    };
  },
};
