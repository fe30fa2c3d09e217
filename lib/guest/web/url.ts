/** `URL` and `URLSearchParams` of the URL standard, from a library that needs nothing of its host. */
import './atob-global.ts';
import { URL, URLSearchParams } from 'whatwg-url-minimum';
import { asInterface, toUSVString, withArguments } from './idl.ts';

asInterface(URL, 'URL');
asInterface(URLSearchParams, 'URLSearchParams');

// What the library leaves out of Web IDL's rules.
withArguments(URL, { canParse: 1, parse: 1 }, (value) => value);
const wellFormed = (value: unknown): unknown => (value === undefined ? value : toUSVString(value));
withArguments(URLSearchParams.prototype, { append: 2, delete: 1, get: 1, getAll: 1, has: 1, set: 2 }, wellFormed);
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  configurable: true,
});
Object.defineProperty(Object.getPrototypeOf(new URLSearchParams().keys()), Symbol.toStringTag, {
  value: 'URLSearchParams Iterator',
  configurable: true,
});

export { URL, URLSearchParams };

/** What relative addresses are relative to: nothing, unless the code has set a `location` as a page has one. */
export function absolute(input: unknown): URL {
  const { location } = globalThis as { location?: { href?: unknown } };
  return new URL(`${input as string}`, typeof location?.href === 'string' ? location.href : undefined);
}
