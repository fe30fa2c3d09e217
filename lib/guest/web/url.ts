/** `URL` and `URLSearchParams` of the URL standard, from a library that needs nothing of its host. */
import './atob-global.ts';
import { URL, URLSearchParams } from 'whatwg-url-minimum';
import { asInterface } from './idl.ts';

asInterface(URL, 'URL');
asInterface(URLSearchParams, 'URLSearchParams');

export { URL, URLSearchParams };

/** What relative addresses are relative to: nothing, unless the code has set a `location` as a page has one. */
export function absolute(input: unknown): URL {
  const { location } = globalThis as { location?: { href?: unknown } };
  return new URL(`${input as string}`, typeof location?.href === 'string' ? location.href : undefined);
}
