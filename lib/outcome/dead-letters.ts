/**
 * What was given up: events whose failure destination is `dead-letter`, and outcomes no destination took. Kept until they
 * are tried again, purged, or too old. A dead letter has the number of its event.
 */
import { IsopodError } from '../errors.ts';
import { now } from '../journal/clock.ts';
import type { Row } from '../journal/database.ts';
import type { EngineJournal } from '../journal/engine-journal.ts';
import { FLAG_BINARY } from '../journal/statements.ts';
import type { DeadLetter, DeadLetterDetail, DeadLetterPage, ListOptions } from '../types.ts';
import { cursorOf, tokenOf } from './cursor.ts';
import { textOf } from './task-record.ts';

const DEFAULT_LIMIT = 20;
const AT_ONCE = 500;

interface DeadLetterFacts {
  readonly requestId: string;
  readonly taskId?: string | undefined;
  readonly message: string;
  readonly attempts: number;
  /** Of an outcome: whether the event succeeded. */
  readonly success?: boolean | undefined;
}

/** One as it is kept. */
export interface KeptLetter {
  /** Of its event. */
  readonly no: number;
  readonly functionName: string;
  readonly qualifier: string;
  /** Why it was given up: an error code. */
  readonly reason: string;
  readonly facts: DeadLetterFacts;
  /** The event; empty where only its outcome was given up. */
  readonly text: string;
  readonly binary: boolean;
  /** Where the outcome was to go; undefined for an event. */
  readonly destination: string | undefined;
  readonly record: string;
}

/** Tries a dead letter again; it is forgotten when that was accepted. */
export type Redrive = (letter: KeptLetter) => Promise<void>;

export class DeadLetters {
  readonly #keeper: EngineJournal;
  readonly #retentionMs: number;

  constructor(keeper: EngineJournal, retentionMs: number) {
    this.#keeper = keeper;
    this.#retentionMs = retentionMs;
  }

  /** A promise where it is kept apart from what ends its event. */
  add({
    no,
    functionName,
    qualifier,
    reason,
    facts,
    text,
    binary,
    destination,
    record,
  }: KeptLetter): Promise<void> | undefined {
    const { journal } = this.#keeper;
    const flags = binary ? FLAG_BINARY : 0;
    const more = JSON.stringify(facts);
    const where = destination ?? null;
    journal.change('addDeadLetter', no, functionName, qualifier, now(), reason, more, flags, text, where, record);
    return undefined;
  }

  async list(functionName: string, { limit = DEFAULT_LIMIT, nextToken }: ListOptions): Promise<DeadLetterPage> {
    const after = nextToken === undefined ? 0 : (cursorOf(nextToken, 1)[0] as number);
    const rows = await this.#after(functionName, after, limit + 1);
    const page = rows.slice(0, limit);
    return {
      deadLetters: page.map((row) => viewOfRow(row)),
      ...(rows.length > limit && { nextToken: tokenOf([page.at(-1)?.[0] as number]) }),
    };
  }

  async #after(functionName: string, after: number, limit: number): Promise<Row[]> {
    return this.#keeper.isUsed ? this.#keeper.journal.ask('deadLetters', [functionName, after, limit]) : [];
  }

  /** Rejects with `DeadLetterNotFound`. */
  async get(functionName: string, id: string): Promise<DeadLetterDetail> {
    const letter = await this.#find(functionName, id);
    return { ...viewOfRow(letter.row), event: textOf(letter.text, letter.binary), record: JSON.parse(letter.record) };
  }

  async #find(functionName: string, id: string): Promise<KeptLetter & { readonly row: Row }> {
    const number = Number(id);
    const known = Number.isSafeInteger(number) && this.#keeper.isUsed;
    const [row] = known ? await this.#keeper.journal.ask('deadLetter', [functionName, number]) : [];
    if (row === undefined) {
      throw new IsopodError(
        'DeadLetterNotFound',
        `${functionName} has no dead letter "${id}"; it may have been redriven`,
      );
    }
    return { ...letterOf(row), row };
  }

  /** All of a function that there are now, or those named; in the order they came. Rejects when one cannot be tried again, after the others. */
  async redrive(functionName: string, ids: readonly string[] | undefined, each: Redrive): Promise<number> {
    if (ids !== undefined) {
      const letters: KeptLetter[] = [];
      for (const id of ids) letters.push(await this.#find(functionName, id));
      return this.#take(letters, each);
    }
    if (!this.#keeper.isUsed) return 0;
    const [[last]] = (await this.#keeper.journal.ask('lastDeadLetter')) as [[number]];
    let done = 0;
    for (let after = 0; ; ) {
      // What fails again is a new dead letter, for the next time.
      const rows = (await this.#after(functionName, after, AT_ONCE)).filter(([no]) => (no as number) <= last);
      if (rows.length === 0) return done;
      done += await this.#take(rows.map(letterOf), each);
      after = rows.at(-1)?.[0] as number;
    }
  }

  async #take(letters: readonly KeptLetter[], each: Redrive): Promise<number> {
    const ends = await Promise.allSettled(
      letters.map(async (letter) => {
        await each(letter);
        this.#keeper.journal.change('endDeadLetter', letter.no);
      }),
    );
    const failure = ends.find(({ status }) => status === 'rejected');
    if (failure !== undefined) throw (failure as PromiseRejectedResult).reason;
    return letters.length;
  }

  purge(functionName: string, ids: readonly string[] | undefined): Promise<number> {
    return this.redrive(functionName, ids, async () => undefined);
  }

  /** Drops those that are too old. */
  async forget(): Promise<void> {
    if (!this.#keeper.isUsed) return;
    const { journal } = this.#keeper;
    const next = (): Promise<Row[]> => journal.ask('oldDeadLetters', [now() - this.#retentionMs, AT_ONCE]);
    for (let rows = await next(); rows.length > 0; rows = await next()) {
      for (const [id] of rows) journal.change('endDeadLetter', id as number);
    }
  }
}

type Columns = readonly [number, string, string, number, string, string, number, string, string | null, string];

function letterOf(row: Row): KeptLetter {
  const [no, functionName, qualifier, , reason, facts, flags, text, destination, record] = row as unknown as Columns;
  const binary = (flags & FLAG_BINARY) !== 0;
  const where = destination ?? undefined;
  return { no, functionName, qualifier, reason, facts: JSON.parse(facts), text, binary, destination: where, record };
}

const viewOfRow = (row: Row): DeadLetter => viewOf(letterOf(row), row[3] as number);

/** `time`: when it was given up, milliseconds since the epoch. */
export function viewOf(letter: KeptLetter, time: number): DeadLetter {
  const { no, functionName, qualifier, reason, facts, destination } = letter;
  const { requestId, taskId, message, attempts } = facts;
  return {
    id: String(no),
    kind: destination === undefined ? 'event' : 'outcome',
    functionName,
    qualifier,
    requestId,
    taskId,
    reason,
    message,
    attempts,
    time: Math.round(time),
    destination,
  };
}
