/**
 * Decides which idle instance goes first when memory is short: the one whose keeping saves the least waiting for its bytes.
 * What it saves is how often the function is called, by what is remembered of the last minutes, times what a start
 * costs. Pure: `npm run sim` compares it with the longest unused.
 */

/** Uses count half after this; milliseconds. */
const HALF_LIFE_MS = 120_000;

/** How often something was used lately: each use counts 1, older ones less. */
export class Activity {
  #uses = 0;
  #at = 0;

  /** It was used. `now`: milliseconds. */
  note(now: number): void {
    this.#uses = this.at(now) + 1;
    this.#at = now;
  }

  at(now: number): number {
    return this.#uses * 2 ** -((now - this.#at) / HALF_LIFE_MS);
  }
}

export interface WorthFacts {
  /** How often the function was used lately. */
  readonly activity: number;
  /** Milliseconds a start takes that would follow. */
  readonly startMs: number;
  readonly bytes: number;
  /** Idle instances of the function that would be taken before this one. */
  readonly before: number;
}

export function worth({ activity, startMs, bytes, before }: WorthFacts): number {
  return (activity * startMs) / bytes / (1 + before) ** 2;
}
