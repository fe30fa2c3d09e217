/** `node:util`. One file because it is one flat collection of small functions. */
import { parseArgs as libraryParseArgs } from '@pkgjs/parseargs';
import { AbortController, type AbortSignal } from '../web/abort.ts';
import { TextDecoder, TextEncoder } from '../web/text.ts';
import { isDeepStrictEqual } from './deep-equal.ts';
import { errnoMessages, errnoNames } from './errno.ts';
import { invalidArgType, invalidArgValue, needFunction, needString, nodeError } from './errors.ts';
import { format, formatWithOptions, inspect, stripVTControlCharacters } from './inspect.ts';
import { customArgs } from './promisify-args.ts';
import * as types from './util-types.ts';

type Callable = (...args: unknown[]) => unknown;
type Callback = (error: unknown, ...values: unknown[]) => void;

declare const console: { error(text: string): void; log(text: string): void };
declare const queueMicrotask: (run: () => void) => void;

const customPromisify: unique symbol = Symbol.for('nodejs.util.promisify.custom') as never;

interface Promisify {
  (original: Callable): Callable;
  readonly custom: symbol;
}

/** The kernel's own timers take their callback first. */
function timerPromise(original: Callable): Callable | undefined {
  const timers = globalThis as unknown as Record<string, Callable>;
  if (original === timers.setImmediate)
    return (value) => new Promise((resolve) => timers.setImmediate?.(resolve, value));
  if (original !== timers.setTimeout) return undefined;
  return (ms, value) => new Promise((resolve) => timers.setTimeout?.(resolve, ms, value));
}

/** A function that takes a callback as one that gives a promise. */
export const promisify: Promisify = Object.assign(
  (original: Callable & { [customPromisify]?: unknown }): Callable => {
    needFunction('original', original);
    const custom = original[customPromisify] ?? timerPromise(original);
    if (custom !== undefined) {
      if (typeof custom !== 'function') throw invalidArgType('util.promisify.custom', 'of type function', custom);
      return Object.defineProperty(custom, customPromisify, { value: custom, configurable: true }) as Callable;
    }
    function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
      return new Promise((resolve, reject) => {
        const done: Callback = (error, ...values) => {
          if (error) return reject(error);
          const names = (original as { [customArgs]?: readonly string[] })[customArgs];
          if (names === undefined || values.length < 2) return resolve(values[0]);
          return resolve(Object.fromEntries(names.map((name, at) => [name, values[at]])));
        };
        Reflect.apply(original, this, [...args, done]);
      });
    }
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
    Object.defineProperty(promised, customPromisify, { value: promised, configurable: true });
    return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original)) as Callable;
  },
  { custom: customPromisify },
);

export function callbackify(original: Callable): Callable {
  needFunction('original', original);
  return function (this: unknown, ...args: unknown[]): void {
    const callback = args.pop();
    needFunction('last argument', callback);
    const later = (...values: unknown[]): void =>
      queueMicrotask(() => Reflect.apply(callback, this, values as never[]));
    (Reflect.apply(original, this, args) as Promise<unknown>).then(
      (value) => later(null, value),
      (error: unknown) => {
        if (error) return later(error);
        const made = nodeError(Error, 'ERR_FALSY_VALUE_REJECTION', 'Promise was rejected with falsy value');
        return later(Object.assign(made, { reason: error }));
      },
    );
  };
}

export function inherits(Class: Callable & { super_?: unknown }, Parent: Callable): void {
  if (typeof Class !== 'function') throw invalidArgType('ctor', 'of type function', Class);
  if (typeof Parent !== 'function') throw invalidArgType('superCtor', 'of type function', Parent);
  if (Parent.prototype === undefined) throw invalidArgType('superCtor.prototype', 'of type object', undefined);
  Object.defineProperty(Class, 'super_', { value: Parent, writable: true, configurable: true });
  Object.setPrototypeOf(Class.prototype as object, Parent.prototype as object);
}

const warned = new Set<string>();

