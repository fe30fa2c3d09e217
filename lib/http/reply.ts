/** Answers in the form Function Compute 3.0 gives them. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { IsopodError } from '../errors.ts';
import type { InvokeStatus } from '../types.ts';

export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** Log text that goes back with a call that asks for it: the last 4 KB. */
const LOG_TAIL_BYTES = 4_096;

export function replyWithJson(status: number, body: unknown, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Bytes and text as they are, nothing as an empty body, everything else as JSON. */
export function replyWithValue(value: unknown, headers: OutgoingHttpHeaders): Reply {
  if (value instanceof Uint8Array) {
    return { status: 200, headers: { 'content-type': 'application/octet-stream', ...headers }, body: value };
  }
  if (typeof value === 'string') {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: value };
  }
  return value === undefined ? { status: 200, headers } : replyWithJson(200, value, headers);
}

/**
 * A function's own failure is an answer: 200, the kind of failure in a header, the error in the body. Every other
 * failure is an error of the API, with the status of its code.
 */
export function replyWithFailure(error: IsopodError, requestId: string, headers: OutgoingHttpHeaders = {}): Reply {
  const { code, kind, status, message, errorType, stackTrace, retryAfterMs } = error;
  const all: OutgoingHttpHeaders = { ...headers, 'x-fc-request-id': error.requestId ?? requestId };
  if (kind === 'function' && status === 200) {
    all['x-fc-error-type'] = code === 'HandledInvocationError' ? code : 'UnhandledInvocationError';
    return replyWithJson(status, { errorMessage: message, errorType: errorType ?? code, stackTrace }, all);
  }
  if (retryAfterMs !== undefined) all['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  return replyWithJson(status, { RequestId: all['x-fc-request-id'], Code: code, Message: message }, all);
}

/** What is known of a call. */
export function statusHeaders(status: InvokeStatus, wantsLogs: boolean): OutgoingHttpHeaders {
  const { requestId, instanceId, wallMs, heapUsedBytes, logs = [] } = status;
  const tail = wantsLogs ? Buffer.from(logs.join('\n')).subarray(-LOG_TAIL_BYTES).toString('base64') : undefined;
  return {
    ...(requestId !== undefined && { 'x-fc-request-id': requestId }),
    ...(instanceId !== undefined && { 'x-fc-instance-id': instanceId }),
    ...(wallMs !== undefined && { 'x-fc-invocation-duration': Math.ceil(wallMs) }),
    ...(heapUsedBytes !== undefined && { 'x-fc-max-memory-usage': (heapUsedBytes / 1_048_576).toFixed(2) }),
    ...(tail !== undefined && { 'x-fc-log-result': tail }),
  };
}

/** Writes the answer. A body that was not read to its end cannot be followed by another request: the connection ends. */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  if (!request.complete) {
    response.setHeader('connection', 'close');
    request.resume();
  }
  response.writeHead(status, headers).end(body);
}
