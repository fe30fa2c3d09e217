/**
 * Ends calls that run past their deadline while the thread is blocked inside them.
 *
 * A tiny trusted isolate sits on one of isolated-vm's own threads, holds handles of this thread's isolates and
 * looks every few milliseconds at a counter the thread moves when it enters and leaves a guest. Entering and
 * leaving cost two atomic additions: no clock, no timer, no allocation. After a while without calls the watch ends,
 * until the next call starts it again: while it runs it keeps the process alive, as every task of isolated-vm does.
 *
 * `shared` is laid out in `watch-memory.ts`. PROGRESS is counted up by the guest kernel for each event of a batch: every
 * event has its own deadline. Crossings that take long are made known to the sentinel, whose verdict is carried out here.
 */
import { readlinkSync } from 'node:fs';
import ivm from 'isolated-vm';
import {
  ALARM,
  ASLEEP,
  CONDEMNED,
  CPU_MS,
  EPOCH,
  KILLED,
  LAST_EPOCH,
  LIMIT_MS,
  LONG_MS,
  MEMORY_MB,
  OVER_TIME,
  REASON,
  RUNNING,
  SHIFT,
  THREAD,
  WAKE,
} from './watch-memory.ts';

/** Longest time between two looks, hence the overrun of a deadline. */
const POLL_MS = 5;
/** Looks without a call before it goes to sleep. */
const IDLE_LOOKS = 20;

const script = `(() => {
  const isolates = new Map();
  let shared, progress, alarm;
  const watch = (shift) => {
    let seenEpoch = -1, seenProgress = 0, ran = 0, long = 0, last = Date.now(), idle = 0;
    while (Atomics.load(shared, ${SHIFT}) === shift) {
      const wake = Atomics.load(shared, ${WAKE});
      const epoch = Atomics.load(shared, ${EPOCH});
      const now = Date.now();
      let wait = ${POLL_MS};
      if ((epoch & 1) === 1 && epoch < ${KILLED}) {
        idle = 0;
        const begun = Atomics.load(progress, 0);
        const limit = Atomics.load(shared, ${LIMIT_MS});
        if (epoch !== seenEpoch) long = 0;
        if (epoch !== seenEpoch || begun !== seenProgress) {
          seenEpoch = epoch; seenProgress = begun; ran = 0;
        } else {
          const passed = Math.min(Math.max(now - last, 0), 50);
          ran += passed;
          if (long < ${LONG_MS} && (long += passed) >= ${LONG_MS}) {
            Atomics.add(alarm, ${ALARM}, 1);
            Atomics.notify(alarm, ${ALARM});
          }
          if (ran >= limit || Atomics.load(shared, ${CONDEMNED}) === epoch) {
            const isolate = isolates.get(Atomics.load(shared, ${RUNNING}));
            if (isolate !== undefined && Atomics.compareExchange(shared, ${EPOCH}, epoch, epoch + ${KILLED}) === epoch) {
              try { isolate.dispose(); } catch {}
            }
          }
        }
        wait = Math.max(1, Math.min(${POLL_MS}, limit - ran));
      } else if (epoch >= ${KILLED}) {
        wait = 1;
      } else if (++idle >= ${IDLE_LOOKS}) {
        Atomics.store(shared, ${ASLEEP}, 1);
        // A call that began meanwhile has either seen ASLEEP and starts the next watch, or is taken over here.
        if (Atomics.load(shared, ${EPOCH}) === epoch || Atomics.compareExchange(shared, ${ASLEEP}, 1, 0) === 0) return;
        idle = 0;
      }
      last = now;
      Atomics.wait(shared, ${WAKE}, wake, wait);
    }
  };
  return {
    open(buffer, count, bell) { shared = buffer; progress = count; alarm = bell; },
    add(id, isolate, ...gone) {
      isolates.set(id, isolate);
      for (const old of gone) isolates.delete(old);
    },
    watch,
  };
})()`;

/** Ends the watchdog of another thread, which may not get to do it itself. */
export function haltWatchdog(shared: SharedArrayBuffer): void {
  const view = new Int32Array(shared);
  Atomics.store(view, SHIFT, -1);
  Atomics.add(view, WAKE, 1);
  Atomics.notify(view, WAKE);
}

/** The isolate another thread is inside of right now; 0 when it is in none. */
export function runningIsolate(shared: SharedArrayBuffer): number {
  const view = new Int32Array(shared);
  return (Atomics.load(view, EPOCH) & 1) === 1 ? Atomics.load(view, RUNNING) : 0;
}

