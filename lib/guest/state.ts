import { indexOf } from './intrinsics.ts';

/** What the kernel's parts share. One object of fixed shape, never reachable by guest code. */
export const state = {
  requestPrefix: '',
  maxLogChars: 65_536,
  maxResultChars: 33_554_432,
  maxHostCalls: 1_000,
  concurrency: 1,
  /** Number of the call whose code runs now; output is put down to it. */
  current: 0,
  /** There is something to say beside results: logs, timers, host calls, calls not settled. */
  dirty: false,
  /** Guest code ran since the last report; what its microtasks came to is seen by one more look. */
  worked: false,
  /** The module's top level is being evaluated for a snapshot: reads of what must be fresh are noted. */
  recording: false,
  /** What the top level read that differs per instance, by name. */
  touched: '',
};

/** Notes that the module's top level read `source` (a clock, random numbers, the environment). */
export function touch(source: string): void {
  if (!state.recording || indexOf(state.touched, source) >= 0) return;
  state.touched += state.touched === '' ? source : `, ${source}`;
}
