/** How much of what provisioned instances can do was used, by one look a second: what tracking policies go by. */
import type { Measured } from './target.ts';

/** Looks that decide about more, and about fewer. */
const LATELY = 5;
const MINUTE = 60;

export class Usage {
  readonly #shares: number[] = [];

  /** Calls in progress on provisioned instances, and the calls they can have. */
  note(open: number, capacity: number): void {
    // With none there, calls that run elsewhere are demand that is not met.
    this.#shares.push(capacity === 0 ? (open > 0 ? 1 : 0) : Math.min(1, open / capacity));
    if (this.#shares.length > MINUTE) this.#shares.shift();
  }

  get measured(): Measured | undefined {
    if (this.#shares.length === 0) return undefined;
    return { lately: average(this.#shares.slice(-LATELY)), minute: average(this.#shares) };
  }
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
