/**
 * Outcomes on their way to a destination, kept until it has taken them. Each destination has a line of its own, so that one
 * which does not answer holds up no other; it is tried again with growing waits, and what it does not take for too long
 * becomes a dead letter. A delivery has the number of its event. One file because a line, its attempts and its pauses are one
 * account.
 */
import { IsopodError, toIsopodError } from '../errors.ts';
import { tenantOf } from '../function/name.ts';
import { now, sleep } from '../journal/clock.ts';
import type { Row } from '../journal/database.ts';
import type { EngineJournal } from '../journal/engine-journal.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import { Turns } from '../outbound/turns.ts';
import type { DestinationDelivery, DestinationDeliveryPage, ListOptions } from '../types.ts';
import { cursorOf, tokenOf } from './cursor.ts';
import type { DeadLetters } from './dead-letters.ts';

/** Outcomes of one destination on their way at once, and of all. */
const AT_ONCE = 32;
const ALL_AT_ONCE = 256;
/** First and longest wait before another attempt, of one outcome and of a destination that took none; milliseconds. */
const RETRY_MS = 500;
const MAX_RETRY_MS = 300_000;
const MAX_PAUSE_MS = 30_000;
/** Milliseconds one attempt may take. */
const ATTEMPT_MS = 15_000;
const DEFAULT_LIMIT = 20;

export interface DeliveryFacts {
  readonly requestId: string;
  readonly qualifier: string;
  readonly taskId?: string | undefined;
  readonly success: boolean;
  /** Attempts made at the event. */
  readonly attempts: number;
  /** What the caller of the event gave, where it did. */
  readonly trace?: TraceParent | undefined;
}

/** An outcome as it is kept. */
export interface Delivery {
  /** Of its event. */
  readonly no: number;
  /** As it was written in the configuration. */
  readonly destination: string;
  readonly functionName: string;
  readonly facts: DeliveryFacts;
  readonly record: string;
}

interface Waiting extends Delivery {
  readonly due: number;
  readonly created: number;
  readonly tries: number;
  readonly error: string;
}

/** Takes an outcome where it belongs. Rejects when it has to be tried again. */
export type Sender = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

export interface DeliveriesOptions {
  readonly keeper: EngineJournal;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly send: Sender;
  /** Milliseconds after which an outcome nobody takes becomes a dead letter. */
  readonly maxAgeMs: number;
  /** Told after every attempt. */
  readonly told: (delivery: Delivery, error: IsopodError | undefined, givenUp: boolean) => void;
}

interface Line {
  readonly name: string;
  busy: boolean;
  /** Something came while it was busy. */
  again: boolean;
  /** Ends its waiting. */
  cancel: (() => void) | undefined;
  /** Times in a row that it took none of what was sent. */
  refusals: number;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #lines = new Map<string, Line>();
  readonly #turns = new Turns(ALL_AT_ONCE);
  readonly #closing = new AbortController();
  /** Those somebody waits for. */
  readonly #waited = new Map<number, () => void>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Goes on with what was left the last time. */
  async resume(): Promise<void> {
    if (!this.#options.keeper.isUsed) return;
    for (const [line] of await this.#options.keeper.journal.ask('destinations')) this.#poke(line as string);
  }

  /** Keeps an outcome, in the group of what ends its event, and sends it. */
  add({ no, destination, functionName, facts, record }: Delivery): void {
    const { journal } = this.#options.keeper;
    const line = lineOf(functionName, destination);
    journal.change('addDelivery', no, line, 0, functionName, now(), 0, '', JSON.stringify(facts), record);
    this.#poke(line);
  }

  /** Resolves when the destination has taken an outcome that was just added, or it is a dead letter. */
  whenDone(no: number): Promise<void> {
    const before = this.#waited.get(no);
    return new Promise((resolve) => {
      this.#waited.set(no, () => {
        before?.();
        resolve();
      });
    });
  }

