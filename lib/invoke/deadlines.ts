/**
 * Gives up calls whose deadline has passed while they wait or await. Calls of one function have one timeout, so the
 * oldest is due first: a look at the first open call of each instance is enough, and a call costs nothing here.
 * (A guest that does not return at all is ended by the watchdog of its thread.)
 */
import type { IsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import { NEAR, overTime, type Timed } from '../instance/limits.ts';
import type { Pool } from '../pool/pool.ts';

/** Milliseconds between two looks; a deadline is overrun by at most about this. */
const LOOK_MS = 10;

export class Deadlines {
  /** Pools with calls that run or wait. */
  readonly #pools = new Set<Pool>();
  #timer: NodeJS.Timeout | undefined;

  /** A pool has calls to look after. */
  watch(pool: Pool): void {
    pool.isWatched = true;
    this.#pools.add(pool);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    const now = performance.now();
    for (const pool of this.#pools) {
      if (lookAt(pool, now) > 0) continue;
      pool.isWatched = false;
      this.#pools.delete(pool);
    }
    if (this.#pools.size === 0) this.stop();
  }

  stop(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Ends what is overdue. How many calls there are. */
function lookAt(pool: Pool, now: number): number {
  let left = 0;
  for (const call of pool.waiting()) {
    left++;
    if (call.deadlineAt > now) break;
    pool.forget(call);
    call.fail(overdue(call, 'wait'));
  }
  for (const instance of pool.staff.serving()) {
    left += instance.openCount;
    // Calls queued up behind one that holds the instance are not to blame: they run elsewhere once it is gone.
    if (instance.expiring) continue;
    for (const call of instance.openCalls) {
      if (call.done) continue;
      if (!call.nearTime) warn(call, pool, now);
      if (call.deadlineAt > now || instance.isHeldUp(call)) break;
      const error = overdue(call, 'call');
      call.fail(error);
      instance.expire(call, error);
      break;
    }
  }
  return left;
}

/** Once a call: when most of its time is gone. */
function warn(call: Call, { definition }: Pool, now: number): void {
  const allowed = Math.min(call.timeoutMs, definition.timeoutMs);
  const left = call.deadlineAt - now;
  if (left > allowed * (1 - NEAR)) return;
  call.nearTime = true;
  definition.near('time', allowed - left, allowed);
}

const overdue = (call: Call, timed: Timed): IsopodError => overTime(call.deadlineAt - call.acceptedAt, timed);
