/** How a function has behaved so far; outlives the definition, which is given up while nobody calls. */
import type { NearLimit } from '../types.ts';

/** Milliseconds between two warnings of one function about one limit. */
const WARN_EVERY_MS = 60_000;

export class Conduct {
  /** Calls that ended since an instance was last lost to one. */
  ended = 0;
  /** How often instances came near which limit. */
  readonly nearLimits: Partial<Record<NearLimit, number>> = {};
  #warnedAt: Map<NearLimit, number> | undefined;

  /** Counts; how many there were when it is time to warn, else undefined. `now`: milliseconds. */
  near(limit: NearLimit, now: number): number | undefined {
    const count = (this.nearLimits[limit] ?? 0) + 1;
    this.nearLimits[limit] = count;
    this.#warnedAt ??= new Map();
    if (now - (this.#warnedAt.get(limit) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return undefined;
    this.#warnedAt.set(limit, now);
    return count;
  }
}
