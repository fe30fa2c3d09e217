/** Where a redirect leads, and what goes there (Fetch standard, HTTP-redirect fetch). */
import { IsopodError } from '../errors.ts';
import { type HeaderPairs, headerOf } from './headers.ts';
import { holdsPlaceholder } from './secrets.ts';

/** Redirects one request may follow; the standard's number. */
export const MAX_REDIRECTS = 20;

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array | undefined;
}

const STATUSES = [301, 302, 303, 307, 308];
/** Describe a body that is no longer sent. */
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];
/** Meant for the origin they were made for. */
const ORIGIN_HEADERS = ['authorization', 'cookie'];

/** Such an answer has no body, whatever its headers say. */
export const isBodyless = (method: string, status: number): boolean =>
  method === 'HEAD' || status === 204 || status === 205 || status === 304;

/** The request a response leads to; undefined when it is no redirect. Throws `NetworkFailed`. */
export function nextHop(hop: Hop, status: number, answer: HeaderPairs): Hop | undefined {
  const location = STATUSES.includes(status) ? headerOf(answer, 'location') : undefined;
  if (location === undefined) return undefined;
  if (!URL.canParse(location, hop.url.href)) {
    throw new IsopodError('NetworkFailed', `${hop.url.origin} redirects to something that is no URL`);
  }
  const url = new URL(location, hop.url);
  const toGet =
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD') ||
    ((status === 301 || status === 302) && hop.method === 'POST');
  const away = url.origin !== hop.url.origin;
  const headers = hop.headers.filter(
    ([name, value]) =>
      !(toGet && BODY_HEADERS.includes(name)) && !(away && (ORIGIN_HEADERS.includes(name) || holdsPlaceholder(value))),
  );
  return { url, headers, method: toGet ? 'GET' : hop.method, body: toGet ? undefined : hop.body };
}
