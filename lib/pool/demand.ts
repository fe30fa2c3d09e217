/**
 * Predicts how many instances a function will need at once beyond those it has: as many as it was short of lately, half of
 * that after each `HALF_LIFE_MS`. Knows no clock. Tried against fixed numbers in `npm run sim`.
 */

const HALF_LIFE_MS = 5_000;
/** Spares kept for one function by prediction. */
const MAX_SPARES = 8;

export class Demand {
  #peak = 0;
  #at = 0;

  #decayed(now: number): number {
    return this.#peak * 2 ** -((now - this.#at) / HALF_LIFE_MS);
  }

  /** Calls had to wait for `starting` instances at once. `now`: milliseconds. */
  note(starting: number, now: number): void {
    this.#peak = Math.max(this.#decayed(now), starting);
    this.#at = now;
  }

  /** Spares to have ready. */
  wanted(now: number): number {
    return Math.min(MAX_SPARES, Math.round(this.#decayed(now)));
  }
}
