/** The last minutes of an engine in short slots: what a console draws. */
import { BOUNDS } from './histogram.ts';
import type { Metrics } from './metrics.ts';
import type { Tally } from './tally.ts';

/** Milliseconds of one slot, and slots kept: ten minutes. */
export const SLOT_MS = 5_000;
export const SLOTS = 120;

export interface Slot {
  /** Milliseconds since the epoch at its end. */
  readonly at: number;
  readonly calls: number;
  readonly errors: number;
  readonly coldStarts: number;
  readonly throttles: number;
  /** Calls by duration; bounds as `BOUNDS`. */
  readonly latency: readonly number[];
}

/** Counters at one moment. */
interface Sum {
  calls: number;
  errors: number;
  coldStarts: number;
  throttles: number;
  readonly latency: Float64Array;
}

const nothing = (): Sum => ({
  calls: 0,
  errors: 0,
  coldStarts: 0,
  throttles: 0,
  latency: new Float64Array(BOUNDS.length + 1),
});

export class History {
  readonly #metrics: Metrics;
  readonly #timer: NodeJS.Timeout;
  /** By tenant; '' for all of them. */
  readonly #slots = new Map<string, Slot[]>();
  #before = new Map<string, Sum>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#timer = setInterval(() => this.look(Date.now()), SLOT_MS).unref();
    this.#before = this.#sums();
  }

  /** Ends a slot. Called by the clock, and by tests. */
  look(at: number): void {
    const sums = this.#sums();
    for (const [tenant, sum] of sums) {
      const slots = this.#slots.get(tenant) ?? [];
      slots.push(difference(at, sum, this.#before.get(tenant) ?? nothing()));
      if (slots.length > SLOTS) slots.shift();
      this.#slots.set(tenant, slots);
    }
    this.#before = sums;
  }

  #sums(): Map<string, Sum> {
    const sums = new Map([['', nothing()]]);
    for (const [functionName, tally] of this.#metrics.tallies()) {
      const slash = functionName.indexOf('/');
      add(sums.get('') as Sum, tally);
      const tenant = slash === -1 ? 'default' : functionName.slice(0, slash);
      const own = sums.get(tenant) ?? nothing();
      add(own, tally);
      sums.set(tenant, own);
    }
    return sums;
  }

  /** Oldest first; of one tenant, or of all. */
  slots(tenant = ''): readonly Slot[] {
    return this.#slots.get(tenant) ?? [];
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function add(sum: Sum, tally: Tally): void {
  sum.calls += tally.calls;
  sum.errors += tally.calls - tally.ended('success');
  sum.coldStarts += tally.coldStarts;
  sum.throttles += tally.throttles;
  for (const { counts } of tally.duration) {
    for (let at = 0; at < counts.length; at++) sum.latency[at] = (sum.latency[at] as number) + (counts[at] as number);
  }
}

function difference(at: number, now: Sum, before: Sum): Slot {
  return {
    at,
    calls: now.calls - before.calls,
    errors: now.errors - before.errors,
    coldStarts: now.coldStarts - before.coldStarts,
    throttles: now.throttles - before.throttles,
    latency: Array.from(now.latency, (count, index) => count - (before.latency[index] as number)),
  };
}
