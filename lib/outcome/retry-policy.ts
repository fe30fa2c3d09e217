/**
 * Decides what follows a failed async attempt. Pure. Function errors are retried a few times; system errors with
 * exponential backoff, without end or as long as the policy says (Function Compute's asynchronous invocation).
 */
import type { IsopodError } from '../errors.ts';
import type { AsyncPolicy } from '../function/async-config.ts';

/** Attempts that failed so far, by who was to blame. */
export interface Failures {
  readonly functionErrors: number;
  readonly systemErrors: number;
}

/** How long system errors are retried where that has an end; Function Compute's 5 hours, in milliseconds. */
const SYSTEM_RETRY_MS = 5 * 3_600_000;

/** The function, or the engine, had no room for the call: it was not attempted. */
export const isThrottle = (error: IsopodError): boolean => error.code === 'ResourceExhausted';

/**
 * Milliseconds to wait before the next attempt, or undefined when there is none. `ageMs`: since the event was accepted;
 * `random`: 0 to 1, spreads retries.
 */
export function retryDelay(
  error: IsopodError,
  failures: Failures,
  policy: AsyncPolicy,
  ageMs: number,
  random: number,
): number | undefined {
  if (error.kind === 'caller') return undefined;
  const { functionErrors, systemErrors } = failures;
  if (error.kind === 'function') {
    return functionErrors > policy.maxAsyncRetryAttempts ? undefined : backoff(functionErrors, policy, random);
  }
  return mayRetrySystemError(error, policy, ageMs) ? backoff(systemErrors, policy, random) : undefined;
}

/** With `none`, only calls that found no room are tried again, for 5 hours. */
export function mayRetrySystemError(error: IsopodError, { systemErrorPolicy }: AsyncPolicy, ageMs: number): boolean {
  if (systemErrorPolicy === 'unlimited') return true;
  return ageMs < SYSTEM_RETRY_MS && (systemErrorPolicy === '5h' || isThrottle(error));
}

/** Doubles with every failure up to its bound; spread down to half, so that events that failed together come apart. */
export function backoff(failed: number, policy: AsyncPolicy, random: number): number {
  const whole = Math.min(policy.maxRetryBackoffMs, policy.retryBackoffMs * 2 ** Math.min(30, failed - 1));
  return whole * (0.5 + random / 2);
}
