/**
 * How fast instances may be added: a burst at once, then so many a minute (Function Compute's limit on bursts is of this
 * form). A bucket of tokens that fills evenly. Knows no clock: every question comes with the time.
 */

export class StartRate {
  readonly #burst: number;
  /** Tokens a millisecond. */
  readonly #perMs: number;
  #tokens: number;
  #at = 0;

  constructor(burst: number, perMinute: number) {
    this.#burst = burst;
    this.#perMs = perMinute / 60_000;
    this.#tokens = burst;
  }

  #fill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }

  /** Whether one more may start at `now`, in milliseconds. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until one may start. */
  waitMs(now: number): number {
    this.#fill(now);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }
}
