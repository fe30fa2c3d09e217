/**
 * A catalog in a file. Changes of one turn share a transaction and one sync to disk; each is answered after that. Reads
 * see what was answered. The file belongs to whoever holds the folder's lock.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { IsopodError } from '../errors.ts';
import {
  type Catalog,
  type Change,
  checkKey,
  checkRevision,
  DEFAULT_LIMIT,
  type Document,
  type ListOptions,
  MAX_LIMIT,
  type Page,
} from './catalog.ts';
import { Watchers } from './watchers.ts';

/** Of the tables below; kept in the file. */
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE documents (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE revision (last INTEGER NOT NULL) STRICT;
  INSERT INTO revision VALUES (0);
  PRAGMA user_version = ${SCHEMA_VERSION};`;

interface Row {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

interface Told {
  readonly kind: string;
  readonly key: string;
  readonly revision: number;
  readonly text: string | undefined;
}

/** A change that waits for the turn's transaction. */
interface Pending {
  readonly run: () => void;
  readonly kept: () => void;
  readonly failed: (error: IsopodError) => void;
}

export class SqliteCatalog implements Catalog {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #list: StatementSync;
  readonly #setRevision: StatementSync;
  readonly #watchers = new Watchers();
  #pending: Pending[] = [];
  #told: Told[] = [];
  #revision: number;

  /** Throws `DataDirDamaged`, `DataDirUnusable`. */
  constructor(path: string) {
    this.#path = path;
    this.#database = open(path);
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#get = prepare('SELECT key, value, revision FROM documents WHERE kind = ? AND key = ?');
    this.#put = prepare('INSERT OR REPLACE INTO documents (kind, key, value, revision) VALUES (?, ?, ?, ?)');
    this.#delete = prepare('DELETE FROM documents WHERE kind = ? AND key = ?');
    // Keys are ASCII, so DEL comes after everything that begins with the prefix.
    this.#list = prepare(
      "SELECT key, value, revision FROM documents WHERE kind = ? AND key > ? AND key >= ? AND key < ? || '\x7f' ORDER BY key LIMIT ?",
    );
    this.#setRevision = prepare('UPDATE revision SET last = ?');
    this.#revision = (prepare('SELECT last FROM revision').get() as { last: number }).last;
  }

  #row(kind: string, key: string): Row | undefined {
    return this.#get.get(kind, key) as Row | undefined;
  }

  async get<T>(kind: string, key: string): Promise<Document<T> | undefined> {
    const row = this.#row(kind, key);
    return row && documentOf<T>(kind, row);
  }

  put<T>(kind: string, key: string, value: T, expected?: number): Promise<Document<T>> {
    return this.#change(() => {
      checkKey(kind, key);
      const text = JSON.stringify(value);
      checkRevision(kind, key, this.#row(kind, key)?.revision ?? 0, expected);
      const revision = ++this.#revision;
      this.#put.run(kind, key, text, revision);
      this.#told.push({ kind, key, revision, text });
      return { kind, key, value: JSON.parse(text) as T, revision };
    });
  }

  delete(kind: string, key: string, expected?: number): Promise<boolean> {
    return this.#change(() => {
      const row = this.#row(kind, key);
      checkRevision(kind, key, row?.revision ?? 0, expected);
      if (row === undefined) return false;
      this.#delete.run(kind, key);
      this.#told.push({ kind, key, revision: ++this.#revision, text: undefined });
      return true;
    });
  }

  /** Runs `make` in the transaction of this turn and answers when that is on disk. */
  #change<T>(make: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#commit());
      let result: { readonly value: T } | undefined;
      this.#pending.push({
        run: () => {
          try {
            result = { value: make() };
          } catch (error) {
            // What is wrong with one change leaves the others alone; a failing disk does not.
            if (!(error instanceof IsopodError)) throw error;
            reject(error);
          }
        },
        kept: () => result !== undefined && resolve(result.value),
        failed: reject,
      });
    });
  }

  #commit(): void {
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length === 0) return;
    const before = this.#revision;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { run } of pending) run();
      if (this.#revision !== before) this.#setRevision.run(this.#revision);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#revision = before;
      this.#told = [];
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const why = `The change could not be written to ${this.#path}: ${(error as Error).message}`;
      for (const { failed } of pending) failed(new IsopodError('StoreFailed', why, { cause: error }));
      return;
    }
    const told = this.#told;
    this.#told = [];
    for (const { kept } of pending) kept();
    for (const { kind, key, revision, text } of told) this.#watchers.tell(kind, key, revision, text);
  }

  async list<T>(kind: string, options: ListOptions = {}): Promise<Page<T>> {
    const { prefix = '', after = '', limit = DEFAULT_LIMIT } = options;
    const size = Math.min(limit, MAX_LIMIT);
    const rows = this.#list.all(kind, after, prefix, prefix, size + 1) as unknown as Row[];
    const documents = rows.slice(0, size).map((row) => documentOf<T>(kind, row));
    return { documents, next: rows.length > size ? documents.at(-1)?.key : undefined };
  }

  watch<T>(kind: string, prefix: string, listener: (change: Change<T>) => void): () => void {
    return this.#watchers.add(kind, prefix, listener);
  }

  /** Changes not answered yet are written first. */
  async close(): Promise<void> {
    this.#commit();
    if (this.#database.isOpen) this.#database.close();
  }
}

const documentOf = <T>(kind: string, { key, value, revision }: Row): Document<T> => ({
  kind,
  key,
  value: JSON.parse(value) as T,
  revision,
});

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // The folder's lock keeps others away, so no memory needs to be shared with them.
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
