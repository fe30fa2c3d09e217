/** One timer for everything that waits for a moment of the day, so that a thousand sleeping triggers cost nothing. Keeps the process alive while there is one. */
import { type Clock, sleep, wallNow } from '../journal/clock.ts';

/** Longest sleep in milliseconds: a clock that was set is noticed by then. */
const MAX_SLEEP_MS = 60_000;

const SYSTEM: Clock = { now: wallNow, sleep };

interface Alarm {
  at: number;
  readonly ring: () => void;
}

export class Alarms {
  readonly clock: Clock;
  readonly #alarms = new Set<Alarm>();
  #next = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock = SYSTEM) {
    this.clock = clock;
  }

  /** Rings once at `at` (milliseconds since the epoch) or as soon as possible after it. Returns what ends that. */
  set(at: number, ring: () => void): () => void {
    const alarm = { at, ring };
    this.#alarms.add(alarm);
    if (at < this.#next) this.#sleepUntil(at);
    return () => {
      if (this.#alarms.delete(alarm) && this.#alarms.size === 0) this.close();
    };
  }

  #sleepUntil(at: number): void {
    this.#next = at;
    this.#cancel?.();
    const ms = Math.min(MAX_SLEEP_MS, Math.max(0, at - this.clock.now()));
    this.#cancel = this.clock.sleep(ms, () => this.#wake());
  }

  #wake(): void {
    const now = this.clock.now();
    const due: Alarm[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms) {
      if (alarm.at <= now) due.push(alarm);
      else if (alarm.at < next) next = alarm.at;
    }
    this.#next = Number.POSITIVE_INFINITY;
    this.#cancel = undefined;
    if (next < Number.POSITIVE_INFINITY) this.#sleepUntil(next);
    for (const alarm of due.sort((a, b) => a.at - b.at)) {
      if (this.#alarms.delete(alarm)) alarm.ring();
    }
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#next = Number.POSITIVE_INFINITY;
    this.#alarms.clear();
  }
}
