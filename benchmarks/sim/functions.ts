/** What a simulated function takes: time to run, time to start, memory. */
import { Random } from './random.ts';

export interface Profile {
  /** Median of a call; milliseconds. */
  readonly runMs: number;
  /** Of a whole start, and the initializer's part of it; milliseconds. */
  readonly startMs: number;
  readonly initializerMs: number;
  readonly bytes: number;
}

/**
 * Functions as isolates host them: calls of milliseconds with a long tail, starts as the `cold` benchmark sees them, instances
 * of 1.4 MB and more.
 */
export function profiles(count: number, seed: number): Profile[] {
  const random = new Random(seed ^ 0x5bd1e995);
  return Array.from({ length: count }, () => {
    const startMs = Math.min(500, random.logNormal(3.5, 0.9));
    return {
      runMs: Math.min(10_000, random.logNormal(10, 1.5)),
      startMs,
      initializerMs: startMs * 0.2,
      bytes: Math.min(100e6, 1.4e6 + random.logNormal(0.8e6, 1)),
    };
  });
}