export function deprecate<T extends Callable>(run: T, message: string, code?: string): T {
  needFunction('fn', run);
  let told = false;
  function deprecated(this: unknown, ...args: unknown[]): unknown {
    if (!told && (code === undefined || !warned.has(code))) {
      told = true;
      if (code !== undefined) warned.add(code);
      console.error(`${code === undefined ? '' : `[${code}] `}DeprecationWarning: ${message}`);
    }
    return new.target ? Reflect.construct(run, args, new.target) : Reflect.apply(run, this, args);
  }
  Object.setPrototypeOf(deprecated, run);
  if (run.prototype !== undefined) deprecated.prototype = run.prototype;
  return deprecated as unknown as T;
}

interface DebugLog {
  (...args: unknown[]): void;
  enabled: boolean;
}

/** Off: there is no `NODE_DEBUG` that reaches an isolate before its function does. */
export const debuglog = (_section: string): DebugLog => Object.assign(() => undefined, { enabled: false });
export const debug = debuglog;
export const log = (...args: unknown[]): void => console.log(format(...args));

const formats: Readonly<Record<string, readonly [number, number]>> = inspect.colors;

/** `text` between the escape codes of a style, or of several; codes of an ended inner style are opened again. */
export function styleText(
  style: string | readonly string[],
  text: string,
  options: { readonly validateStream?: boolean } = {},
): string {
  needString('text', text);
  void options;
  let styled = text;
  for (const name of [style].flat().toReversed()) {
    if (name === 'none') continue;
    const codes = Object.hasOwn(formats, name) ? formats[name] : undefined;
    if (codes === undefined) throw invalidArgValue('format', name, `must be one of: ${styleNames()}`);
    const [open, close] = codes;
    styled = `\u001b[${open}m${styled.replaceAll(`\u001b[${close}m`, `\u001b[${open}m`)}\u001b[${close}m`;
  }
  return styled;
}

const styleNames = (): string =>
  Object.keys(formats)
    .map((name) => `'${name}'`)
    .join(', ');

/** A text in which lone surrogates are replaced. */
export const toUSVString = (text: unknown): string => `${text as string}`.toWellFormed();

/** Lines of a `.env` file as an object. */
export function parseEnv(text: string): Record<string, string> {
  needString('content', text);
  const line =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:\\[\s\S]|[^"])*"|'[^']*'|`[^`]*`|[^\n#]*)?[ \t]*(?:#.*)?$/gm;
  const values: Record<string, string> = {};
  for (const [, name = '', raw = ''] of text.replace(/\r\n?/g, '\n').matchAll(line)) {
    const quote = raw[0];
    const quoted = (quote === '"' || quote === "'" || quote === '`') && raw.endsWith(quote) && raw.length > 1;
    const inner = quoted ? raw.slice(1, -1) : raw.trim();
    values[name] = quote === '"' && quoted ? inner.replaceAll('\\n', '\n') : inner;
  }
  return values;
}

export function parseArgs(config: object = {}): unknown {
  // The process has no arguments of its own here.
  try {
    return libraryParseArgs({ args: [], ...config });
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    throw code.startsWith('ERR_PARSE_ARGS') ? nodeError(TypeError, code, message) : error;
  }
}

export function aborted(signal: AbortSignal, resource: object): Promise<void> {
  if (typeof resource !== 'object' || resource === null) throw invalidArgType('resource', 'an Object', resource);
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export const transferableAbortController = (): AbortController => new AbortController();
export const transferableAbortSignal = (signal: AbortSignal): AbortSignal => signal;

export const getSystemErrorName = (errno: number): string => errnoNames.get(errno) ?? `Unknown system error ${errno}`;
export const getSystemErrorMessage = (errno: number): string =>
  errnoMessages.get(getSystemErrorName(errno)) ?? `Unknown system error ${errno}`;
export const getSystemErrorMap = (): Map<number, [string, string]> =>
  new Map([...errnoNames].map(([errno, name]) => [errno, [name, errnoMessages.get(name) ?? '']]));

export const isArray = Array.isArray;
export {
  format,
  formatWithOptions,
  inspect,
  isDeepStrictEqual,
  stripVTControlCharacters,
  TextDecoder,
  TextEncoder,
  types,
};
