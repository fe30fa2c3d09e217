/** What a function returned, as an HTTP response. */
import { IsopodError } from '../../errors.ts';
import type { StreamHead } from '../../types.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/** Bytes of all header lines (Function Compute's limit). */
const MAX_HEADER_BYTES = 8_192;
/** The platform's own, or the connection's. */
const RESERVED = /^(connection|content-length|date|keep-alive|server|upgrade|transfer-encoding)$|^x-fc-/i;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be in a header.
const BAD_VALUE = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/;

/** Throws `BadResponse`. */
export function answerOf(value: unknown): HttpAnswer {
  const told = described(value);
  if (told === undefined) return plain(value);
  const status = Number(told.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new IsopodError('BadResponse', `statusCode must be a number from 200 to 599, got ${String(told.statusCode)}`);
  }
  return { status, headers: headersOf(told), body: bodyOf(told) };
}

/** Status and headers of an answer in pieces. Throws `BadResponse`. */
export function headOf({ statusCode = 200, headers, cookies, contentType }: StreamHead): Omit<HttpAnswer, 'body'> {
  const type = contentType ?? 'application/octet-stream';
  return answerOf({ statusCode, headers: { 'content-type': type, ...headers }, cookies });
}

interface Described {
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly multiValueHeaders?: unknown;
  readonly cookies?: unknown;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
}

/** An object with a statusCode, or the JSON text of one. */
function described(value: unknown): Described | undefined {
  let told = value;
  if (value instanceof Uint8Array) told = Buffer.from(value).toString();
  if (typeof told === 'string' && told.startsWith('{')) {
    try {
      told = JSON.parse(told);
    } catch {
      return undefined;
    }
  }
  return typeof told === 'object' && told !== null && 'statusCode' in told ? (told as Described) : undefined;
}

function plain(value: unknown): HttpAnswer {
  if (value === undefined || value === null) return { status: 200, headers: {}, body: '' };
  if (value instanceof Uint8Array) {
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from(value) };
  }
  if (typeof value === 'string') {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: value };
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function headersOf({ headers, multiValueHeaders, cookies }: Described): Record<string, string | string[]> {
  const told: Record<string, string | string[]> = {};
  let bytes = 0;
  const add = (name: string, value: unknown): void => {
    if (RESERVED.test(name)) return;
    const values = (Array.isArray(value) ? value : [value]).map(String);
    if (!NAME.test(name) || values.some((one) => BAD_VALUE.test(one))) {
      throw new IsopodError('BadResponse', `The response header ${name.slice(0, 80)} cannot be sent`);
    }
    bytes += values.reduce((sum, one) => sum + name.length + one.length + 4, 0);
    told[name.toLowerCase()] = values.length === 1 ? (values[0] as string) : values;
  };
  for (const source of [headers, multiValueHeaders]) {
    if (typeof source === 'object' && source !== null)
      for (const [name, value] of Object.entries(source)) add(name, value);
  }
  if (Array.isArray(cookies) && cookies.length > 0) add('set-cookie', cookies);
  if (bytes > MAX_HEADER_BYTES) {
    throw new IsopodError('BadResponse', `The response headers have ${bytes} bytes; ${MAX_HEADER_BYTES} are allowed`);
  }
  return told;
}

function bodyOf({ body, isBase64Encoded }: Described): string | Buffer {
  if (body === undefined || body === null) return '';
  if (isBase64Encoded === true || isBase64Encoded === 'true') return Buffer.from(String(body), 'base64');
  return typeof body === 'string' ? body : JSON.stringify(body);
}
