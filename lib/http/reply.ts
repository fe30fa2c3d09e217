/** Answers to invocations in the form Function Compute gives them. */
import type { IsopodError } from '../errors.ts';
import type { InvokeStatus } from '../types.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: string | Uint8Array;
}

type Headers = Reply['headers'];

const json = (value: unknown, headers: Headers): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

/** Bytes and text as they are, nothing as an empty body, everything else as JSON. */
export function replyWithValue(value: unknown, headers: Headers): Reply {
  if (value instanceof Uint8Array) {
    return { status: 200, headers: { 'content-type': 'application/octet-stream', ...headers }, body: value };
  }
  if (typeof value === 'string') {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: value };
  }
  return value === undefined ? { status: 200, headers } : json(value, headers);
}

/** How a function failed: by its own word, or not. */
export const failureKind = ({ code }: IsopodError): 'Handled' | 'Unhandled' =>
  code === 'HandledInvocationError' ? 'Handled' : 'Unhandled';

/** `traceName`: Function Compute and Lambda have other words for the stack. */
export function failureBody(error: IsopodError, traceName: 'stackTrace' | 'trace'): string {
  const { code, message, errorType, stackTrace } = error;
  return JSON.stringify({ errorMessage: message, errorType: errorType ?? code, [traceName]: stackTrace });
}

/** A function's own failure is an answer: 200, the kind of failure in a header, the error in the body. */
export function replyWithFailure(error: IsopodError, headers: Headers): Reply {
  const all = {
    'content-type': 'application/json',
    ...headers,
    'x-fc-error-type': `${failureKind(error)}InvocationError`,
  };
  return { status: 200, headers: all, body: failureBody(error, 'stackTrace') };
}

/** What is known of a call; `logTail`: when it is asked for. */
export function statusHeaders(status: InvokeStatus, logTail: string | undefined): Headers {
  const { requestId, instanceId, wallMs, heapUsedBytes } = status;
  return {
    ...(requestId !== undefined && { 'x-fc-request-id': requestId }),
    ...(instanceId !== undefined && { 'x-fc-instance-id': instanceId }),
    ...(wallMs !== undefined && { 'x-fc-invocation-duration': Math.ceil(wallMs) }),
    ...(heapUsedBytes !== undefined && { 'x-fc-max-memory-usage': (heapUsedBytes / 1_048_576).toFixed(2) }),
    ...(logTail !== undefined && { 'x-fc-log-result': logTail }),
  };
}
