/** Which headers a guest may send, and which of an answer it sees. */
import { denied } from './policy.ts';

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

const MAX_HEADERS = 200;
/** Characters of all names and values. */
const MAX_HEADER_CHARS = 65_536;

/** Belong to one connection, or are written by the engine. A guest that sets one is not told: code for Node.js often does. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const isOurs = (name: string): boolean => OURS.has(name) || name.startsWith('proxy-');

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** One character per byte; no line ends, no NUL: they would end the header and begin another. */
const VALUE = /^[^\0\r\n\u0100-\uffff]*$/;

/** Names, in lower case, and values of a list that is trusted in nothing. Throws `NetworkDenied`. */
export function checkedHeaders(given: unknown): HeaderPairs {
  if (!Array.isArray(given)) throw denied('Headers must be a list of names and values');
  if (given.length > MAX_HEADERS) throw denied(`There are more than ${MAX_HEADERS} headers`);
  let chars = 0;
  return (given as unknown[]).map((pair) => {
    const [name, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof name !== 'string' || !NAME.test(name)) throw denied('A header name has characters that are not allowed');
    if (typeof value !== 'string' || !VALUE.test(value)) {
      throw denied(`The value of the header "${name}" has characters that are not allowed`);
    }
    chars += name.length + value.length;
    if (chars > MAX_HEADER_CHARS) throw denied(`The headers have more than ${MAX_HEADER_CHARS} characters`);
    return [name.toLowerCase(), value];
  });
}

/** What is sent of the headers a guest or an interceptor gives. Throws `NetworkDenied`. */
export const requestHeaders = (given: unknown): HeaderPairs => checkedHeaders(given).filter(([name]) => !isOurs(name));

/** Adds what every request has unless the guest says otherwise. */
export function withDefaults(headers: HeaderPairs): HeaderPairs {
  const names = new Set(headers.map(([name]) => name));
  const defaults = [
    ['accept', '*/*'],
    ['accept-encoding', 'gzip, deflate, br, zstd'],
    ['user-agent', 'isopod'],
  ] as const;
  return [...headers, ...defaults.filter(([name]) => !names.has(name))];
}

/** What the guest sees: nothing that was about the connection. */
export function responseHeaders(headers: HeaderPairs): HeaderPairs {
  return headers.filter(([name]) => !isOurs(name) || name === 'content-length');
}

/** The first value of a header. */
export const headerOf = (headers: HeaderPairs, wanted: string): string | undefined =>
  headers.find(([name]) => name === wanted)?.[1];
