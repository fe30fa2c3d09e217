/**
 * What the journal holds, and everything that is asked of it: its tables, the changes that share a transaction, and the
 * questions. A change's parameters come flat, row after row, so that many rows are one statement. Nothing here knows why.
 */

/** Of the tables below; kept in the file. */
export const VERSION = 1;

/**
 * `events`: accepted and not ended. `due` is 0 for one that was not attempted yet and has no delay, else milliseconds
 * since the epoch; so one index gives both kinds in the order they are to be handed out in.
 * `tasks`: named events, kept after their end. `deliveries`: outcomes a destination has not taken yet.
 */
export const TABLES = `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY, function_name TEXT NOT NULL, qualifier TEXT NOT NULL, UNIQUE (function_name, qualifier)
  ) STRICT;
  CREATE TABLE events (
    no INTEGER PRIMARY KEY, queue INTEGER NOT NULL, due REAL NOT NULL, accepted REAL NOT NULL, flags INTEGER NOT NULL,
    function_errors INTEGER NOT NULL, system_errors INTEGER NOT NULL, task TEXT, text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_waiting ON events (queue, due, no);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};`;

export type Param = string | number | null;

/** A change; `row` is repeated for every row there is, up to `ROWS_AT_ONCE`. Without one, the statement is run for each row. */
export interface Change {
  readonly head: string;
  readonly row?: string;
  readonly tail?: string;
  /** Parameters of one row. */
  readonly params: number;
  /** One that cannot be kept is given back to who asked for it; any other is tried again until it is kept. */
  readonly refusable?: true;
}

export const ROWS_AT_ONCE = 16;

const event = {
  head: 'INSERT INTO events (no, queue, due, accepted, flags, function_errors, system_errors, task, text) VALUES ',
  row: '(?, ?, ?, ?, ?, ?, ?, ?, ?)',
  params: 9,
} as const;

/** In the order in which a transaction makes them. */
export const CHANGES = {
  addQueue: { head: 'INSERT OR IGNORE INTO queues (id, function_name, qualifier) VALUES (?, ?, ?)', params: 3 },
  publish: { ...event, refusable: true },
  retry: { head: 'UPDATE events SET due = ?, function_errors = ?, system_errors = ? WHERE no = ?', params: 4 },
  end: { head: 'DELETE FROM events WHERE no IN (', row: '?', tail: ')', params: 1 },
  dropQueue: { head: 'DELETE FROM queues WHERE id = ?', params: 1 },
  setFact: { head: 'INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)', params: 2 },
} as const satisfies Readonly<Record<string, Change>>;

export type ChangeName = keyof typeof CHANGES;

const columns = 'no, due, accepted, flags, function_errors, system_errors, task, text';

export const QUESTIONS = {
  queues: `SELECT id, function_name, qualifier, COUNT(no), COALESCE(SUM(due > 0), 0)
    FROM queues LEFT JOIN events ON queue = id GROUP BY id`,
  facts: 'SELECT name, value FROM facts',
  /** Not attempted yet: queue, after which number, how many. */
  fresh: `SELECT ${columns} FROM events WHERE queue = ? AND due = 0 AND no > ? ORDER BY no LIMIT ?`,
  /** With a time: queue, after which time and number, how many. */
  timed: `SELECT ${columns} FROM events WHERE queue = ? AND (due, no) > (?, ?) AND due > 0 ORDER BY due, no LIMIT ?`,
} as const;

export type QuestionName = keyof typeof QUESTIONS;
