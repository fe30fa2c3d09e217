/**
 * Timers. The guest has no clock interrupt: the host asks (OP_RESUME) when the earliest timer is due, and only while
 * calls are in progress unless the function was granted more, so an idle instance is frozen as Function Compute's is.
 */

import { clockMs, tickAfter } from './clock.ts';
import { codedError } from './coded.ts';
import { NEAR, tellNear } from './host-calls.ts';
import { getFrom, NativeMap, NativeTypeError, numberOf, putIn, reflectApply, removeFrom } from './intrinsics.ts';
import { state } from './state.ts';

interface Timer {
  readonly id: number;
  readonly run: (...args: unknown[]) => unknown;
  readonly args: unknown[];
  readonly everyMs: number;
  readonly no: number;
  due: number;
  next: Timer | undefined;
}

const MAX_DELAY_MS = 2_147_483_647;
/** Timers one instance may have waiting. */
const MAX_TIMERS = 10_000;
const NEAR_TIMERS = MAX_TIMERS * NEAR;
let nextId = 1;
let count = 0;
/** Sorted by due time, earliest first. */
let first: Timer | undefined;
const byId = new NativeMap<number, Timer>();

function insert(timer: Timer): void {
  if (first === undefined || timer.due < first.due) {
    timer.next = first;
    first = timer;
    return;
  }
  let at = first;
  while (at.next !== undefined && at.next.due <= timer.due) at = at.next;
  timer.next = at.next;
  at.next = timer;
}

function add(run: unknown, delay: unknown, args: unknown[], repeat: boolean): number {
  if (typeof run !== 'function') throw new NativeTypeError('The callback of a timer must be a function');
  if (count >= MAX_TIMERS) {
    throw codedError(
      'TimerLimitExceeded',
      `An instance may have at most ${MAX_TIMERS} timers waiting; let some fire or clear them before setting more`,
    );
  }
  if (count === NEAR_TIMERS) tellNear('timers', count, MAX_TIMERS);
  let ms = numberOf(delay);
  if (!(ms >= 1 && ms <= MAX_DELAY_MS)) ms = 1;
  const id = nextId++;
  const timer: Timer = {
    id,
    run: run as Timer['run'],
    args,
    everyMs: repeat ? ms : -1,
    no: state.current,
    due: tickAfter(clockMs() + ms),
    next: undefined,
  };
  count++;
  putIn(byId, id, timer);
  insert(timer);
  state.dirty = true;
  return id;
}

export function setTimeout(run: unknown, delay?: unknown, ...args: unknown[]): number {
  return add(run, delay, args, false);
}

export function setInterval(run: unknown, delay?: unknown, ...args: unknown[]): number {
  return add(run, delay, args, true);
}

export function clearTimer(id: unknown): void {
  const timer = typeof id === 'number' ? getFrom(byId, id) : undefined;
  if (timer === undefined) return;
  removeFrom(byId, timer.id);
  count--;
  if (first === timer) {
    first = timer.next;
    return;
  }
  let at = first;
  while (at !== undefined && at.next !== timer) at = at.next;
  if (at !== undefined) at.next = timer.next;
}

/** Runs the timers due now, those set meanwhile left out. `failed` gets what a callback throws. */
export function runDueTimers(failed: (error: unknown, no: number) => void): void {
  const now = clockMs();
  const lastId = nextId;
  while (first !== undefined && first.due <= now && first.id < lastId) {
    const timer = first;
    first = timer.next;
    if (timer.everyMs < 0) {
      removeFrom(byId, timer.id);
      count--;
    } else {
      timer.due = tickAfter(now + timer.everyMs);
      insert(timer);
    }
    state.current = timer.no;
    state.worked = true;
    try {
      reflectApply(timer.run, undefined, timer.args);
    } catch (error) {
      failed(error, timer.no);
    }
  }
}

/** Milliseconds until the earliest timer is due, or -1 when none waits. */
export function nextTimerMs(): number {
  if (first === undefined) return -1;
  const ms = first.due - clockMs();
  // Not Math.max: the guest may have replaced Math.max.
  return ms < 0 ? 0 : ms;
}
