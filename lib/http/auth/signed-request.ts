/** What the signature schemes read of a request, and what they have in common. */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { IsopodError } from '../../errors.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as they were sent. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
}

/** What a request says of itself before anything of it is believed. */
export interface Claim {
  readonly accessKeyId: string;
  /** Milliseconds since the epoch at which the client says it signed; undefined where the scheme has no date. */
  readonly signedAt: number | undefined;
  /** Different for every request that is honest; undefined where the scheme allows the same one twice. */
  readonly once: string | undefined;
  /** Throws `SignatureNotMatch` unless whoever holds `secret` signed this request with this body. */
  verify(secret: KeyObject, body: Uint8Array): void;
}

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

export const hmac = (secret: KeyObject, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

/** Compares in the same time wherever the two differ. Lengths are no secret. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}

export function expectSignature(computed: string, given: string): void {
  if (sameText(computed, given)) return;
  throw new IsopodError(
    'SignatureNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your access key and signing method',
  );
}

/** HTTP/2 has another name for it. */
export const hostOf = (headers: IncomingHttpHeaders): string | undefined =>
  headers.host ?? (headers[':authority'] as string | undefined);

/** A header that is there once, or an empty text. */
export function headerOf({ headers }: SignedRequest, name: string): string {
  const value = name === 'host' ? hostOf(headers) : headers[name];
  return typeof value === 'string' ? value : (value?.join(',') ?? '');
}

export function required(request: SignedRequest, name: string): string {
  const value = headerOf(request, name);
  if (value !== '') return value;
  throw new IsopodError('MissingRequiredHeader', `The required HTTP header ${name} was not specified`);
}

const MORE_RESERVED = /[!'()*]/g;
/** RFC 3986: everything but letters, digits and `- _ . ~`. */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(MORE_RESERVED, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?');
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/** Name and value of every query item, decoded, in the order they were sent. Throws `InvalidArgument`. */
export function queryItems(query: string): [string, string][] {
  if (query === '') return [];
  return query
    .split('&')
    .filter((item) => item !== '')
    .map((item) => {
      const at = item.indexOf('=');
      return at === -1 ? [decode(item), ''] : [decode(item.slice(0, at)), decode(item.slice(at + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new IsopodError('InvalidArgument', 'The query is not percent-encoded correctly');
  }
}

/** `name=value` items, strictly encoded and sorted, as ACS3 and SigV4 sign them. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  return queryItems(query)
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const BLANKS = /\s+/g;

/** The lines of the named headers, `name:value` each, blanks around and (`squeeze`) inside the value taken out. */
export function canonicalHeaders(request: SignedRequest, names: readonly string[], squeeze: boolean): string {
  let lines = '';
  for (const name of names) {
    const value = headerOf(request, name).trim();
    lines += `${name}:${squeeze ? value.replace(BLANKS, ' ') : value}\n`;
  }
  return lines;
}

/** The `Name=value` items of an Authorization header behind its scheme. */
export function credentialItems(rest: string): ReadonlyMap<string, string> {
  return new Map(
    rest.split(',').map((item) => {
      const at = item.indexOf('=');
      return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    }),
  );
}

export function malformed(scheme: string): IsopodError {
  return new IsopodError('InvalidArgument', `The Authorization header is not of the form ${scheme} asks for`);
}
