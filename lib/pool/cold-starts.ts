/** Why instances were started while calls waited, the last ones of each function: what `inspect` explains. */
import type { ColdStart, InstanceEnd } from '../types.ts';

/** Kept of each function. */
const MAX_KEPT = 50;

export type WhyCold = ColdStart['reason'];

export interface ReasonFacts {
  /** Instances that take calls, in the lane the call was for. */
  readonly serving: number;
  /** The same in other lanes. */
  readonly elsewhere: number;
  /** How the last instance ended, when there was one. */
  readonly lastEnd: { readonly how: InstanceEnd } | undefined;
}

/** Decides why a start is needed. Pure. */
export function reasonOf({ serving, elsewhere, lastEnd }: ReasonFacts): WhyCold {
  if (serving > 0) return 'busy';
  if (elsewhere > 0) return 'moved';
  if (lastEnd === undefined) return 'first';
  return lastEnd.how === 'closed' ? 'lost' : lastEnd.how;
}

export class ColdStarts {
  #kept: ColdStart[] = [];
  /** Since the function was created or updated. */
  count = 0;
  #byReason: Partial<Record<WhyCold, number>> = {};

  note(start: ColdStart): void {
    this.count++;
    this.#byReason[start.reason] = (this.#byReason[start.reason] ?? 0) + 1;
    this.#kept.push(start);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
  }

  get byReason(): Readonly<Partial<Record<WhyCold, number>>> {
    return { ...this.#byReason };
  }

  /** Newest first. */
  last(count: number): ColdStart[] {
    return this.#kept.slice(-Math.max(1, count)).reverse();
  }
}
