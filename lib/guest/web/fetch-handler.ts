/** Makes a web-standard `fetch(request, env, ctx)` handler callable with an event: its parts in, the response's parts out. */

import { atob, btoa } from './base64.ts';
import { SOURCE, streamOf } from './body.ts';
import { begin, SERVE, send } from './pieces.ts';
import { Request, type RequestInit } from './request.ts';
import { Response } from './response.ts';
import { TextDecoder } from './text.ts';

/** Every part may be left out: GET http://localhost/ without headers or body. */
interface HttpEvent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** Function Compute's v1, or Lambda's 2.0. */
interface GatewayEvent extends HttpEvent {
  readonly version?: string;
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly cookies?: readonly string[];
  readonly requestContext?: {
    readonly domainName?: string;
    readonly http?: { readonly method: string; readonly path: string };
  };
}

interface FetchApp {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>;
}

interface HandlerContext {
  readonly bindings: object;
}

declare const process: { readonly env: Record<string, string> };

/** Content types whose body is handed on as text; others go as base64. */
const textual = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|.*\+(json|xml)))/i;

export function adaptFetch(app: FetchApp): (event: unknown, context: HandlerContext) => Promise<object | undefined> {
  return async (event, context) => {
    const waiting: Promise<unknown>[] = [];
    const extra = {
      waitUntil: (promise: Promise<unknown>) => void waiting.push(Promise.resolve(promise)),
      passThroughOnException: () => undefined,
      props: {},
    };
    const response: unknown = await app.fetch(requestOf(event), { ...process.env, ...context.bindings }, extra);
    if (!(response instanceof Response)) throw new TypeError('The fetch handler did not return a Response');
    const parts = (await sent(response, context)) ? undefined : await partsOf(response);
    await Promise.allSettled(waiting);
    return parts;
  };
}

/** False when the caller is to have the response as a whole. */
async function sent(response: Response, context: HandlerContext): Promise<boolean> {
  if (response.webSocket === null) return sendBody(response, context);
  await response.webSocket[SERVE](context, headersOf(response));
  return true;
}

/** A body that is a stream is sent while it is read; false when the caller wants the response as a whole. */
async function sendBody(response: Response, context: HandlerContext): Promise<boolean> {
  const source = response[SOURCE]();
  if (source === undefined || source.bytes !== undefined || response.bodyUsed) return false;
  const { status: statusCode } = response;
  if (!(await begin(context, { statusCode, headers: headersOf(response) }))) return false;
  const reader = streamOf(source).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      if (!(value instanceof Uint8Array)) throw new TypeError('A chunk of a body must be a Uint8Array');
      await send(context, value);
    }
  } catch (error) {
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

function requestOf(event: unknown): Request {
  if (event !== null && event !== undefined && (typeof event !== 'object' || ArrayBuffer.isView(event))) {
    throw new TypeError('A fetch handler takes an event of the form { method?, url?, headers?, body? }');
  }
  const { method = 'GET', url = 'http://localhost/', headers = {}, body, isBase64Encoded } = plainEvent(event);
  const address = url.startsWith('/') ? `http://localhost${url}` : url;
  const init: RequestInit = { method, headers };
  if (body === undefined || body === null) return new Request(address, init);
  const bytes = isBase64Encoded === true ? Uint8Array.from(atob(body), (character) => character.charCodeAt(0)) : body;
  return new Request(address, { ...init, body: bytes });
}

/** An event of an HTTP trigger or a function URL (it has a version) as the plain parts of a request. */
function plainEvent(event: unknown): HttpEvent {
  const { version, rawPath, rawQueryString, requestContext, cookies, ...rest } = (event ?? {}) as GatewayEvent;
  if (version === undefined || requestContext?.http === undefined) return rest;
  const headers: Record<string, string> = { ...rest.headers };
  if (cookies !== undefined) headers.cookie = cookies.join('; ');
  const { method, path } = requestContext.http;
  const query = rawQueryString === undefined || rawQueryString === '' ? '' : `?${rawQueryString}`;
  const scheme = headers['X-Forwarded-Proto'] ?? headers['x-forwarded-proto'] ?? 'http';
  const host = headers.Host ?? headers.host ?? requestContext.domainName ?? 'localhost';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const { body, isBase64Encoded } = rest;
  return {
    method,
    url: `${scheme}://${host}${rawPath ?? path}${query}`,
    headers,
    ...(hasBody && body !== undefined && { body }),
    ...(isBase64Encoded !== undefined && { isBase64Encoded }),
  };
}

function headersOf(response: Response): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) if (name !== 'set-cookie') headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return headers;
}

async function partsOf(response: Response): Promise<object> {
  const headers = headersOf(response);
  const bytes = await response.bytes();
  const text = textual.test(response.headers.get('content-type') ?? 'text/plain') ? textOf(bytes) : undefined;
  if (text !== undefined) return { statusCode: response.status, headers, body: text, isBase64Encoded: false };
  let raw = '';
  for (const byte of bytes) raw += String.fromCharCode(byte);
  return { statusCode: response.status, headers, body: btoa(raw), isBase64Encoded: true };
}

/** The bytes as text, or undefined when they are not UTF-8, whatever their content type says. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
