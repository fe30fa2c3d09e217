/** How far memory may go beyond `memorySize` before an isolate that runs beside others in one process is ended. */

/** MB that V8 may add to an isolate's heap beyond its `memorySize`, so that one large allocation never finds it full: V8 aborts the process then. */
export const HEADROOM_MB = 1_300;

/**
 * V8 collects late in a heap with that much room: what is alive is up to twice as much with what is not. Beyond that, and what a
 * call needs outside of the heap, the code holds more than it may.
 */
const GARBAGE_FACTOR = 2;
const SLACK_BYTES = 64_000_000;

/** Whether a crossing that gained so many bytes is over an isolate's memory. */
export function overGrown(gainedBytes: number, memoryMB: number): boolean {
  return gainedBytes > memoryMB * 1_000_000 * GARBAGE_FACTOR + SLACK_BYTES;
}

/** The same of an isolate at rest, whose heap tells its size. */
export function overFull(usedBytes: number, memoryMB: number): boolean {
  return usedBytes > memoryMB * 1_000_000 * GARBAGE_FACTOR;
}
