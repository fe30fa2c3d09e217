/** A small invoke endpoint after the Function Compute API: call a function, list functions, ask whether the server lives. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { InvokeStatus } from '../types.ts';

const invocations = /^\/2023-03-30\/functions\/([^/]+)\/invocations\/?$/;
const functions = /^\/2023-03-30\/functions\/?$/;
/** Log text Function Compute sends back with a call that asks for it: the last 4 KB. */
const LOG_TAIL_BYTES = 4_096;

/** The endpoint over an engine; the caller listens and closes. `maxBodyBytes`: largest event taken, default 32 MB. */
export function createInvokeServer(engine: Engine, maxBodyBytes = 33_554_432): Server {
  return createServer((request, response) => {
    answer(engine, maxBodyBytes, request, response).catch((error: unknown) => fail(response, toIsopodError(error)));
  });
}

async function answer(
  engine: Engine,
  maxBodyBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'GET' && pathname === '/healthz') return send(response, 200, { status: 'ok' });
  if (request.method === 'GET' && functions.test(pathname))
    return send(response, 200, { functions: engine.listFunctions() });
  const name = invocations.exec(pathname)?.[1];
  if (name === undefined) {
    throw new IsopodError(
      'FunctionNotFound',
      `There is nothing at ${request.method} ${pathname}; call POST /2023-03-30/functions/{name}/invocations`,
    );
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    throw new IsopodError('InvalidArgument', 'An invocation is a POST request');
  }
  await invoke(engine, decodeURIComponent(name), await readBody(request, maxBodyBytes), request, response);
}

async function invoke(
  engine: Engine,
  name: string,
  body: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const event = eventOf(body, request.headers['content-type']);
  const type = one(request.headers['x-fc-invocation-type']) ?? 'Sync';
  if (type === 'Async') {
    const taskId = one(request.headers['x-fc-async-task-id']);
    const { requestId } = await engine.invokeAsync(name, event, taskId === undefined ? undefined : { taskId });
    response.setHeader('x-fc-request-id', requestId);
    if (taskId !== undefined) response.setHeader('x-fc-async-task-id', taskId);
    response.writeHead(202).end();
    return;
  }
  if (type !== 'Sync') throw new IsopodError('InvalidArgument', `x-fc-invocation-type is Sync or Async, not ${type}`);
  const status: InvokeStatus = {};
  const abort = new AbortController();
  response.once('close', () => abort.abort(new Error('the client went away')));
  try {
    const value = await engine.invoke(name, event, { status, signal: abort.signal });
    tell(response, status, request);
    if (value instanceof Uint8Array) response.setHeader('content-type', 'application/octet-stream').end(value);
    else response.setHeader('content-type', 'application/json').end(value === undefined ? '' : JSON.stringify(value));
  } catch (error) {
    tell(response, status, request);
    throw error;
  }
}

/** JSON when it is, otherwise the bytes; an empty body is no event. */
function eventOf(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return undefined;
  const declared = contentType?.includes('json') === true;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (declared) throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
    return new Uint8Array(body);
  }
}

function tell(response: ServerResponse, status: InvokeStatus, request: IncomingMessage): void {
  if (status.requestId !== undefined) response.setHeader('x-fc-request-id', status.requestId);
  if (status.instanceId !== undefined) response.setHeader('x-fc-instance-id', status.instanceId);
  if (status.wallMs !== undefined) response.setHeader('x-fc-invocation-duration', status.wallMs.toFixed(3));
  if (one(request.headers['x-fc-log-type']) === 'Tail') {
    const tail = Buffer.from((status.logs ?? []).join('\n')).subarray(-LOG_TAIL_BYTES);
    response.setHeader('x-fc-log-result', tail.toString('base64'));
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes) throw new IsopodError('PayloadTooLarge', `The body has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A function's own failure is an answer (200 with the error type), as Function Compute gives it; others have their status. */
function fail(response: ServerResponse, error: IsopodError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message, errorType, stackTrace, requestId } = error;
  if (requestId !== undefined) response.setHeader('x-fc-request-id', requestId);
  if (error.kind === 'function') {
    response.setHeader('x-fc-error-type', code);
    return send(response, error.status, { errorMessage: message, errorType: errorType ?? code, stackTrace });
  }
  if (error.retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(error.retryAfterMs / 1_000));
  send(response, error.status, { Code: code, Message: message, RequestId: requestId });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);
