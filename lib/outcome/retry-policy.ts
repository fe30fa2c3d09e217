/**
 * Decides what follows a failed async attempt. Pure. Function errors are retried a few times, system errors with
 * exponential backoff and by default without end (Function Compute's asynchronous invocation).
 */
import type { IsopodError } from '../errors.ts';
import type { DeclaredAsync } from '../function/declaration.ts';

/** Attempts that failed so far, by who was to blame. */
export interface Failures {
  functionErrors: number;
  systemErrors: number;
}

/** Milliseconds to wait before the next attempt, or undefined when there is none. `random`: 0 to 1, spreads retries. */
export function retryDelay(
  error: IsopodError,
  failures: Readonly<Failures>,
  config: DeclaredAsync,
  random: number,
): number | undefined {
  const system = error.kind === 'system';
  const failed = system ? failures.systemErrors : failures.functionErrors;
  const limit = system ? config.maxSystemRetryAttempts : config.maxAsyncRetryAttempts;
  if (error.kind === 'caller' || failed > limit) return undefined;
  const backoff = Math.min(config.maxRetryBackoffMs, config.retryBackoffMs * 2 ** Math.min(30, failed - 1));
  return backoff * (0.5 + random / 2);
}
