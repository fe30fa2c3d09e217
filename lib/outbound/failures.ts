/** What a guest is told when a request came to nothing. Addresses behind a name are not its business. */
import { IsopodError } from '../errors.ts';

export const failed = (message: string, cause?: unknown): IsopodError =>
  new IsopodError('NetworkFailed', message, cause === undefined ? {} : { cause });

/** `name`: the field of `network` that raises the limit. */
export const limitExceeded = (message: string, name: string): IsopodError =>
  new IsopodError('NetworkLimitExceeded', `${message}; raise network.${name} if that is meant`);

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name has no address',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no connection within the time allowed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed',
  UND_ERR_SOCKET: 'the other side closed the connection',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
};

/** A failure below, as one of ours; those of ours stay, also where they are another's cause. */
export function networkError(error: unknown, origin: string): IsopodError {
  if (error instanceof IsopodError) return error;
  const { cause, code, message, errors } = error as Partial<Error & { code: unknown; errors: unknown[] }>;
  if (cause instanceof IsopodError) return cause;
  const first = (errors?.[0] ?? cause) as { code?: unknown } | undefined;
  const known = [code, first?.code].find(
    (each): each is string => typeof each === 'string' && Object.hasOwn(reasons, each),
  );
  const why = known !== undefined ? `${reasons[known]} (${known})` : typeof code === 'string' ? code : String(message);
  return failed(`The request to ${origin} failed: ${why}`, error);
}
