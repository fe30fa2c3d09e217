/** What a caller is told whose event does not fit. */
import { IsopodError } from '../errors.ts';

const RETRY_AFTER_MS = 1_000;

export const full = (why: string): IsopodError =>
  new IsopodError('ResourceExhausted', `The event was not accepted: ${why}, or send again later`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