/** What the system calls this thread; 0 where it does not say. */
function threadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1)) || 0;
  } catch {
    return 0;
  }
}

export class Watchdog {
  readonly shared: SharedArrayBuffer;
  readonly #shared: Int32Array;
  readonly #isolate: ivm.Isolate;
  readonly #add: ivm.Reference;
  readonly #watch: ivm.Reference;
  #nextId = 1;
  #shift = 0;
  /** Ids no longer watched, told to the watchdog with the next registration. */
  #gone: number[] = [];
  #stopped = false;
  readonly #onExit = (): void => this.stop();
  /** Counted up by guest kernels; handed to each at boot. */
  readonly progress: ivm.ExternalCopy<Int32Array>;
  readonly #progress: Int32Array;

  /** `shared`: memory another thread can `halt` this watchdog through. `alarm`: wakes the sentinel. */
  constructor(shared: SharedArrayBuffer, alarm: SharedArrayBuffer) {
    this.shared = shared;
    this.#shared = new Int32Array(shared);
    this.#shared[THREAD] = threadNumber();
    this.#progress = new Int32Array(new SharedArrayBuffer(8));
    this.progress = new ivm.ExternalCopy(this.#progress);
    this.#isolate = new ivm.Isolate({ memoryLimit: 16 });
    const context = this.#isolate.createContextSync();
    const dog = context.evalSync(script, { reference: true }) as ivm.Reference<Record<string, unknown>>;
    const method = (name: string): ivm.Reference => dog.getSync(name, { reference: true }) as ivm.Reference;
    this.#add = method('add');
    this.#watch = method('watch');
    method('open').applySync(undefined, [
      new ivm.ExternalCopy(this.#shared).copyInto({ release: true }),
      this.progress.copyInto(),
      new ivm.ExternalCopy(new Int32Array(alarm)).copyInto({ release: true }),
    ]);
    // A thread of isolated-vm that still runs when the process ends would hang it.
    process.once('exit', this.#onExit);
    this.#watch.applyIgnored(undefined, [this.#shift]);
  }

  /** Begins to watch an isolate; the number is what `enter` takes. */
  add(isolate: ivm.Isolate): number {
    const id = this.#nextId++;
    // Calls into one isolate run in order: the watch has to end for the registration, and begins anew behind it. It
    // notices at its next look; waking it would cost a start two thread switches.
    this.#endShift();
    this.#add.applyIgnored(undefined, [id, isolate, ...this.#gone]);
    this.#gone = [];
    this.#watch.applyIgnored(undefined, [this.#shift]);
    return id;
  }

  remove(id: number): void {
    this.#gone.push(id);
  }

  #endShift(): void {
    this.#shift = (this.#shift + 1) & 0x3fff_ffff;
    Atomics.store(this.#shared, ASLEEP, 0);
    Atomics.store(this.#shared, SHIFT, this.#shift);
  }

  /** The thread is about to run a guest, for at most `limitMs` without progress. `cpuMs`: of processor time; 0 for no limit. */
  enter(id: number, limitMs: number, memoryMB: number, cpuMs: number): void {
    const shared = this.#shared;
    shared[RUNNING] = id;
    shared[LIMIT_MS] = limitMs;
    shared[MEMORY_MB] = memoryMB;
    shared[CPU_MS] = cpuMs;
    Atomics.add(shared, EPOCH, 1);
    if (Atomics.load(shared, ASLEEP) === 1) this.#resume();
  }

  #resume(): void {
    if (Atomics.exchange(this.#shared, ASLEEP, 0) === 1) this.#watch.applyIgnored(undefined, [this.#shift]);
  }

  /** The thread is back. Above 0 when the watchdog gave the crossing up, and why: its isolate is gone. */
  leave(): number {
    const before = Atomics.add(this.#shared, EPOCH, 1);
    if (before < LAST_EPOCH) return 0;
    const condemned = Atomics.load(this.#shared, CONDEMNED) === before - KILLED;
    // Epochs come again from here on: no verdict of before may meet them.
    Atomics.store(this.#shared, CONDEMNED, -1);
    Atomics.store(this.#shared, EPOCH, 0);
    if (before < KILLED) return 0;
    return condemned ? (this.#shared[REASON] as number) : OVER_TIME;
  }

  /** Events begun by guests of this thread so far. */
  get begun(): number {
    return this.#progress[0] as number;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    process.off('exit', this.#onExit);
    this.#endShift();
    Atomics.add(this.#shared, WAKE, 1);
    Atomics.notify(this.#shared, WAKE);
    try {
      this.#isolate.dispose();
    } catch {
      // Already gone.
    }
  }
}
