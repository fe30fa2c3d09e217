/**
 * Events that are kept in a journal until they end, and of which the next ones are in memory. One file because what is in
 * memory and what is in the journal only is one account:
 *
 * - not attempted yet: those in memory come before all that are in the journal only; while there are some of those, new
 *   ones are not put into memory, so the order stays.
 * - with a time: those up to the horizon are in memory, later ones in the journal only.
 *
 * An event in memory is in the journal too. Where memory runs low the journal is asked for the next ones.
 */
import { now } from '../journal/clock.ts';
import type { Row } from '../journal/database.ts';
import type { Journal, Publication } from '../journal/journal.ts';
import { FLAG_BINARY, FLAG_TASK } from '../journal/statements.ts';
import { type AcceptedEvent, noFailures } from '../outcome/accepted-event.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import type { Backlog } from './backlog.ts';
import { Front, type Room } from './front.ts';
import { full } from './full.ts';

/** Events and characters asked for at once; fewer when memory is short, so that every queue goes on. */
const READ_EVENTS = 8_192;
const READ_CHARS = 4_000_000;
const SHORT_READ_EVENTS = 64;
const SHORT_READ_CHARS = 16_000;
/** Events with a time that are kept in memory; up to twice as many between two looks. */
const MAX_TIMED = 8_192;

/** Tasks of events that come into memory, and leave it for the journal. */
export interface TaskKeeper {
  /** `columns`: id, status, attempts and facts. */
  recall(no: number, accepted: number, columns: readonly [string, string, number, string]): TaskRecord;
  release(task: TaskRecord): void;
}

export interface StoredBacklogOptions {
  readonly journal: Journal;
  /** The queue's number in the journal. */
  readonly queue: number;
  /** What the journal holds of it already: all events, and those of them with a time. */
  readonly stored: number;
  readonly storedTimed: number;
  /** Events that may wait in memory, and in all. */
  readonly capacity: number;
  readonly maxBacklog: number;
  readonly room: Room;
  readonly tasks: TaskKeeper;
  /** There may be something to take. */
  readonly onReady: () => void;
}

/** As `fresh`, `timed` and `event` give them; the last four are of its task. */
type Columns = [
  no: number,
  due: number,
  accepted: number,
  flags: number,
  functionErrors: number,
  systemErrors: number,
  text: string,
  id: string | null,
  status: string,
  attempts: number,
  facts: string,
];

/** An event on its way into the journal. */
class Arrival implements Publication {
  readonly event: AcceptedEvent;
  readonly delayMs: number;
  /** It goes into memory once it is kept. */
  readonly comes: boolean;
  readonly #backlog: StoredBacklog;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    backlog: StoredBacklog,
    event: AcceptedEvent,
    delayMs: number,
    comes: boolean,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#backlog = backlog;
    this.event = event;
    this.delayMs = delayMs;
    this.comes = comes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  kept(): void {
    this.#backlog.arrived(this);
    this.#resolve();
  }

  refused(error: unknown): void {
    this.#backlog.refused(this);
    this.#reject(error);
  }
}

export class StoredBacklog implements Backlog {
  readonly isLasting = true;
  readonly #options: StoredBacklogOptions;
  readonly #front: Front;
  #awake = false;
  /** On their way into the journal: to memory afterwards, and those with a time. */
  #coming = 0;
  #comingTimed = 0;
  /** In the journal only. */
  #storedFresh: number;
  #storedTimed: number;
  /** The last one not attempted yet that is or was in memory. */
  #lastFresh = 0;
  /** The last one with a time that is in memory; everything up to it is. */
  #horizon: { readonly due: number; readonly no: number };
  #readingFresh = false;
  /** Events with a time that came up while the journal was read: whether they are in memory is decided after that. */
  #undecided: AcceptedEvent[] | undefined;
  /** Taken out of the journal while it was being read. */
  readonly #removed = new Set<number>();
  #closed = false;

  constructor(options: StoredBacklogOptions) {
    this.#options = options;
    this.#front = new Front(options.capacity, options.room, options.onReady);
    this.#storedTimed = options.storedTimed;
    this.#storedFresh = options.stored - options.storedTimed;
    this.#horizon = { due: options.storedTimed === 0 ? Number.POSITIVE_INFINITY : 0, no: 0 };
  }

  wake(): void {
    this.#awake = true;
    this.#refill();
  }

  get size(): number {
    const undecided = this.#undecided?.length ?? 0;
    return this.#front.size + this.#coming + this.#comingTimed + this.#storedFresh + this.#storedTimed + undecided;
  }

  get oldest(): number | undefined {
    return this.#front.oldest;
  }

