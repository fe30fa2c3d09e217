/**
 * The time by which accepted things wait: retries, delayed events, deliveries, timers. One for the process; `isopod/testing`
 * puts another in its place.
 */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; returns what ends that. */
  sleep(ms: number, wake: () => void): () => void;
}

let replaced: Clock | undefined;

/** For tests; undefined: the system's again. */
export function replaceClock(clock: Clock | undefined): void {
  replaced = clock;
}

/**
 * Milliseconds since the epoch that do not jump while the process runs, whatever is done to the machine's clock: what is
 * kept in the journal is compared with them, and a wrong step must neither expire events nor make them wait for years.
 */
export function now(): number {
  return replaced === undefined ? performance.timeOrigin + performance.now() : replaced.now();
}

/** As the machine's clock says, which is what the moments of a day go by. */
export const wallNow = (): number => replaced?.now() ?? Date.now();

export function sleep(ms: number, wake: () => void): () => void {
  if (replaced !== undefined) return replaced.sleep(ms, wake);
  const timer = setTimeout(wake, ms);
  return () => clearTimeout(timer);
}
