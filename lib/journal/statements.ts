/**
 * What the journal holds, and everything that is asked of it: its tables, the changes that share a transaction, and the
 * questions. A change's parameters come flat, row after row, so that many rows are one statement. Nothing here knows why.
 */

/** Of the tables below; kept in the file. */
export const VERSION = 1;

/**
 * `events`: accepted and not ended. `due` is 0 for one that was not attempted yet and has no delay, else milliseconds
 * since the epoch; so one index gives both kinds in the order they are to be handed out in.
 * `tasks`: events with a name, kept for a while after their end (`ended`, 0 before); `facts` are JSON.
 * `deliveries`: outcomes that their destination has not taken yet. `dead_letters`: what was given up.
 */
export const TABLES = `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY, function_name TEXT NOT NULL, qualifier TEXT NOT NULL, dropped INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE events (
    no INTEGER PRIMARY KEY, queue INTEGER NOT NULL, due REAL NOT NULL, accepted REAL NOT NULL, flags INTEGER NOT NULL,
    function_errors INTEGER NOT NULL, system_errors INTEGER NOT NULL, text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_waiting ON events (queue, due, no);
  CREATE TABLE tasks (
    no INTEGER PRIMARY KEY, function_name TEXT NOT NULL, qualifier TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
    started REAL NOT NULL, ended REAL NOT NULL, attempts INTEGER NOT NULL, facts TEXT NOT NULL, flags INTEGER NOT NULL,
    payload TEXT NOT NULL, result TEXT, UNIQUE (function_name, id)
  ) STRICT;
  CREATE INDEX tasks_started ON tasks (function_name, started, no);
  CREATE INDEX tasks_ended ON tasks (ended) WHERE ended > 0;
  CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, destination TEXT NOT NULL, due REAL NOT NULL, function_name TEXT NOT NULL, created REAL NOT NULL,
    attempts INTEGER NOT NULL, error TEXT NOT NULL, facts TEXT NOT NULL, record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_due ON deliveries (destination, due, id);
  CREATE INDEX deliveries_function ON deliveries (function_name, id);
  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY, function_name TEXT NOT NULL, qualifier TEXT NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL,
    facts TEXT NOT NULL, flags INTEGER NOT NULL, payload TEXT NOT NULL, destination TEXT, record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_function ON dead_letters (function_name, id);
  CREATE INDEX dead_letters_at ON dead_letters (at);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};`;

export type Param = string | number | null;

/** Bits of `flags`: the text has one character per byte; the event has a task. */
export const FLAG_BINARY = 1;
export const FLAG_TASK = 2;

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

const insert = (table: string, columns: string) => {
  const params = columns.split(',').length;
  const row = `(${Array.from({ length: params }, () => '?').join(', ')})`;
  return { head: `INSERT OR REPLACE INTO ${table} (${columns}) VALUES `, row, params };
};
const remove = (table: string, key: string) => ({
  head: `DELETE FROM ${table} WHERE ${key} IN (`,
  row: '?',
  tail: ')',
  params: 1,
});

const taskColumns = 'no, function_name, qualifier, id, status, started, ended, attempts, facts, flags, payload';

/** In the order in which a transaction makes them. */
export const CHANGES = {
  addQueue: insert('queues', 'id, function_name, qualifier'),
  publish: {
    ...insert('events', 'no, queue, due, accepted, flags, function_errors, system_errors, text'),
    refusable: true,
  },
  addTask: { ...insert('tasks', taskColumns), refusable: true },
  addDelivery: insert('deliveries', 'id, destination, due, function_name, created, attempts, error, facts, record'),
  addDeadLetter: insert(
    'dead_letters',
    'id, function_name, qualifier, at, reason, facts, flags, payload, destination, record',
  ),
  retry: { head: 'UPDATE events SET due = ?, function_errors = ?, system_errors = ? WHERE no = ?', params: 4 },
  setTask: { head: 'UPDATE tasks SET status = ?, ended = ?, attempts = ?, facts = ? WHERE no = ?', params: 5 },
  setTaskResult: { head: 'UPDATE tasks SET result = ? WHERE no = ?', params: 2 },
  retryDelivery: { head: 'UPDATE deliveries SET due = ?, attempts = ?, error = ? WHERE id = ?', params: 4 },
  end: remove('events', 'no'),
  endDelivery: remove('deliveries', 'id'),
  endDeadLetter: remove('dead_letters', 'id'),
  endTask: remove('tasks', 'no'),
  markQueue: { head: 'UPDATE queues SET dropped = 1 WHERE id = ?', params: 1 },
  endQueue: remove('queues', 'id'),
  setFact: insert('facts', 'name, value'),
} as const satisfies Readonly<Record<string, Change>>;

