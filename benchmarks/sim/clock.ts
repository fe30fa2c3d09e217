/** A clock that jumps from event to event. */
import type { Clock } from '../../lib/pool/clock.ts';

interface Event {
  readonly at: number;
  /** Events of one moment happen in the order they were made. */
  readonly order: number;
  what: (() => void) | undefined;
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class VirtualClock implements Clock {
  #now = 0;
  #made = 0;
  /** A binary heap, the next one first. */
  readonly #events: Event[] = [];
  #soon: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  later(ms: number, what: () => void): () => void {
    const event: Event = { at: this.#now + ms, order: this.#made++, what };
    this.#push(event);
    return () => {
      event.what = undefined;
    };
  }

  soon(what: () => void): void {
    this.#soon.push(what);
  }

  /** Lets everything happen that is due by then. */
  runUntil(at: number): void {
    this.#settle();
    for (let next = this.#events[0]; next !== undefined && next.at <= at; next = this.#events[0]) {
      this.#pop();
      this.#now = next.at;
      next.what?.();
      this.#settle();
    }
    this.#now = at;
  }

  #settle(): void {
    while (this.#soon.length > 0) {
      const due = this.#soon;
      this.#soon = [];
      for (const what of due) what();
    }
  }

  #push(event: Event): void {
    const events = this.#events;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = events[parent] as Event;
      if (!isBefore(event, above)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop() as Event;
    if (events.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1] as Event, events[child] as Event)) child++;
      if (!isBefore(events[child] as Event, last)) break;
      events[at] = events[child] as Event;
      at = child;
    }
    events[at] = last;
  }
}
