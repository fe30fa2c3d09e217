/**
 * Changes of a table in a SQLite file, whoever makes them. Triggers inside the database write every change into a table
 * of ours in the transaction that makes it; how far each of our triggers has come is kept there too. One class, because
 * the two tables are one protocol.
 */
import { DatabaseSync } from 'node:sqlite';
import { IsopodError } from '../../errors.ts';
import { pause } from '../backoff.ts';
import { changedColumns, Double, putColumns, type StreamRecord, type Value } from './record.ts';
import { BATCH, type ChangeSource } from './source.ts';

/** Milliseconds between two looks at the file's change counter. */
const POLL_MS = 50;
const BUSY_MS = 5_000;

interface ChangeRow {
  readonly seq: number;
  readonly op: 'I' | 'U' | 'D';
  /** Milliseconds. */
  readonly at: number;
  readonly before: string | null;
  readonly after: string | null;
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export class SqliteSource implements ChangeSource {
  readonly #path: string;
  readonly #table: string;
  readonly #consumer: string;
  #database: DatabaseSync | undefined;

  constructor(path: string, table: string, consumer: string) {
    this.#path = path;
    this.#table = table;
    this.#consumer = consumer;
  }

  async run(
    deliver: (records: readonly StreamRecord[]) => Promise<void>,
    signal: AbortSignal,
    connected: () => void,
  ): Promise<void> {
    const database = this.#open();
    this.#database = database;
    try {
      const columns = this.#install(database);
      connected();
      let position = this.#position(database);
      const read = database.prepare(
        'SELECT seq, op, at, before, after FROM isopod_changes WHERE tbl = ? AND seq > ? ORDER BY seq LIMIT ?',
      );
      const version = database.prepare('PRAGMA data_version');
      let seen: unknown;
      while (!signal.aborted) {
        const rows = read.all(this.#table, position, BATCH) as unknown as ChangeRow[];
        const last = rows.at(-1);
        if (last !== undefined) {
          await deliver(rows.flatMap((row) => recordsOf(row, columns)));
          position = last.seq;
          this.#advance(database, position);
          continue;
        }
        seen = (version.get() as { data_version: number }).data_version;
        while (seen === (version.get() as { data_version: number }).data_version) {
          if (!(await pause(POLL_MS, signal))) return;
        }
      }
    } finally {
      this.#database = undefined;
      database.close();
    }
  }

  #open(): DatabaseSync {
    try {
      const database = new DatabaseSync(this.#path, { timeout: BUSY_MS });
      database.exec('PRAGMA journal_mode = WAL');
      return database;
    } catch (error) {
      throw new IsopodError('SourceFailed', `${this.#path} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #install(database: DatabaseSync): readonly ColumnInfo[] {
    const columns = database.prepare(`SELECT name, type, pk FROM pragma_table_info(${literal(this.#table)})`).all();
    const infos = columns as unknown as ColumnInfo[];
    if (infos.length === 0)
      throw new IsopodError('SourceFailed', `${this.#path} has no table ${this.#table}; create it first`);
    const row = (alias: string): string =>
      `json_object(${infos.map(({ name }) => `${literal(name)}, ${asJson(`${alias}.${quoted(name)}`)}`).join(', ')})`;
    const on = (op: string, event: string, before: string, after: string): string => `
      DROP TRIGGER IF EXISTS ${quoted(`isopod_${op}_${this.#table}`)};
      CREATE TRIGGER ${quoted(`isopod_${op}_${this.#table}`)} AFTER ${event} ON ${quoted(this.#table)} BEGIN
        INSERT INTO isopod_changes (tbl, op, at, before, after)
        VALUES (${literal(this.#table)}, '${op}', CAST(unixepoch('subsec') * 1000 AS INTEGER), ${before}, ${after});
      END;`;
    transaction(database, () => {
      database.exec(`
        CREATE TABLE IF NOT EXISTS isopod_changes (
          seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, op TEXT NOT NULL, at INTEGER NOT NULL, before TEXT, after TEXT
        );
        CREATE TABLE IF NOT EXISTS isopod_consumers (
          name TEXT PRIMARY KEY, tbl TEXT NOT NULL, seq INTEGER NOT NULL
        ) WITHOUT ROWID;
        ${on('I', 'INSERT', 'NULL', row('NEW'))}
        ${on('U', 'UPDATE', row('OLD'), row('NEW'))}
        ${on('D', 'DELETE', row('OLD'), 'NULL')}`);
      database
        .prepare(
          `INSERT OR IGNORE INTO isopod_consumers (name, tbl, seq)
           VALUES (?, ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'isopod_changes'), 0))`,
        )
        .run(this.#consumer, this.#table);
    });
    return infos;
  }

  #position(database: DatabaseSync): number {
    const row = database.prepare('SELECT seq FROM isopod_consumers WHERE name = ?').get(this.#consumer);
    return (row as { seq: number }).seq;
  }

  /** And removes what every trigger of the table is done with. */
  #advance(database: DatabaseSync, seq: number): void {
    transaction(database, () => {
      database.prepare('UPDATE isopod_consumers SET seq = ? WHERE name = ?').run(seq, this.#consumer);
      database
        .prepare(
          'DELETE FROM isopod_changes WHERE tbl = ?1 AND seq <= (SELECT min(seq) FROM isopod_consumers WHERE tbl = ?1)',
        )
        .run(this.#table);
    });
  }

  async lag(): Promise<number> {
    const row = this.#database
      ?.prepare(
        `SELECT count(*) AS count FROM isopod_changes
         WHERE tbl = ? AND seq > (SELECT seq FROM isopod_consumers WHERE name = ?)`,
      )
      .get(this.#table, this.#consumer);
    return (row as { count: number } | undefined)?.count ?? 0;
  }

  /** The last trigger of a table takes everything of ours with it. */
  async forget(): Promise<void> {
    const database = this.#open();
    try {
      const known = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'isopod_consumers'").get();
      if (known === undefined) return;
      transaction(database, () => {
        database.prepare('DELETE FROM isopod_consumers WHERE name = ?').run(this.#consumer);
        const left = database.prepare('SELECT count(*) AS count FROM isopod_consumers WHERE tbl = ?').get(this.#table);
        if ((left as { count: number }).count > 0) return;
        for (const op of 'IUD') database.exec(`DROP TRIGGER IF EXISTS ${quoted(`isopod_${op}_${this.#table}`)}`);
        database.prepare('DELETE FROM isopod_changes WHERE tbl = ?').run(this.#table);
      });
    } finally {
      database.close();
    }
  }
}

function transaction(database: DatabaseSync, make: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    make();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** The value's type and the value as text: JSON has neither 64-bit integers nor bytes. */
const asJson = (value: string): string =>
  `json_array(typeof(${value}), CASE typeof(${value}) WHEN 'blob' THEN hex(${value}) WHEN 'integer' THEN CAST(${value} AS TEXT)
   WHEN 'real' THEN printf('%!.17g', ${value}) ELSE ${value} END)`;

const BOOLEAN = /^bool(ean)?$/i;

function rowOf(text: string, columns: readonly ColumnInfo[]): Map<string, Value | null> {
  const parsed = JSON.parse(text) as Record<string, [type: string, value: string | null]>;
  return new Map(
    columns.flatMap(({ name, type }) => {
      const given = parsed[name];
      return given === undefined ? [] : [[name, toValue(given[0], given[1], type)] as const];
    }),
  );
}

function toValue(type: string, value: string | null, declared: string): Value | null {
  if (value === null) return null;
  if (type === 'blob') return new Uint8Array(Buffer.from(value, 'hex'));
  if (type === 'real') return new Double(Number(value));
  if (type !== 'integer') return value;
  if (BOOLEAN.test(declared)) return value !== '0';
  return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value);
}

function recordsOf({ op, at, before, after }: ChangeRow, columns: readonly ColumnInfo[]): StreamRecord[] {
  const keyed = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const keyNames = keyed.map(({ name }) => name);
  const keys = new Set(keyNames);
  const old = before === null ? undefined : rowOf(before, columns);
  const now = after === null ? undefined : rowOf(after, columns);
  const Info = { Timestamp: at * 1_000 };
  const keyOf = (row: Map<string, Value | null>) =>
    keyNames.map((ColumnName) => ({ ColumnName, Value: row.get(ColumnName) ?? '' }));
  const put = (row: Map<string, Value | null>): StreamRecord => ({
    Type: 'PutRow',
    Info,
    PrimaryKey: keyOf(row),
    Columns: putColumns(row, keys, at),
  });
  const gone = (row: Map<string, Value | null>): StreamRecord => ({
    Type: 'DeleteRow',
    Info,
    PrimaryKey: keyOf(row),
    Columns: [],
  });
  if (op === 'I') return now === undefined ? [] : [put(now)];
  if (op === 'D') return old === undefined ? [] : [gone(old)];
  if (old === undefined || now === undefined) return [];
  // A row whose key changes is another row.
  if (JSON.stringify(keyOf(old), textOf) !== JSON.stringify(keyOf(now), textOf)) return [gone(old), put(now)];
  return [{ Type: 'UpdateRow', Info, PrimaryKey: keyOf(now), Columns: changedColumns(old, now, keys, at) }];
}

const textOf = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
