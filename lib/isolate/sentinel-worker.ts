/**
 * The sentinel's thread: wakes when a crossing takes long, and looks every few milliseconds at what the system says of the
 * thread it runs on, until it is over. V8 tells nobody the size of a heap while its isolate runs, so memory is judged by
 * what the process gained, put down to threads by the page faults they made; processor time is the thread's own.
 * Started by `sentinel.ts`, never imported.
 */
import { readFileSync } from 'node:fs';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { overGrown } from './overgrown.ts';
import {
  ALARM,
  CONDEMNED,
  CPU_MS,
  EPOCH,
  KILLED,
  MEMORY_MB,
  OVER_CPU,
  OVER_MEMORY,
  REASON,
  STOP,
  THREAD,
} from './watch-memory.ts';

/** Milliseconds between two looks while a crossing takes long. */
const LOOK_MS = 8;
/** What a tick of the system's clock is in milliseconds, in /proc. */
const TICK_MS = 10;

interface Watched {
  readonly shared: Int32Array;
  /** The crossing that was under way at the last look; 0 for none. */
  epoch: number;
  /** Bytes the process gained during it that are put down to its thread. */
  gained: number;
  /** Page faults of the thread at the last look. */
  faults: number;
  /** Processor time of the thread when the crossing was first seen; milliseconds. */
  cpuMs: number;
}

interface Use {
  readonly faults: number;
  readonly cpuMs: number;
}

const alarm = new Int32Array(workerData as SharedArrayBuffer);
const port = parentPort as MessagePort;
const threads = new Map<SharedArrayBuffer, Watched>();
let bytes = 0;
let faults = 0;

/** Of a thread; of the whole process for 0, which is what remains where the system does not tell. */
function useOf(thread: number): Use {
  try {
    const stat = readFileSync(thread === 0 ? '/proc/self/stat' : `/proc/self/task/${thread}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Fields 10, 14 and 15 of proc(5); the first here is field 3.
    return { faults: Number(fields[7]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    const { user, system } = process.cpuUsage();
    return { faults: 0, cpuMs: (user + system) / 1_000 };
  }
}

function receive(): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const { add, remove } = next.message as { add?: SharedArrayBuffer; remove?: SharedArrayBuffer };
    if (remove !== undefined) threads.delete(remove);
    if (add !== undefined) {
      threads.set(add, { shared: new Int32Array(add), epoch: 0, gained: 0, faults: 0, cpuMs: 0 });
    }
  }
}

/** Looks at every thread. Whether one is still in the crossing it was in before. */
function look(): boolean {
  const gained = process.memoryUsage.rss() - bytes;
  const faulted = useOf(0).faults - faults;
  bytes += gained;
  faults += faulted;
  let long = false;
  let running = 0;
  for (const { shared } of threads.values()) if (Atomics.load(shared, EPOCH) & 1) running++;
  for (const watched of threads.values()) {
    const { shared } = watched;
    const epoch = Atomics.load(shared, EPOCH);
    if ((epoch & 1) === 0 || epoch >= KILLED) {
      watched.epoch = 0;
      continue;
    }
    const use = useOf(shared[THREAD] as number);
    if (epoch === watched.epoch) {
      long = true;
      const share = shared[THREAD] === 0 || faulted <= 0 ? 1 / running : (use.faults - watched.faults) / faulted;
      watched.gained = Math.max(0, watched.gained + gained * (gained < 0 ? 1 : Math.min(1, share)));
      judge(watched, epoch, use);
    } else {
      Object.assign(watched, { epoch, gained: 0, cpuMs: use.cpuMs });
    }
    watched.faults = use.faults;
  }
  return long;
}

function judge({ shared, gained, cpuMs }: Watched, epoch: number, use: Use): void {
  const cpuLimit = shared[CPU_MS] as number;
  if (overGrown(gained, shared[MEMORY_MB] as number)) condemn(shared, epoch, OVER_MEMORY);
  else if (cpuLimit > 0 && use.cpuMs - cpuMs > cpuLimit) condemn(shared, epoch, OVER_CPU);
}

/** The watchdog of the thread ends the crossing at its next look, unless it is over by then. */
function condemn(shared: Int32Array, epoch: number, reason: number): void {
  shared[REASON] = reason;
  Atomics.store(shared, CONDEMNED, epoch);
}

for (let alarmed = true; Atomics.load(alarm, STOP) === 0; ) {
  const seen = Atomics.load(alarm, ALARM);
  receive();
  const long = look();
  // One more look after an alarm: the first only takes down what there is.
  const woken: string = Atomics.wait(alarm, ALARM, seen, long || alarmed ? LOOK_MS : Number.POSITIVE_INFINITY);
  alarmed = woken !== 'timed-out';
}
port.close();
