/**
 * The file sources of the engine's own keep their events in. Changes of one turn share a transaction and one sync to disk,
 * and each is answered after that. In memory where the engine keeps nothing.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { IsopodError } from '../../errors.ts';
import type { Services } from '../services.ts';

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE entries (
    stream TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (stream, seq)
  ) WITHOUT ROWID;
  CREATE TABLE streams (name TEXT PRIMARY KEY, last INTEGER NOT NULL, first INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE consumers (
    stream TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream, name)
  ) WITHOUT ROWID;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, visible INTEGER NOT NULL, sent INTEGER NOT NULL,
    receives INTEGER NOT NULL, data TEXT NOT NULL
  );
  CREATE INDEX messages_by_queue ON messages (queue, visible, id);
  CREATE TABLE objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, modified REAL NOT NULL, etag TEXT NOT NULL,
    meta TEXT NOT NULL, PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

interface Pending {
  readonly run: () => void;
  readonly kept: () => void;
  readonly failed: (error: IsopodError) => void;
}

export class EventFile {
  readonly path: string | undefined;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #pending: Pending[] = [];

  /** `path`: undefined keeps everything in memory. */
  constructor(path: string | undefined) {
    this.path = path;
    this.#database = open(path);
  }

  static of(services: Services): EventFile {
    const { home } = services;
    return services.part('event-file', () => new EventFile(home.isLasting ? home.file('events.sqlite') : undefined));
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as unknown as Row[];
  }

  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values) as unknown as Row | undefined;
  }

  /** Only inside `change`. */
  run(sql: string, ...values: SQLInputValue[]): number | bigint {
    return this.#prepared(sql).run(...values).lastInsertRowid;
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Runs `make` in the transaction of this turn; resolves when that is on disk. Rejects with `StoreFailed`. */
  change<T>(make: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#database.isOpen) return reject(new IsopodError('EngineClosed', 'The engine is closed'));
      if (this.#pending.length === 0) setImmediate(() => this.#commit());
      let result: T;
      this.#pending.push({
        run: () => {
          result = make();
        },
        kept: () => resolve(result),
        failed: reject,
      });
    });
  }

  #commit(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length === 0) return;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { run } of pending) run();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const why = `Events could not be written to ${this.path ?? 'memory'}: ${(error as Error).message}`;
      for (const { failed } of pending) failed(new IsopodError('StoreFailed', why, { cause: error }));
      return;
    }
    for (const { kept } of pending) kept();
  }

  close(): void {
    this.#commit();
    if (this.#database.isOpen) this.#database.close();
  }
}

function open(path: string | undefined): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path ?? ':memory:');
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version === 0) database.exec(`BEGIN; ${SCHEMA} COMMIT`);
    if (version <= SCHEMA_VERSION) return database;
  } catch (error) {
    database?.close();
    throw new IsopodError(
      'DataDirDamaged',
      `${path} cannot be read (${(error as Error).message}); put back a copy of it, or move it away to begin anew`,
      { cause: error },
    );
  }
  database.close();
  throw new IsopodError('DataDirUnusable', `${path} was written by a newer version of Isopod; use that one`);
}