  get hasReady(): boolean {
    return this.#front.hasReady && this.#options.journal.stalled === undefined && !this.#closed;
  }

  publish(no: number, text: string, binary: boolean, task: TaskRecord | undefined, delayMs: number): Promise<void> {
    const { journal, queue, maxBacklog } = this.#options;
    if (this.size >= maxBacklog || this.#closed) {
      throw full(`${maxBacklog} events wait already; raise queue.maxBacklog`);
    }
    const front = this.#front;
    const accepted = now();
    const due = delayMs > 0 ? accepted + delayMs : 0;
    const comes =
      delayMs === 0 && this.#storedFresh === 0 && front.freshCount + this.#coming < front.capacity && front.hasRoom;
    return new Promise((resolve, reject) => {
      const event = { no, text, binary, accepted, due, task, failures: noFailures };
      const arrival = new Arrival(this, event, delayMs, comes, resolve, reject);
      const flags = (binary ? FLAG_BINARY : 0) | (task === undefined ? 0 : FLAG_TASK);
      journal.publish(arrival, no, queue, due, accepted, flags, 0, 0, text);
      if (delayMs > 0) this.#comingTimed++;
      else if (comes) this.#coming++;
      else this.#storedFresh++;
    });
  }

  arrived({ event, delayMs, comes }: Arrival): void {
    if (delayMs > 0) {
      this.#comingTimed--;
      this.#placeTimed(event);
    } else if (comes) {
      this.#coming--;
      this.#lastFresh = event.no;
      this.#front.offer(event.no, event.text, event.binary, event.accepted, event.task);
      this.#options.onReady();
    } else {
      if (event.task !== undefined) this.#options.tasks.release(event.task);
      this.#refill();
    }
  }

  refused({ delayMs, comes }: Arrival): void {
    if (delayMs > 0) this.#comingTimed--;
    else if (comes) this.#coming--;
    else this.#storedFresh--;
  }

  take(): AcceptedEvent | undefined {
    const event = this.#front.take();
    this.#refill();
    return event;
  }

  retry(event: AcceptedEvent, delayMs: number): void {
    const due = now() + delayMs;
    const { functionErrors, systemErrors } = event.failures;
    this.#options.journal.change('retry', due, functionErrors, systemErrors, event.no);
    this.#placeTimed({ ...event, due });
  }

  putBack(event: AcceptedEvent): void {
    this.#front.putBack(event);
  }

  end(event: AcceptedEvent): void {
    this.#options.journal.change('end', event.no);
  }

  /** An event with a time that is in the journal: into memory, if it is to come before the others there. */
  #placeTimed(event: AcceptedEvent): void {
    if (this.#undecided !== undefined) this.#undecided.push(event);
    else if (!this.#isBeforeHorizon(event)) this.#leave(event);
    else {
      this.#front.schedule(event);
      if (this.#front.timedCount > MAX_TIMED * 2 || !this.#front.hasRoom) this.#shorten();
    }
  }

  /** An event with a time is in the journal only. */
  #leave({ task }: AcceptedEvent): void {
    this.#storedTimed++;
    if (task !== undefined) this.#options.tasks.release(task);
  }

  #isBeforeHorizon({ due, no }: AcceptedEvent): boolean {
    const { due: last, no: lastNo } = this.#horizon;
    return due < last || (due === last && no <= lastNo);
  }

