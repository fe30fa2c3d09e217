/** `node:url`: the web's URL, and Node.js' older functions. */
import * as older from 'unenv/node/url';
import { operate } from '../web/host.ts';
import { URL, URLSearchParams } from '../web/url.ts';
import { URLPattern } from '../web/url-pattern.ts';
import { invalidArgType, nodeError } from './errors.ts';
import { resolve as resolvePath, win32 } from './path.ts';

interface Options {
  readonly windows?: boolean;
}

export function fileURLToPath(address: string | URL, options: Options = {}): string {
  if (typeof address !== 'string' && !(address instanceof URL)) {
    throw invalidArgType('path', 'of type string or an instance of URL', address);
  }
  const url = typeof address === 'string' ? parsed(address) : address;
  if (url.protocol !== 'file:') throw nodeError(TypeError, 'ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
  const separators = options.windows === true ? /%2f|%5c/i : /%2f/i;
  if (separators.test(url.pathname)) {
    const which = options.windows === true ? '\\ or /' : '/';
    throw nodeError(
      TypeError,
      'ERR_INVALID_FILE_URL_PATH',
      `File URL path must not include encoded ${which} characters`,
    );
  }
  if (options.windows === true) return windowsPath(url);
  if (url.hostname !== '') {
    throw nodeError(TypeError, 'ERR_INVALID_FILE_URL_HOST', 'File URL host must be "localhost" or empty on linux');
  }
  return decodeURIComponent(url.pathname);
}

function parsed(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw Object.assign(nodeError(TypeError, 'ERR_INVALID_URL', 'Invalid URL'), { input: address });
  }
}

function windowsPath(url: URL): string {
  const path = decodeURIComponent(url.pathname.replaceAll('/', '\\'));
  if (url.hostname !== '') return `\\\\${domainToUnicode(url.hostname)}${path}`;
  if (!/^\\[a-z]:/i.test(path)) {
    throw nodeError(TypeError, 'ERR_INVALID_FILE_URL_PATH', 'File URL path must be absolute');
  }
  return path.slice(1);
}

const escapes: Readonly<Record<string, string>> = {
  '%': '%25',
  '\\': '%5C',
  '\n': '%0A',
  '\r': '%0D',
  '\t': '%09',
  '?': '%3F',
  '#': '%23',
};

export function pathToFileURL(path: string, { windows = false }: Options = {}): URL {
  if (typeof path !== 'string') throw invalidArgType('path', 'of type string', path);
  let resolved = windows ? win32.resolve(path) : resolvePath(path);
  if (/[/]$/.test(path) && !resolved.endsWith('/')) resolved += '/';
  if (windows) resolved = `/${resolved.replaceAll('\\', '/')}`;
  return new URL(`file://${resolved.replace(/[%\\\n\r\t?#]/g, (found) => escapes[found] as string)}`);
}

export const domainToASCII = (domain: string): string => operate('domainToASCII', `${domain}`);
export const domainToUnicode = (domain: string): string => operate('domainToUnicode', `${domain}`);

/** Not the library's, which wants a global URL even for the objects of `parse`. */
export function format(url: unknown, options: Record<string, unknown> = {}): string {
  if (typeof url === 'string') return parse(url).format();
  if (typeof url !== 'object' || url === null) throw invalidArgType('urlObject', 'one of type object or string', url);
  if (!(url instanceof URL)) return older.Url.prototype.format.call(url as older.Url);
  const copy = new URL(url.href);
  if (options.auth === false) copy.username = copy.password = '';
  if (options.fragment === false) copy.hash = '';
  if (options.search === false) copy.search = '';
  if (options.unicode !== true) return copy.href;
  return copy.href.replace(copy.hostname, domainToUnicode(copy.hostname));
}

/** Not the library's, which tells of its deprecation in the log of whoever calls it. */
export function parse(url: unknown, withQuery?: boolean, slashesDenoteHost?: boolean): older.Url {
  if (url instanceof older.Url) return url;
  if (typeof url !== 'string') throw invalidArgType('url', 'of type string', url);
  const parsed = new older.Url();
  parsed.parse(url, withQuery, slashesDenoteHost);
  return parsed;
}

export const resolveObject = (from: unknown, to: unknown): older.Url =>
  parse(from, false, true).resolveObject(parse(to, false, true));
export const resolve = (from: unknown, to: unknown): string => resolveObject(from, to).format();

export const { Url } = older;

/** A URL as the options `http.request` takes. */
export function urlToHttpOptions(url: URL): Record<string, unknown> {
  const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
  return {
    protocol,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    hash,
    search,
    pathname,
    path: `${pathname}${search}`,
    href,
    ...(port !== '' && { port: Number(port) }),
    ...((username !== '' || password !== '') && {
      auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
    }),
  };
}

export { URL, URLPattern, URLSearchParams };
