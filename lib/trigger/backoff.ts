/** Waits between attempts, and waits that end when a trigger stops. */
import { IsopodError } from '../errors.ts';

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** Milliseconds before attempt `failures + 1`: doubling, spread over half of itself. */
export function backoffMs(failures: number, first = FIRST_MS, longest = LONGEST_MS): number {
  const whole = Math.min(longest, first * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return whole * (0.5 + Math.random() / 2);
}

/** Resolves after `ms`, or at once when `signal` aborts; true when the time has passed. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (passed: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
      resolve(passed);
    };
    const stopped = (): void => end(false);
    const timer = setTimeout(end, ms, true);
    signal.addEventListener('abort', stopped);
  });
}

export const stoppedError = (): IsopodError =>
  new IsopodError('InvocationAborted', 'The trigger was stopped; the event comes again when it starts');
