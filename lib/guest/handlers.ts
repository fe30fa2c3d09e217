/** From the module's exports to something that can be called. */

import type { HandlerStyle } from '../protocol/door.ts';
import { CallContext, LambdaContext } from './context.ts';
import { isView, NativePromise, onSettled, reflectApply, stringOf } from './intrinsics.ts';

export type Run = (event: unknown, no: number) => unknown;

/** A callback handler reports its error through this, so that it counts as handled (Function Compute, Lambda). */
export class HandledError {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  /** One of these; asks a thrown value nothing. */
  static is(thrown: unknown): thrown is HandledError {
    return typeof thrown === 'object' && thrown !== null && #error in thrown;
  }

  get error(): unknown {
    return this.#error;
  }
}

/** Made by the bundle when the module exports a web-standard fetch handler: wraps it into `(event, context)`. */
export type AdaptFetch = (owner: object) => (event: unknown, context: unknown) => unknown;

/** Parts of the bundle that turn events and handlers into what the kernel knows. */
export interface Adapters {
  readonly adaptFetch?: AdaptFetch;
  /** An event as Node's Buffer, for Function Compute's handlers. */
  readonly toBuffer?: (event: unknown) => unknown;
  /** Function Compute 2.0's HTTP functions: takes an HTTP trigger's event, and gives undefined for another. */
  readonly adaptHttp?: (
    handle: (...args: unknown[]) => unknown,
  ) => (event: unknown, context: unknown) => Promise<unknown> | undefined;
  /** Runs a call with an AsyncLocalStorage frame of its own, when the bundle has one. */
  readonly inOwnFrame?: (run: (...args: never[]) => unknown) => (...args: unknown[]) => unknown;
}

interface Found {
  readonly owner: unknown;
  readonly method: (...args: unknown[]) => unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function find(exports: unknown, name: string): Found | undefined {
  if (!isObject(exports)) return undefined;
  const own = exports[name];
  if (typeof own === 'function') return { owner: undefined, method: own as Found['method'] };
  const fallback = exports.default;
  if (!isObject(fallback)) return undefined;
  const inner = fallback[name];
  if (typeof inner === 'function') return { owner: fallback, method: inner as Found['method'] };
  return undefined;
}

/** `(event, context, callback)`, ended by whichever comes first: the callback, a throw, or a returned promise. */
function withCallback(found: Found, args: unknown[]): unknown {
  return new NativePromise((resolve, reject) => {
    args[args.length] = (error: unknown, value: unknown) => {
      if (error !== undefined && error !== null) reject(new HandledError(error));
      else resolve(value);
    };
    const returned = reflectApply(found.method, found.owner, args);
    if (isObject(returned) && typeof returned.then === 'function') resolve(returned);
  });
}

/** The handler called `name`, or undefined when the module has none. A module's `fetch` is a web-standard handler. */
export function resolveHandler(
  exports: unknown,
  name: string,
  style: HandlerStyle,
  { adaptFetch, toBuffer, adaptHttp }: Adapters,
): Run | undefined {
  const web = name === 'fetch' || name === 'default' ? resolveFetch(exports, adaptFetch) : undefined;
  if (web !== undefined) return web;
  const found = find(exports, name);
  if (found === undefined) return resolveFetch(exports, adaptFetch);
  if (style === 'fc' && toBuffer !== undefined) return functionComputeHandler(found, toBuffer, adaptHttp);
  if (style === 'lambda') return lambdaHandler(found);
  const { owner, method } = found;
  if (method.length >= 3) return (event, no) => withCallback(found, [event, new CallContext(no)]);
  if (owner === undefined) return (event, no) => method(event, new CallContext(no));
  return (event, no) => reflectApply(method, owner, [event, new CallContext(no)]);
}

/** Function Compute's: the event is a Buffer; a result that is no object is made a string. */
function functionComputeHandler(
  found: Found,
  toBuffer: (event: unknown) => unknown,
  adaptHttp: Adapters['adaptHttp'],
): Run {
  const { owner, method } = found;
  const run: Run =
    method.length >= 3
      ? (event, no) => withCallback(found, [toBuffer(event), new CallContext(no)])
      : (event, no) => reflectApply(method, owner, [toBuffer(event), new CallContext(no)]);
  const http = adaptHttp?.((...args) => reflectApply(method, owner, args));
  return (event, no) => {
    const value = http?.(event, new CallContext(no)) ?? run(event, no);
    if (!(value instanceof NativePromise)) return textual(value);
    return new NativePromise((resolve, reject) => onSettled(value, (settled) => resolve(textual(settled)), reject));
  };
}

function textual(value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'object' || isView(value)) return value ?? undefined;
  return typeof value === 'string' ? value : stringOf(value);
}

function lambdaHandler(found: Found): Run {
  const { owner, method } = found;
  if (method.length >= 3) return (event, no) => withCallback(found, [event, new LambdaContext(no)]);
  return (event, no) => reflectApply(method, owner, [event, new LambdaContext(no)]);
}

function resolveFetch(exports: unknown, adaptFetch: AdaptFetch | undefined): Run | undefined {
  if (adaptFetch === undefined || !isObject(exports)) return undefined;
  const app = isObject(exports.default) && typeof exports.default.fetch === 'function' ? exports.default : exports;
  if (typeof app.fetch !== 'function') return undefined;
  const handler = adaptFetch(app);
  return (event, no) => handler(event, new CallContext(no));
}

/** A lifecycle hook, `(context, callback)` or `async (context)`. */
export function resolveHook(exports: unknown, name: string): Run | undefined {
  const found = find(exports, name);
  if (found === undefined) return undefined;
  if (found.method.length >= 2) return (_event, no) => withCallback(found, [new CallContext(no)]);
  return (_event, no) => reflectApply(found.method, found.owner, [new CallContext(no)]);
}
