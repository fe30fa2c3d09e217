/**
 * Decides where a call goes. Pure. An instance with room takes it; otherwise a quick function's call may queue up
 * behind others on a busy thread, as long as that is sooner over than a cold start; otherwise a new instance is
 * started; otherwise the call waits.
 */
import type { Instance } from '../instance/instance.ts';

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

export type Placement = Instance | 'start' | 'wait';

export function place(instances: Iterable<Instance>, facts: PlacementFacts): Placement {
  let least: Instance | undefined;
  const { serviceMs } = facts;
  const joins = facts.queues && serviceMs !== undefined && serviceMs < QUICK_MS;
  const joinMs = facts.queued ? QUEUED_JOIN_MS : JOIN_MS;
  for (const instance of instances) {
    if (joins && instance.openCount > 0 && instance.openCount * serviceMs < joinMs) return instance;
    if (instance.openCount < facts.concurrency && instance.openCount === 0) return instance;
    if (least === undefined || instance.openCount < least.openCount) least = instance;
  }
  if (least !== undefined && least.openCount < facts.concurrency) return least;
  const mayQueue =
    facts.queues &&
    least !== undefined &&
    serviceMs !== undefined &&
    serviceMs < QUICK_MS &&
    least.openCount < MAX_QUEUED_AHEAD;
  if (mayQueue && least !== undefined && least.openCount * (serviceMs as number) < facts.startMs) return least;
  if (facts.mayStart) return 'start';
  return mayQueue && least !== undefined ? least : 'wait';
}
