/** Errors of clients, whatever they throw, as ours. */
import { IsopodError } from '../errors.ts';

/** What goes wrong outside of calls is the source's: it is told that a message is done, and cannot be reached. */
export function sourceError(thrown: unknown): IsopodError {
  if (thrown instanceof IsopodError) return thrown;
  // Clients gather several failures in one error, or leave its message empty.
  const { message, errors, code } = thrown as { message?: string; errors?: readonly Error[]; code?: string };
  const why = message || errors?.map((error) => error.message).join('; ') || code || String(thrown);
  return new IsopodError('SourceFailed', `The source fails: ${why}`, { cause: thrown });
}
