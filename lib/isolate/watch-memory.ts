/**
 * The memory a thread with isolates shares with those who watch it: its watchdog (a trusted isolate) and the process's
 * sentinel (a thread). One Int32 each.
 */

/** Odd inside a guest; the watchdog adds KILLED when it gives a crossing up, so that exactly one side decides how it ended. */
export const EPOCH = 0;
/** Which isolate runs. */
export const RUNNING = 1;
/** Milliseconds it may run without progress. */
export const LIMIT_MS = 2;
export const WAKE = 3;
export const ASLEEP = 4;
/** Which run of the watchdog's loop is the current one; another value ends the run. */
export const SHIFT = 5;
/** The system's number of the thread; 0 where that is not told. */
export const THREAD = 6;
/** MB of heap the running isolate was declared with. */
export const MEMORY_MB = 7;
/** Milliseconds of processor time the running crossing may take; 0 for no limit of its own. */
export const CPU_MS = 8;
/** The epoch the sentinel condemned, and why. */
export const CONDEMNED = 9;
export const REASON = 10;

export const WATCH_BYTES = 64;

export const KILLED = 0x4000_0000;
/** The epoch starts anew here, far below KILLED. */
export const LAST_EPOCH = 0x3fff_0000;

/** Why a crossing was given up. */
export const OVER_TIME = 1;
export const OVER_MEMORY = 2;
export const OVER_CPU = 3;

/** Milliseconds a crossing has to take before the sentinel looks at it. */
export const LONG_MS = 10;

/** The alarm wakes the sentinel: counted up at ALARM; STOP is set to end it. */
export const ALARM = 0;
export const STOP = 1;
export const ALARM_BYTES = 8;
