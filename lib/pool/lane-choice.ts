/**
 * Decides the lane of a function that left the choice to the engine. Pure: measurements in, lane out.
 *
 * A hop to a thread costs a hundred direct calls, but a slow or stuck call on the calling thread stops everyone. So
 * a function shows on a worker that it is quick before it may run on the calling thread, and one slow spell there
 * sends it back.
 */
import type { Lane } from '../types.ts';

/** Lanes away from the calling thread. */
export type RemoteLane = Exclude<Lane, 'direct'>;

/** Measured calls before a function may move. */
const CALLS_TO_TRUST = 3;
/** At most this long a call may hold the calling thread, on average, to come there; milliseconds. */
const QUICK_MS = 0.25;
/** Above this average it goes back to a worker; milliseconds. The gap keeps it from swinging. */
const SLOW_MS = 1;
/** Times a deadline may be missed on the calling thread before the function is kept on workers for good. */
const MAX_OFFENCES = 1;
/** Weight of the newest measurement. */
const WEIGHT = 0.2;

/** Lane of a function nothing is known of yet. */
export function firstLane(declared: 'auto' | Lane, remote: RemoteLane | undefined): Lane {
  return remote !== undefined && declared !== 'direct' ? remote : 'direct';
}

export class LaneChoice {
  #lane: Lane;
  readonly #fixed: boolean;
  #averageMs: number | undefined;
  #measured = 0;
  #offences = 0;

  /** `remote`: the lane away from the calling thread, where there is one. */
  constructor(declared: 'auto' | Lane, remote: RemoteLane | undefined) {
    this.#fixed = declared !== 'auto' || remote !== 'worker';
    this.#lane = firstLane(declared, remote);
  }

  get lane(): Lane {
    return this.#lane;
  }

  /** Milliseconds a call holds its instance, on average; undefined before the first measurement. */
  get averageMs(): number | undefined {
    return this.#averageMs;
  }

  /** Takes a measurement; true when the lane changed. */
  observe(serviceMs: number): boolean {
    this.#measured++;
    this.#averageMs =
      this.#averageMs === undefined ? serviceMs : this.#averageMs + WEIGHT * (serviceMs - this.#averageMs);
    if (this.#fixed || this.#measured < CALLS_TO_TRUST) return false;
    if (this.#lane === 'worker')
      return this.#averageMs < QUICK_MS && this.#offences < MAX_OFFENCES && this.#move('direct');
    return this.#averageMs > SLOW_MS && this.#move('worker');
  }

  /** A call on the calling thread ran into its deadline; true when the lane changed. */
  offend(): boolean {
    this.#offences++;
    return !this.#fixed && this.#lane === 'direct' && this.#move('worker');
  }

  #move(lane: Lane): true {
    this.#lane = lane;
    this.#measured = 0;
    return true;
  }
}
