/** The journal's file and what is done to it, one group of changes a transaction. Runs on a thread of its own, or in place. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  CHANGES,
  type Change,
  type ChangeName,
  type Param,
  QUESTIONS,
  type QuestionName,
  ROWS_AT_ONCE,
  TABLES,
  VERSION,
} from './statements.ts';

export type Row = readonly Param[];

/** Changes by name, parameters flat. */
export type Changes = { [Name in ChangeName]?: Param[] };

export interface Question {
  readonly name: QuestionName;
  readonly params: readonly Param[];
  /** The answer ends after the row that makes its texts longer than this. */
  readonly maxChars: number;
}

/** What one turn of the caller asks for: changes that are kept together or not at all, then questions. */
export interface Group {
  readonly changes: Changes;
  readonly questions: readonly Question[];
}

/** Why something could not be done; an error as data, because classes do not cross threads. */
export interface Failure {
  readonly message: string;
  /** SQLite's number, where it has one. */
  readonly errcode: number | undefined;
}

export interface Reply {
  /** The changes were not made. */
  readonly failure: Failure | undefined;
  readonly answers: readonly (Row[] | Failure)[];
}

export const isFailure = (answer: Row[] | Failure): answer is Failure => !Array.isArray(answer);

export function failureOf(error: unknown): Failure {
  const { message, errcode } = error as { readonly message?: unknown; readonly errcode?: unknown };
  return { message: String(message ?? error), errcode: typeof errcode === 'number' ? errcode : undefined };
}

/** Pages the log may grow to before they are moved to where they belong. */
const CHECKPOINT_PAGES = 2_000;

/** A change as prepared: for one row, and for `ROWS_AT_ONCE` where it can take many. */
interface Prepared {
  readonly params: number;
  readonly one: StatementSync;
  readonly many: StatementSync | undefined;
}

export class JournalDatabase {
  readonly #database: DatabaseSync;
  readonly #changes = new Map<ChangeName, Prepared>();
  readonly #questions = new Map<QuestionName, StatementSync>();
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  /** `path`: a file, made when there is none; `:memory:` for one that ends with this object. Throws SQLite's errors. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      // The folder's lock keeps others away, so no memory needs to be shared with them.
      this.#database.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
      );
      const { user_version: version } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (version === 0) this.#database.exec(`BEGIN; ${TABLES} COMMIT`);
      if (version > VERSION) throw new Error('it was written by a newer version of Isopod; use that one');
      for (const name of Object.keys(CHANGES) as ChangeName[]) this.#changes.set(name, this.#prepare(CHANGES[name]));
      for (const name of Object.keys(QUESTIONS) as QuestionName[]) {
        const statement = this.#database.prepare(QUESTIONS[name]);
        statement.setReturnArrays(true);
        this.#questions.set(name, statement);
      }
      this.#begin = this.#database.prepare('BEGIN IMMEDIATE');
      this.#commit = this.#database.prepare('COMMIT');
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #prepare({ head, row, tail = '', params }: Change): Prepared {
    const prepare = (rows: number): StatementSync =>
      this.#database.prepare(head + Array.from({ length: rows }, () => row).join(', ') + tail);
    return { params, one: prepare(1), many: row === undefined ? undefined : prepare(ROWS_AT_ONCE) };
  }

  run({ changes, questions }: Group): Reply {
    return { failure: this.#change(changes), answers: questions.map((question) => this.#answer(question)) };
  }

  #change(changes: Changes): Failure | undefined {
    let begun = false;
    try {
      for (const [name, prepared] of this.#changes) {
        const values = changes[name];
        if (values === undefined) continue;
        if (!begun) this.#begin.run();
        begun = true;
        runRows(prepared, values);
      }
      if (begun) this.#commit.run();
      return undefined;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      return failureOf(error);
    }
  }

  #answer({ name, params, maxChars }: Question): Row[] | Failure {
    try {
      const rows: Row[] = [];
      let chars = 0;
      const statement = this.#questions.get(name) as StatementSync;
      for (const row of statement.iterate(...params) as unknown as Iterable<Row>) {
        rows.push(row);
        for (const value of row) if (typeof value === 'string') chars += value.length;
        if (chars > maxChars) break;
      }
      return rows;
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function runRows({ params, one, many }: Prepared, values: readonly Param[]): void {
  let at = 0;
  if (many !== undefined) {
    const step = params * ROWS_AT_ONCE;
    for (; at + step <= values.length; at += step) many.run(...values.slice(at, at + step));
  }
  for (; at < values.length; at += params) one.run(...values.slice(at, at + params));
}