  #done(no: number): void {
    this.#waited.get(no)?.();
    this.#waited.delete(no);
  }

  async list(
    functionName: string,
    { limit = DEFAULT_LIMIT, nextToken }: ListOptions,
  ): Promise<DestinationDeliveryPage> {
    const { keeper } = this.#options;
    const after = nextToken === undefined ? 0 : (cursorOf(nextToken, 1)[0] as number);
    const rows = keeper.isUsed ? await keeper.journal.ask('deliveries', [functionName, after, limit + 1]) : [];
    const page = rows.slice(0, limit);
    return {
      deliveries: page.map((row) => viewOf(waitingOf(row))),
      ...(rows.length > limit && { nextToken: tokenOf([page.at(-1)?.[0] as number]) }),
    };
  }

  #poke(name: string): void {
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = { name, busy: false, again: false, cancel: undefined, refusals: 0 };
      this.#lines.set(name, line);
    }
    // A destination that takes nothing is left alone until its pause is over.
    if (line.cancel !== undefined && line.refusals > 0) return;
    void this.#work(line);
  }

  async #work(line: Line): Promise<void> {
    if (this.#closing.signal.aborted) return;
    line.again = true;
    if (line.busy) return;
    line.busy = true;
    line.cancel?.();
    line.cancel = undefined;
    let waitMs: number | undefined;
    try {
      while (line.again && !this.#closing.signal.aborted) {
        line.again = false;
        waitMs = await this.#sendDue(line);
        if (line.refusals > 0) break;
      }
    } catch {
      // The journal cannot be read; what must be sent is still in it.
      waitMs = MAX_PAUSE_MS;
    }
    line.busy = false;
    if (this.#closing.signal.aborted) return;
    if (waitMs === undefined && !line.again) this.#lines.delete(line.name);
    else line.cancel = sleep(waitMs ?? 0, () => void this.#work(line));
  }

  /** Sends what is due. Resolves with milliseconds until there is more, undefined when nothing is left. */
  async #sendDue(line: Line): Promise<number | undefined> {
    const { journal } = this.#options.keeper;
    for (;;) {
      const rows = await journal.ask('dueDeliveries', [line.name, now(), AT_ONCE]);
      if (this.#closing.signal.aborted) return undefined;
      if (rows.length === 0) break;
      const taken = await Promise.all(rows.map((row) => this.#attempt(waitingOf(row))));
      if (taken.includes(true)) line.refusals = 0;
      else return Math.min(MAX_PAUSE_MS, RETRY_MS * 2 ** Math.min(10, line.refusals++));
    }
    const [[next = null] = []] = await journal.ask('nextDelivery', [line.name]);
    return next === null ? undefined : Math.min(MAX_RETRY_MS, Math.max(1, (next as number) - now()));
  }

  /** True when it was taken. */
  async #attempt(delivery: Waiting): Promise<boolean> {
    const turn = this.#turns.take();
    try {
      await turn.ready;
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ATTEMPT_MS)]);
      await this.#options.send(delivery, signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#failed(delivery, toIsopodError(error));
      return false;
    } finally {
      turn.release();
    }
    this.#options.keeper.journal.change('endDelivery', delivery.no);
    this.#done(delivery.no);
    this.#options.told(delivery, undefined, false);
    return true;
  }

  #failed(delivery: Waiting, error: IsopodError): void {
    const { keeper, maxAgeMs, told } = this.#options;
    const { no, tries, created } = delivery;
    const givenUp = now() - created >= maxAgeMs;
    if (givenUp) {
      this.#giveUp(delivery, error);
    } else {
      const waitMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(20, tries)) * (0.5 + Math.random() / 2);
      keeper.journal.change('retryDelivery', now() + waitMs, tries + 1, error.message, no);
    }
    told(delivery, error, givenUp);
  }

  #giveUp({ no, functionName, destination, facts, record }: Delivery, { message }: IsopodError): void {
    const { requestId, taskId, qualifier, attempts } = facts;
    const kept = this.#options.deadLetters.add({
      no,
      functionName,
      qualifier,
      reason: 'DestinationDeliveryFailed',
      facts: { requestId, taskId, message, attempts, success: facts.success },
      text: '',
      binary: false,
      destination,
      record,
    });
    const end = (): void => {
      this.#options.keeper.journal.change('endDelivery', no);
      this.#done(no);
    };
    if (kept === undefined) end();
    // Where it cannot be kept it is sent again, and given up again.
    else kept.then(end, () => undefined);
  }

  /** What is on its way is given up; it is sent the next time. */
  close(): void {
    this.#closing.abort(new IsopodError('EngineClosed', 'The engine was closed'));
    for (const { cancel } of this.#lines.values()) cancel?.();
  }
}

type Columns = readonly [number, string, number, string, number, number, string, string, string];

/** A destination means something else to every tenant: a function of its own, an endpoint it may reach. */
const lineOf = (functionName: string, destination: string): string => `${tenantOf(functionName) ?? ''} ${destination}`;

function waitingOf(row: Row): Waiting {
  const [no, line, due, functionName, created, tries, error, facts, record] = row as unknown as Columns;
  const destination = line.slice(line.indexOf(' ') + 1);
  return { no, destination, due, functionName, created, tries, error, facts: JSON.parse(facts), record };
}

function viewOf({ functionName, facts, destination, created, due, tries, error }: Waiting): DestinationDelivery {
  const { requestId, qualifier, taskId, success } = facts;
  return {
    functionName,
    qualifier,
    requestId,
    taskId,
    success,
    destination,
    time: Math.round(created),
    attempts: tries,
    ...(due > 0 && { nextAttemptTime: Math.round(due) }),
    ...(error !== '' && { error }),
  };
}