export type ChangeName = keyof typeof CHANGES;

const waiting = `SELECT e.no, e.due, e.accepted, e.flags, e.function_errors, e.system_errors, e.text,
    t.id, t.status, t.attempts, t.facts
  FROM events e LEFT JOIN tasks t ON e.flags & ${FLAG_TASK} AND t.no = e.no`;
const task = 'SELECT no, qualifier, id, status, started, ended, attempts, facts, flags, payload, result FROM tasks';
const deadLetter =
  'SELECT id, function_name, qualifier, at, reason, facts, flags, payload, destination, record FROM dead_letters';
const delivery = 'SELECT id, destination, due, function_name, created, attempts, error, facts, record FROM deliveries';

/** Tasks of a function: filters that are null let everything pass. */
const tasks = (order: 'ASC' | 'DESC') => `${task}
  WHERE function_name = ?1 AND (?2 IS NULL OR qualifier = ?2) AND (?3 IS NULL OR status = ?3)
    AND (?4 IS NULL OR substr(id, 1, length(?4)) = ?4) AND started >= ?5 AND started <= ?6
    AND (?7 IS NULL OR (started, no) ${order === 'ASC' ? '>' : '<'} (?7, ?8))
  ORDER BY started ${order}, no ${order} LIMIT ?9`;

export const QUESTIONS = {
  queues: `SELECT id, function_name, qualifier, dropped, COUNT(no), COALESCE(SUM(due > 0), 0)
    FROM queues LEFT JOIN events ON queue = id GROUP BY id`,
  facts: 'SELECT name, value FROM facts',
  /** Not attempted yet: queue, after which number, how many. */
  fresh: `${waiting} WHERE queue = ? AND due = 0 AND e.no > ? ORDER BY e.no LIMIT ?`,
  /** With a time: queue, after which time and number, how many. */
  timed: `${waiting} WHERE queue = ? AND due > 0 AND (due, e.no) > (?, ?) ORDER BY due, e.no LIMIT ?`,
  event: `${waiting} WHERE e.no = ?`,
  lastEvent: 'SELECT COALESCE(MAX(no), 0) FROM events',
  task: `${task} WHERE function_name = ? AND id = ?`,
  tasksUp: tasks('ASC'),
  tasksDown: tasks('DESC'),
  /** Ended before a time: how many. */
  oldTasks: 'SELECT no FROM tasks WHERE ended > 0 AND ended < ? ORDER BY ended LIMIT ?',
  /** Ended ones over a number: how many to keep, how many. */
  spareTasks: 'SELECT no FROM tasks WHERE ended > 0 ORDER BY ended DESC LIMIT ?2 OFFSET ?1',
  destinations: 'SELECT destination, COUNT(*) FROM deliveries GROUP BY destination',
  dueDeliveries: `${delivery} WHERE destination = ? AND due <= ? ORDER BY due, id LIMIT ?`,
  nextDelivery: 'SELECT MIN(due) FROM deliveries WHERE destination = ?',
  deliveries: `${delivery} WHERE function_name = ? AND id > ? ORDER BY id LIMIT ?`,
  lastDeadLetter: 'SELECT COALESCE(MAX(id), 0) FROM dead_letters',
  deadLetters: `${deadLetter} WHERE function_name = ? AND id > ? ORDER BY id LIMIT ?`,
  deadLetter: `${deadLetter} WHERE function_name = ? AND id = ?`,
  oldDeadLetters: 'SELECT id FROM dead_letters WHERE at < ? ORDER BY at LIMIT ?',
} as const;

export type QuestionName = keyof typeof QUESTIONS;
