/**
 * A small invoke endpoint after the Function Compute 3.0 API: call a function, list functions, ask whether the server
 * lives. Checks no signatures: for loopback and trusted networks only.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { InvokeStatus } from '../types.ts';
import { readBody } from './body.ts';
import { type Reply, replyWithFailure, replyWithJson, replyWithValue, send, statusHeaders } from './reply.ts';

export interface InvokeServerOptions {
  /** Largest event taken, in bytes; default 32 MB (Function Compute's sync limit). */
  readonly maxBodyBytes?: number;
}

const invocations = /^\/2023-03-30\/functions\/([^/]+)\/invocations\/?$/;
const functions = /^\/2023-03-30\/functions\/?$/;
/** Function Compute's task ids. */
const taskIdForm = /^[A-Za-z_][\w-]{0,127}$/;

/** The endpoint over an engine; the caller listens and closes. */
export function createInvokeServer(engine: Engine, { maxBodyBytes = 33_554_432 }: InvokeServerOptions = {}): Server {
  return createServer((request, response) => {
    answer(engine, maxBodyBytes, request, response)
      .catch((error: unknown) => replyWithFailure(toIsopodError(error), randomUUID()))
      .then((reply) => send(request, response, reply))
      .catch(() => response.destroy());
  });
}

async function answer(
  engine: Engine,
  maxBodyBytes: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  const { pathname, searchParams } = addressOf(request);
  if (pathname === '/healthz') {
    allow(request, response, 'GET');
    return replyWithJson(200, { status: 'ok' });
  }
  if (functions.test(pathname)) {
    allow(request, response, 'GET');
    return replyWithJson(200, { functions: engine.listFunctions() });
  }
  const name = invocations.exec(pathname)?.[1];
  if (name === undefined) {
    throw new IsopodError(
      'FunctionNotFound',
      `There is nothing at ${pathname}; call POST /2023-03-30/functions/{name}/invocations`,
    );
  }
  allow(request, response, 'POST');
  const functionName = decode(name);
  const qualifier = searchParams.get('qualifier') ?? 'LATEST';
  if (qualifier !== 'LATEST') {
    throw new IsopodError('FunctionNotFound', `${functionName} has no version or alias ${qualifier}; only LATEST`);
  }
  const event = eventOf(await readBody(request, maxBodyBytes), request.headers['content-type']);
  const type = header(request, 'x-fc-invocation-type') ?? 'Sync';
  if (type === 'Async') return accept(engine, functionName, event, request);
  if (type === 'Sync') return invoke(engine, functionName, event, request, response);
  throw new IsopodError('InvalidArgument', `x-fc-invocation-type: must be Sync or Async, got ${type}`);
}

async function accept(engine: Engine, name: string, event: unknown, request: IncomingMessage): Promise<Reply> {
  const taskId = header(request, 'x-fc-async-task-id');
  if (taskId !== undefined && !taskIdForm.test(taskId)) {
    throw new IsopodError(
      'InvalidArgument',
      'x-fc-async-task-id: starts with a letter or _, then letters, digits, _ and -, 128 characters at most',
    );
  }
  const { requestId } = await engine.invokeAsync(name, event, taskId === undefined ? undefined : { taskId });
  const headers = { 'x-fc-request-id': requestId, ...(taskId !== undefined && { 'x-fc-async-task-id': taskId }) };
  return { status: 202, headers };
}

/** A caller who goes away takes the call along. */
async function invoke(
  engine: Engine,
  name: string,
  event: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply> {
  const status: InvokeStatus = {};
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Error('the client closed the connection'));
  response.once('close', leave);
  const wantsLogs = header(request, 'x-fc-log-type') === 'Tail';
  try {
    const value = await engine.invoke(name, event, { status, signal: gone.signal });
    return replyWithValue(value, statusHeaders(status, wantsLogs));
  } catch (error) {
    const failure = toIsopodError(error);
    return replyWithFailure(failure, status.requestId ?? randomUUID(), statusHeaders(status, wantsLogs));
  } finally {
    response.off('close', leave);
  }
}

/** `application/json` must be JSON. Official clients send every event as octets: those are JSON when they parse as such. */
function eventOf(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (contentType?.includes('json') !== true) return new Uint8Array(body);
    throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
  }
}

function addressOf({ url = '/' }: IncomingMessage): URL {
  const address = URL.parse(`http://localhost${url.startsWith('/') ? url : `/${url}`}`);
  if (address === null) throw new IsopodError('InvalidArgument', 'The request target is not a path');
  return address;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new IsopodError('InvalidArgument', `The function name ${part} is not percent-encoded correctly`);
  }
}

function allow({ method = '' }: IncomingMessage, response: ServerResponse, wanted: string): void {
  if (method === wanted) return;
  response.setHeader('allow', wanted);
  throw new IsopodError('InvalidArgument', `This address takes ${wanted} requests, not ${method}`);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
