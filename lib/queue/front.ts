/**
 * Events of one queue that are in memory and wait: those not attempted yet, in a ring; those whose time has come, which
 * go first; those that wait for their time.
 */

import { now } from '../journal/clock.ts';
import { FLAG_BINARY } from '../journal/statements.ts';
import { type AcceptedEvent, noFailures } from '../outcome/accepted-event.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import { RingBuffer } from './ring-buffer.ts';
import { Schedule } from './schedule.ts';

/** No delay and no wait is longer; a longer one was made by a clock that has been set back since. Milliseconds. */
const MAX_WAIT_MS = 3_600_000;

/** Memory the waiting events of an engine may take together; characters. */
export class Room {
  readonly #max: number;
  #used = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get isLeft(): boolean {
    return this.#used < this.#max;
  }

  take(chars: number): void {
    this.#used += chars;
  }

  give(chars: number): void {
    this.#used -= chars;
  }
}

export class Front {
  readonly #room: Room;
  readonly #ring: RingBuffer<TaskRecord>;
  readonly #schedule: Schedule<AcceptedEvent>;
  #due: (AcceptedEvent | undefined)[] = [];
  #dueHead = 0;

  /** `capacity`: of the ring. `onReady`: there may be something to take. */
  constructor(capacity: number, room: Room, onReady: () => void) {
    this.#room = room;
    this.#ring = new RingBuffer(capacity);
    this.#schedule = new Schedule((event) => {
      this.#due.push(event);
      onReady();
    });
  }

  get capacity(): number {
    return this.#ring.capacity;
  }

  /** Events that were not attempted and have no delay. */
  get freshCount(): number {
    return this.#ring.size;
  }

  /** Events that wait for their time. */
  get timedCount(): number {
    return this.#schedule.size;
  }

  get size(): number {
    return this.#ring.size + this.#schedule.size + this.#due.length - this.#dueHead;
  }

  /** When the oldest event was accepted; undefined when there is none. */
  get oldest(): number | undefined {
    let oldest = this.#ring.oldest ?? Number.POSITIVE_INFINITY;
    for (const event of this.#due.slice(this.#dueHead))
      if (event !== undefined) oldest = Math.min(oldest, event.accepted);
    for (const { accepted } of this.#schedule.items()) oldest = Math.min(oldest, accepted);
    return oldest === Number.POSITIVE_INFINITY ? undefined : oldest;
  }

  get hasReady(): boolean {
    return this.#ring.size > 0 || this.#due.length > this.#dueHead;
  }

  get hasRoom(): boolean {
    return this.#room.isLeft;
  }

  /** Adds one that was not attempted yet; false when the ring is full. */
  offer(no: number, text: string, binary: boolean, accepted: number, task: TaskRecord | undefined): boolean {
    if (!this.#ring.offer(text, no, accepted, binary ? FLAG_BINARY : 0, task)) return false;
    this.#room.take(text.length);
    return true;
  }

  /** Adds one that is to be taken when it is due. Those due at one time are taken by their numbers. */
  schedule(event: AcceptedEvent): void {
    this.#room.take(event.text.length);
    this.#schedule.add(event, Math.min(event.due, now() + MAX_WAIT_MS), event.no);
  }

  /** Adds one that was taken and is to be taken again next. */
  putBack(event: AcceptedEvent): void {
    this.#room.take(event.text.length);
    if (this.#dueHead > 0) this.#due[--this.#dueHead] = event;
    else this.#due.unshift(event);
  }

  take(): AcceptedEvent | undefined {
    const event = this.#takeDue() ?? this.#takeFresh();
    if (event !== undefined) this.#room.give(event.text.length);
    return event;
  }

  #takeDue(): AcceptedEvent | undefined {
    if (this.#due.length === 0) return undefined;
    const event = this.#due[this.#dueHead];
    this.#due[this.#dueHead++] = undefined;
    if (this.#dueHead === this.#due.length) {
      this.#due = [];
      this.#dueHead = 0;
    }
    return event;
  }

  #takeFresh(): AcceptedEvent | undefined {
    const ring = this.#ring;
    if (!ring.take()) return undefined;
    const { no, text, acceptedAt: accepted, tag: task, flags } = ring;
    return { no, text, binary: (flags & FLAG_BINARY) !== 0, accepted, due: 0, task, failures: noFailures };
  }

  /** Takes the event of a task out, if it waits for its time. */
  removeTimed(task: TaskRecord): AcceptedEvent | undefined {
    const event = this.#schedule.remove((waiting) => waiting.task === task);
    if (event !== undefined) this.#room.give(event.text.length);
    return event;
  }

  /** Of those that wait for their time, keeps the `count` that come first; returns those let go, and the last kept. */
  keepEarliest(count: number): { readonly dropped: AcceptedEvent[]; readonly last: AcceptedEvent | undefined } {
    const dropped = this.#schedule.keepEarliest(count);
    for (const event of dropped) this.#room.give(event.text.length);
    return { dropped, last: this.#schedule.latest };
  }

  /** Everything, next first. */
  clear(): AcceptedEvent[] {
    const events: AcceptedEvent[] = [];
    for (let event = this.take(); event !== undefined; event = this.take()) events.push(event);
    for (const event of this.#schedule.clear()) {
      this.#room.give(event.text.length);
      events.push(event);
    }
    return events;
  }
}
