/**
 * Decides where a call goes. Pure. A quick function's call may join others in a busy instance when they are over at once;
 * otherwise the instance used last takes it; otherwise it may queue up inside a busy one, as long as that is sooner over than
 * a cold start; otherwise a new instance is started; otherwise the call waits.
 */

/**
 * A quick call joins those open in an instance as long as they are over within this: sharing crossings and messages
 * is worth more than a second thread, and leaves the calling thread less to do; milliseconds.
 */
const JOIN_MS = 0.2;
/** The same where nobody waits for the answer. */
const QUEUED_JOIN_MS = 2;
/** Calls that may queue up inside one instance beyond its concurrency. */
const MAX_QUEUED_AHEAD = 4_096;
/** Only calls shorter than this may queue up inside an instance: a longer one holds its neighbours up; milliseconds. */
const QUICK_MS = 0.5;

/** What is looked at of an instance. */
export interface Placeable {
  /** Calls given and not ended. */
  readonly openCount: number;
}

/** The instances a call can go to. */
export interface Crew<T extends Placeable> {
  /** The one with nothing to do that was used last; provisioned ones before others. */
  readonly idle: T | undefined;
  /** The one that was given a call last. */
  readonly latest: T | undefined;
  /** Those with calls. */
  readonly busy: Iterable<T>;
}

export interface PlacementFacts {
  readonly concurrency: number;
  /** Milliseconds one call holds an instance; undefined when not measured. */
  readonly serviceMs: number | undefined;
  /** Milliseconds a start takes. */
  readonly startMs: number;
  readonly mayStart: boolean;
  /** Calls can queue up inside instances of this lane. */
  readonly queues: boolean;
  /** The call comes from the queue: nobody waits for its answer. */
  readonly queued: boolean;
}

export type Placement<T> = T | 'start' | 'wait';

export function place<T extends Placeable>(crew: Crew<T>, facts: PlacementFacts): Placement<T> {
  const { serviceMs, concurrency } = facts;
  const joins = facts.queues && serviceMs !== undefined && serviceMs < QUICK_MS;
  if (joins) {
    const { latest } = crew;
    const open = latest?.openCount ?? 0;
    if (open > 0 && open * serviceMs < (facts.queued ? QUEUED_JOIN_MS : JOIN_MS)) return latest as T;
  }
  if (crew.idle !== undefined) return crew.idle;
  if (concurrency === 1 && !joins) return facts.mayStart ? 'start' : 'wait';
  let least: T | undefined;
  for (const instance of crew.busy) if (least === undefined || instance.openCount < least.openCount) least = instance;
  if (least !== undefined && least.openCount < concurrency) return least;
  const mayQueue = joins && least !== undefined && least.openCount < MAX_QUEUED_AHEAD;
  if (mayQueue && least !== undefined && least.openCount * serviceMs < facts.startMs) return least;
  if (facts.mayStart) return 'start';
  return mayQueue && least !== undefined ? least : 'wait';
}
