/** Globals every guest has beside ECMAScript's own: console, timers, queueMicrotask, performance, crypto's random part, process. */

import type { Powers } from '../protocol/door.ts';
import { clockMs, coarsen } from './clock.ts';
import { forbidDynamicCode } from './dynamic-code.ts';
import { hasHost, operate } from './host-operations.ts';
import {
  append,
  isView,
  NativeError,
  NativePromise,
  NativeTypeError,
  NativeUint8Array,
  newList,
  objectCreate,
  objectFreeze,
  onSettled,
  reflectApply,
  reflectDefineProperty,
  reflectDeleteProperty,
  stringOf,
  textToBytes,
} from './intrinsics.ts';
import { log } from './logs.ts';
import { state, touch } from './state.ts';
import { clearTimer, setInterval, setTimeout } from './timers.ts';
import { compileAtOnce } from './web-assembly.ts';

let startedAt = 0;
let env: Record<string, string> = {};

/** Clocks count from here: the start of this instance, not of its snapshot. */
export function startClock(): void {
  startedAt = clockMs();
}

export function useEnvironment(values: Readonly<Record<string, string>>): void {
  env = values;
}

function define(name: string, value: unknown): void {
  reflectDefineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

function randomBytes(count: number): Uint8Array {
  touch('crypto');
  // Only a module evaluated for a snapshot gets here without a host, and it is not snapshotted.
  return hasHost() ? textToBytes(operate('random', stringOf(count))) : new NativeUint8Array(count);
}

/** A DOMException where the function has that class, or else an error that looks like one. */
function domError(name: string, code: number, message: string): Error {
  const { DOMException } = globalThis as { DOMException?: new (message: string, name: string) => Error };
  if (typeof DOMException === 'function') return new DOMException(message, name);
  const error = new NativeError(message) as Error & { code?: number };
  error.name = name;
  error.code = code;
  return error;
}

function getRandomValues<T>(view: T): T {
  if (!isView(view)) throw new NativeTypeError('crypto.getRandomValues takes an integer typed array');
  const tag = (view as unknown as { readonly [Symbol.toStringTag]: string })[Symbol.toStringTag];
  if (tag === 'DataView' || tag[0] === 'F') {
    throw domError('TypeMismatchError', 17, 'crypto.getRandomValues takes an integer typed array');
  }
  const { buffer, byteOffset, byteLength } = view;
  if (byteLength > 65_536) {
    throw domError('QuotaExceededError', 22, 'crypto.getRandomValues gives at most 65,536 bytes');
  }
  const bytes = randomBytes(byteLength);
  const target = new NativeUint8Array(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength; at++) target[at] = bytes[at] as number;
  return view;
}

const hex = '0123456789abcdef';

function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  let text = '';
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += '-';
    const byte = bytes[at] as number;
    text += (hex[byte >> 4] as string) + (hex[byte & 15] as string);
  }
  return text;
}

const resolved = NativePromise.resolve();

function queueMicrotask(run: unknown): void {
  if (typeof run !== 'function') throw new NativeTypeError('queueMicrotask takes a function');
  onSettled(
    resolved,
    () => reflectApply(run as () => void, undefined, []),
    () => undefined,
  );
}

/** Counters and timers of `console`; lines go where `context.logger` writes. */
function makeConsole(): object {
  const console = objectCreate({}) as Record<string, unknown>;
  const methods = ['debug', 'DEBUG', 'log', 'INFO', 'info', 'INFO', 'warn', 'WARN', 'error', 'ERROR', 'trace', 'DEBUG'];
  for (let at = 0; at < methods.length; at += 2) {
    const level = methods[at + 1] as string;
    console[methods[at] as string] = (...args: unknown[]) => log(level, state.current, args);
  }
  console.dir = (value: unknown) => log('INFO', state.current, [value]);
  console.table = console.dir;
  console.dirxml = console.log;
  console.assert = (ok: unknown, ...args: unknown[]) => {
    if (!ok) log('ERROR', state.current, ['Assertion failed', ...args]);
  };
  const starts = newList<{ label: string; at: number }>();
  console.time = (label: unknown = 'default') => append(starts, { label: `${label}`, at: clockMs() });
  console.timeEnd = (label: unknown = 'default') => {
    for (let at = 0; at < starts.length; at++) {
      const start = starts[at] as { label: string; at: number };
      if (start.label === `${label}`) log('INFO', state.current, [`${start.label}: ${clockMs() - start.at}ms`]);
    }
  };
  for (const quiet of ['group', 'groupCollapsed', 'groupEnd', 'count', 'countReset', 'timeLog', 'clear']) {
    console[quiet] = () => undefined;
  }
  return console;
}

/** The part of Node's `process` that portable packages look at. */
function makeProcess(): object {
  const process = {
    platform: 'linux',
    arch: 'isolate',
    pid: 1,
    argv: objectFreeze(['isopod']),
    execArgv: objectFreeze([]),
    version: '',
    versions: objectFreeze({}),
    cwd: () => '/code',
    nextTick: (run: (...args: unknown[]) => void, ...args: unknown[]) => queueMicrotask(() => run(...args)),
    uptime: () => (clockMs() - startedAt) / 1_000,
    emitWarning: (warning: unknown) => log('WARN', state.current, [warning]),
    on: () => process,
    once: () => process,
    off: () => process,
  };
  reflectDefineProperty(process, 'env', {
    get: () => {
      touch('process.env');
      return env;
    },
    enumerable: true,
    configurable: false,
  });
  return process;
}

export function defineGlobals(): void {
  define('console', makeConsole());
  define('setTimeout', setTimeout);
  define('setInterval', setInterval);
  define('setImmediate', (run: unknown, ...args: unknown[]) => setTimeout(run, 1, ...args));
  define('clearTimeout', clearTimer);
  define('clearInterval', clearTimer);
  define('clearImmediate', clearTimer);
  define('queueMicrotask', queueMicrotask);
  define('crypto', objectFreeze({ getRandomValues, randomUUID }));
  const now = (): number => {
    touch('performance.now');
    return clockMs() - startedAt;
  };
  const performance = { now };
  reflectDefineProperty(performance, 'timeOrigin', { get: () => startedAt, enumerable: true });
  define('performance', performance);
  define('process', makeProcess());
  define('global', globalThis);
  define('self', globalThis);
  define('navigator', objectFreeze({ userAgent: 'isopod' }));
  // Nothing of a guest formats stacks: that may happen outside of its time.
  reflectDefineProperty(NativeError, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });
}

/**
 * Takes away what lets a guest hold memory its heap limit does not see, or run code after its call.
 * Done in the running instance, never in the snapshot: V8 aborts on a snapshot whose globals are missing.
 */
export function seal({ webAssembly, sharedMemory, dynamicCode, clockResolutionMs }: Powers): void {
  const names = ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics'];
  if (sharedMemory) names.length = 2;
  for (let at = 0; at < names.length; at++) reflectDeleteProperty(globalThis, names[at] as string);
  if (webAssembly) compileAtOnce();
  else reflectDeleteProperty(globalThis, 'WebAssembly');
  if (!dynamicCode) forbidDynamicCode();
  if (clockResolutionMs > 0) coarsen(clockResolutionMs);
  // V8 sets its own limit whenever it makes a context.
  NativeError.stackTraceLimit = 20;
}