  /** Leaves all but the first of those with a time to the journal. */
  #shorten(): void {
    if (this.#front.timedCount <= SHORT_READ_EVENTS) return;
    const { dropped, last } = this.#front.keepEarliest(this.#front.hasRoom ? MAX_TIMED : SHORT_READ_EVENTS);
    if (last === undefined) return;
    // What was handed out was due by now; it must not come again.
    const passed = { due: now(), no: Number.POSITIVE_INFINITY };
    const horizon = last.due > passed.due ? last : passed;
    this.#horizon = horizon;
    for (const event of dropped) {
      if (this.#isBeforeHorizon(event)) this.#front.schedule(event);
      else this.#leave(event);
    }
  }

  #refill(): void {
    if (!this.#awake || this.#closed) return;
    const low = Math.min(this.#front.hasRoom ? READ_EVENTS : SHORT_READ_EVENTS, this.#front.capacity) / 2;
    if (this.#storedFresh > 0 && !this.#readingFresh && this.#coming === 0 && this.#front.freshCount < low) {
      void this.#readFresh();
    }
    if (this.#storedTimed > 0 && this.#undecided === undefined && this.#front.timedCount < MAX_TIMED / 4) {
      void this.#readTimed();
    }
  }

  #read(name: 'fresh' | 'timed', params: readonly number[]): Promise<Row[]> {
    const short = !this.#front.hasRoom;
    const events = Math.min(short ? SHORT_READ_EVENTS : READ_EVENTS, this.#front.capacity / 2);
    const { journal, queue } = this.#options;
    return journal.ask(name, [queue, ...params, events], short ? SHORT_READ_CHARS : READ_CHARS);
  }

  async #readFresh(): Promise<void> {
    this.#readingFresh = true;
    const rows = await this.#read('fresh', [this.#lastFresh]).catch(() => undefined);
    this.#readingFresh = false;
    if (rows === undefined || this.#closed) return this.#readLater();
    for (const event of this.#eventsOf(rows)) {
      this.#lastFresh = event.no;
      if (this.#removed.delete(event.no)) continue;
      this.#storedFresh--;
      this.#front.offer(event.no, event.text, event.binary, event.accepted, event.task);
    }
    if (this.#undecided === undefined) this.#removed.clear();
    if (rows.length === 0) return;
    this.#options.onReady();
    this.#refill();
  }

  async #readTimed(): Promise<void> {
    this.#undecided = [];
    const { due, no } = this.#horizon;
    const rows = await this.#read('timed', [due, no]).catch(() => undefined);
    const undecided = this.#undecided;
    this.#undecided = undefined;
    if (rows === undefined || this.#closed) {
      for (const event of undecided) this.#leave(event);
      return this.#readLater();
    }
    const came = new Map(undecided.map((event) => [event.no, event]));
    for (const event of this.#eventsOf(rows)) {
      this.#horizon = event;
      if (this.#removed.delete(event.no)) continue;
      if (!came.delete(event.no)) this.#storedTimed--;
      this.#front.schedule(event);
    }
    if (!this.#readingFresh) this.#removed.clear();
    if (this.#storedTimed === 0) this.#horizon = { due: Number.POSITIVE_INFINITY, no: 0 };
    for (const event of came.values()) this.#placeTimed(event);
    this.#refill();
  }

  /** The journal could not be read. */
  #readLater(): void {
    if (!this.#closed) setTimeout(() => this.#refill(), 1_000).unref();
  }

  #eventsOf(rows: readonly Row[]): AcceptedEvent[] {
    return rows.map((row) => {
      const [no, due, accepted, flags, functionErrors, systemErrors, text, id, status, attempts, facts] =
        row as Columns;
      const task = id === null ? undefined : this.#options.tasks.recall(no, accepted, [id, status, attempts, facts]);
      const failures = { functionErrors, systemErrors };
      return { no, text, binary: (flags & FLAG_BINARY) !== 0, accepted, due, task, failures };
    });
  }

  async remove(task: TaskRecord): Promise<AcceptedEvent | undefined> {
    const waiting = this.#front.removeTimed(task);
    if (waiting !== undefined) return waiting;
    const [row] = await this.#options.journal.ask('event', [task.no]);
    const [event] = row === undefined ? [] : this.#eventsOf([row]);
    if (event === undefined) return undefined;
    if (event.due === 0) {
      // In memory, or handed out: it is ended when its turn comes.
      if (event.no <= this.#lastFresh || this.#storedFresh === 0) return undefined;
      this.#storedFresh--;
    } else {
      if (this.#isBeforeHorizon(event)) return this.#front.removeTimed(task);
      const undecided = this.#undecided?.findIndex(({ no }) => no === event.no) ?? -1;
      if (undecided < 0) this.#storedTimed--;
      else this.#undecided?.splice(undecided, 1);
    }
    if (this.#readingFresh || this.#undecided !== undefined) this.#removed.add(event.no);
    return event;
  }

  async *drain(): AsyncIterable<readonly AcceptedEvent[]> {
    this.#closed = true;
    const { journal, queue } = this.#options;
    // What is on its way is there after this.
    await journal.ask('facts');
    yield this.#front.clear();
    for (;;) {
      const events = this.#eventsOf(await journal.ask('fresh', [queue, this.#lastFresh, READ_EVENTS], READ_CHARS));
      if (events.length === 0) break;
      this.#lastFresh = (events.at(-1) as AcceptedEvent).no;
      this.#storedFresh -= events.length;
      yield events;
    }
    for (;;) {
      const { due, no } = this.#horizon;
      const events = this.#eventsOf(await journal.ask('timed', [queue, due, no, READ_EVENTS], READ_CHARS));
      if (events.length === 0) break;
      this.#horizon = events.at(-1) as AcceptedEvent;
      this.#storedTimed -= events.length;
      yield events;
    }
  }

  /** What waits is found again the next time. */
  close(): readonly AcceptedEvent[] {
    this.#closed = true;
    this.#front.clear();
    return [];
  }
}
