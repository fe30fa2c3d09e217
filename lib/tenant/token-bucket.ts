/**
 * How much may be used per second, with a burst. A use may be larger than what is left: it is paid for afterwards,
 * because what a call costs (CPU time, bytes) is known only when it ended; until it is paid the bucket is below zero.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  #fill(now: number): void {
    if (now <= this.#at) return;
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
  }

  /** 0 when `needed` are there; else milliseconds until they will be. Takes nothing. */
  waitMs(needed: number, now: number): number {
    this.#fill(now);
    return this.#left >= needed ? 0 : (needed - this.#left) / this.#perMs;
  }

  take(used: number, now: number): void {
    this.#fill(now);
    this.#left -= used;
  }
}
