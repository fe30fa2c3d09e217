/** Decides which instances a function can do without: those idle for too long, and those others need the memory of. */
import type { Instance, Pooled } from '../instance/instance.ts';
import type { Lane } from '../types.ts';
import type { Offer } from './eviction.ts';
import type { Experience } from './experience.ts';
import { LANES } from './lanes.ts';
import type { Roster } from './roster.ts';
import { worth } from './worth.ts';

type Rosters<T extends Pooled> = Readonly<Record<Lane, Roster<T>>>;

export interface Looked<T extends Pooled = Instance> {
  /** Idle for `limitMs`. */
  readonly overdue: readonly T[];
  /** Something was called since the last look. */
  readonly used: boolean;
}

/**
 * A look at every instance, taken now and then. The hot path leaves no note but `idleSweeps`, so an instance is known to be
 * idle from the second look on.
 */
export function lookFor<T extends Pooled>(rosters: Rosters<T>, now: number, limitMs: number): Looked<T> {
  const overdue: T[] = [];
  let used = false;
  for (const lane of LANES) {
    for (const instance of rosters[lane].all) {
      if (instance.openCount > 0 || instance.idleSweeps++ === 0) {
        instance.idleSince = now;
        used = true;
      } else if (!instance.provisioned && now - instance.idleSince >= limitMs) {
        overdue.push(instance);
      }
    }
  }
  return { overdue, used };
}

/** Spares before anything else; then idle instances by what keeping them is worth. */
export function* offersOf<T extends Pooled>(
  rosters: Rosters<T>,
  spares: Iterable<T>,
  { activity, leastStartMs: startMs }: Pick<Experience, 'activity' | 'leastStartMs'>,
  now: number,
): IterableIterator<Offer<T>> {
  for (const instance of spares) yield { instance, worth: 0 };
  for (const lane of LANES) {
    const idle = rosters[lane].reclaimable;
    for (const [at, instance] of idle.entries()) {
      const facts = { activity: activity.at(now), startMs, bytes: instance.bytes, before: idle.length - 1 - at };
      yield { instance, worth: worth(facts) };
    }
  }
}
