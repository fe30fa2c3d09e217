/** `node:events`. One file because the class and the functions around it share its state. */
import { abortError, invalidArgType, needFunction, nodeError, outOfRange } from './errors.ts';

type Name = string | symbol;
type Listener = ((...args: unknown[]) => unknown) & { listener?: Listener };

export const errorMonitor: unique symbol = Symbol.for('events.errorMonitor') as never;
export const captureRejectionSymbol: unique symbol = Symbol.for('nodejs.rejection') as never;
const maxSymbol = Symbol('events.maxEventTargetListeners');

export interface EventEmitter {
  _events: Map<Name, Listener[]> | undefined;
  _maxListeners: number | undefined;
  _captures: boolean;
  _warned: Set<Name> | undefined;
  addListener(name: Name, listener: Listener): this;
  on(name: Name, listener: Listener): this;
  once(name: Name, listener: Listener): this;
  off(name: Name, listener: Listener): this;
  removeListener(name: Name, listener: Listener): this;
  removeAllListeners(name?: Name): this;
  prependListener(name: Name, listener: Listener): this;
  prependOnceListener(name: Name, listener: Listener): this;
  emit(name: Name, ...args: unknown[]): boolean;
  eventNames(): Name[];
  listeners(name: Name): Listener[];
  rawListeners(name: Name): Listener[];
  listenerCount(name: Name, listener?: Listener): number;
  getMaxListeners(): number;
  setMaxListeners(count: number): this;
  [captureRejectionSymbol]?(error: unknown, name: Name, ...args: unknown[]): void;
}

interface Options {
  readonly captureRejections?: boolean;
}

interface EmitterClass {
  new (options?: Options): EventEmitter;
  (this: EventEmitter, options?: Options): void;
  prototype: EventEmitter;
  [name: PropertyKey]: unknown;
}

let standardMax = 10;
let captures = false;

/** A function and no class, because older code calls it without `new`. */
function Emitter(this: EventEmitter, options?: Options): void {
  initialise(this, options);
}

function initialise(emitter: EventEmitter, options?: Options): void {
  // Hidden, so that an inspected subclass shows its own properties only.
  for (const [name, value] of [
    ['_events', new Map()],
    ['_captures', options?.captureRejections ?? captures],
    ['_warned', undefined],
  ] as const) {
    Object.defineProperty(emitter, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** The table of an emitter, made late for objects that only inherit from an emitter's prototype. */
function tableOf(emitter: EventEmitter): Map<Name, Listener[]> {
  if (!Object.hasOwn(emitter, '_events') || emitter._events === undefined) initialise(emitter);
  return emitter._events as Map<Name, Listener[]>;
}

function add(emitter: EventEmitter, name: Name, listener: Listener, first: boolean): EventEmitter {
  needFunction('listener', listener);
  const table = tableOf(emitter);
  if (table.has('newListener')) emitter.emit('newListener', name, (listener as Listener).listener ?? listener);
  const before = table.get(name) ?? [];
  const after = first ? [listener, ...before] : [...before, listener];
  table.set(name, after);
  warnOfMany(emitter, name, after.length);
  return emitter;
}

function warnOfMany(emitter: EventEmitter, name: Name, count: number): void {
  const max = emitter.getMaxListeners();
  if (max === 0 || count <= max || emitter._warned?.has(name)) return;
  emitter._warned ??= new Set();
  emitter._warned.add(name);
  const { process } = globalThis as unknown as { process: { emitWarning(text: string): void } };
  process.emitWarning(
    `MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ${count} ${String(name)} listeners added. MaxListeners is ${max}. Use emitter.setMaxListeners() to increase limit`,
  );
}

function onceWrapper(emitter: EventEmitter, name: Name, listener: Listener): Listener {
  needFunction('listener', listener);
  let fired = false;
  const wrapped: Listener = function (this: unknown, ...args) {
    if (fired) return undefined;
    fired = true;
    emitter.removeListener(name, wrapped);
    return Reflect.apply(listener, this, args);
  };
  wrapped.listener = listener;
  return wrapped;
}

function throwUnhandled(args: readonly unknown[]): never {
  const [error] = args;
  if (error instanceof Error) throw error;
  const shown = typeof error === 'string' ? `'${error}'` : String(error);
  const made = nodeError(Error, 'ERR_UNHANDLED_ERROR', `Unhandled error. (${shown})`);
  throw Object.assign(made, { context: error });
}

function follow(emitter: EventEmitter, result: unknown, name: Name, args: unknown[]): void {
  const then = (result as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== 'function') return;
  Reflect.apply(then as Listener, result, [
    undefined,
    (error: unknown) => {
      queueMicrotask(() => {
        const own = emitter[captureRejectionSymbol];
        if (typeof own === 'function') Reflect.apply(own, emitter, [error, name, ...args]);
        else emitter.emit('error', error);
      });
    },
  ]);
}
declare const queueMicrotask: (run: () => void) => void;

const methods = {
  emit(this: EventEmitter, name: Name, ...args: unknown[]): boolean {
    const table = tableOf(this);
    if (name === 'error' && table.has(errorMonitor)) this.emit(errorMonitor, ...args);
    const listeners = table.get(name);
    if (listeners === undefined) {
      if (name === 'error') throwUnhandled(args);
      return false;
    }
    for (const listener of listeners) {
      const result = Reflect.apply(listener, this, args);
      if (this._captures && result !== undefined && result !== null) follow(this, result, name, args);
    }
    return true;
  },
  addListener(this: EventEmitter, name: Name, listener: Listener) {
    return add(this, name, listener, false);
  },
  prependListener(this: EventEmitter, name: Name, listener: Listener) {
    return add(this, name, listener, true);
  },
  once(this: EventEmitter, name: Name, listener: Listener) {
    return this.on(name, onceWrapper(this, name, listener));
  },
  prependOnceListener(this: EventEmitter, name: Name, listener: Listener) {
    return this.prependListener(name, onceWrapper(this, name, listener));
  },
  removeListener(this: EventEmitter, name: Name, listener: Listener) {
    needFunction('listener', listener);
    const table = tableOf(this);
    const before = table.get(name) ?? [];
    const at = before.findLastIndex((each) => each === listener || each.listener === listener);
    if (at < 0) return this;
    const after = before.toSpliced(at, 1);
    if (after.length === 0) table.delete(name);
    else table.set(name, after);
    if (table.has('removeListener')) this.emit('removeListener', name, (listener as Listener).listener ?? listener);
    return this;
  },
  removeAllListeners(this: EventEmitter, name?: Name) {
    const table = tableOf(this);
    const names = name === undefined ? [...table.keys()].filter((each) => each !== 'removeListener') : [name];
    if (table.has('removeListener')) {
      for (const each of names)
        for (const one of [...(table.get(each) ?? [])].reverse()) this.removeListener(each, one);
    }
    if (name === undefined) table.clear();
    else table.delete(name);
    return this;
  },
  eventNames(this: EventEmitter): Name[] {
    return [...tableOf(this).keys()];
  },
  listeners(this: EventEmitter, name: Name): Listener[] {
    return (tableOf(this).get(name) ?? []).map((each) => each.listener ?? each);
  },
  rawListeners(this: EventEmitter, name: Name): Listener[] {
    return [...(tableOf(this).get(name) ?? [])];
  },
  listenerCount(this: EventEmitter, name: Name, listener?: Listener): number {
    const all = tableOf(this).get(name) ?? [];
    if (listener === undefined || listener === null) return all.length;
    return all.filter((each) => each === listener || each.listener === listener).length;
  },
  getMaxListeners(this: EventEmitter): number {
    return this._maxListeners ?? standardMax;
  },
  setMaxListeners(this: EventEmitter, count: number) {
    checkCount('setMaxListeners', count);
    Object.defineProperty(this, '_maxListeners', { value: count, writable: true, configurable: true });
    return this;
  },
};

function checkCount(name: string, count: unknown): void {
  if (typeof count !== 'number') throw invalidArgType(name, 'of type number', count);
  if (!(count >= 0)) throw outOfRange(name, '>= 0', count);
}

Object.assign(Emitter.prototype, methods, {
  on: methods.addListener,
  off: methods.removeListener,
  _maxListeners: undefined,
});
Object.defineProperty(Emitter, 'name', { value: 'EventEmitter' });

const EventEmitter = Emitter as unknown as EmitterClass;

interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: string, listener: () => void, options?: object): void;
  removeEventListener(type: string, listener: () => void): void;
}
interface TargetLike {
  addEventListener(type: string, listener: Listener, options?: object): void;
  removeEventListener(type: string, listener: Listener, options?: object): void;
}
type Source = EventEmitter | TargetLike;
interface ListenOptions {
  readonly signal?: SignalLike;
  readonly close?: readonly string[];
  readonly highWaterMark?: number;
  readonly lowWaterMark?: number;
}

const isEmitter = (source: Source): source is EventEmitter => typeof (source as EventEmitter).on === 'function';

function listen(source: Source, name: Name, listener: Listener, once = false): () => void {
  if (isEmitter(source)) {
    if (once) source.once(name, listener);
    else source.on(name, listener);
    return () => source.removeListener(name, listener);
  }
  if (typeof source.addEventListener !== 'function')
    throw invalidArgType('emitter', 'an instance of EventEmitter', source);
  source.addEventListener(name as string, listener, { once });
  return () => source.removeEventListener(name as string, listener);
}

/** Resolves with the arguments of the next event; rejects when an `error` comes first. */
export async function once(source: Source, name: Name, options: ListenOptions = {}): Promise<unknown[]> {
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const end = (): void => {
      for (const each of ends) each();
    };
    ends.push(
      listen(
        source,
        name,
        (...args) => {
          end();
          resolve(args);
        },
        true,
      ),
    );
    if (name !== 'error' && isEmitter(source)) {
      ends.push(
        listen(
          source,
          'error',
          (error) => {
            end();
            reject(error);
          },
          true,
        ),
      );
    }
    if (signal === undefined) return;
    const aborted = (): void => {
      end();
      reject(abortError(signal.reason));
    };
    signal.addEventListener('abort', aborted, { once: true });
    ends.push(() => signal.removeEventListener('abort', aborted));
  });
}

/** The events as an endless iterable, until an error, an abort or one of the `close` events. */
export function on(source: Source, name: Name, options: ListenOptions = {}): AsyncIterableIterator<unknown[]> {
  const { signal, close = [] } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  const events: unknown[][] = [];
  const waiting: { resolve(value: IteratorResult<unknown[]>): void; reject(error: unknown): void }[] = [];
  let failure: { error: unknown } | undefined;
  let done = false;
  const ends: (() => void)[] = [];
  const finish = (): Promise<IteratorResult<unknown[]>> => {
    done = true;
    for (const end of ends) end();
    for (const each of waiting.splice(0)) each.resolve({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  };
  const fail = (error: unknown): void => {
    const next = waiting.shift();
    if (next === undefined) failure = { error };
    else next.reject(error);
    void finish();
  };
  ends.push(
    listen(source, name, (...args) => {
      const next = waiting.shift();
      if (next === undefined) events.push(args);
      else next.resolve({ done: false, value: args });
    }),
  );
  if (name !== 'error' && isEmitter(source)) ends.push(listen(source, 'error', fail));
  for (const each of close) ends.push(listen(source, each, () => void finish()));
  if (signal !== undefined) {
    const aborted = (): void => fail(abortError(signal.reason));
    signal.addEventListener('abort', aborted, { once: true });
    ends.push(() => signal.removeEventListener('abort', aborted));
  }
  return {
    next: () => {
      const value = events.shift();
      if (value !== undefined) return Promise.resolve({ done: false as const, value });
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (done) return Promise.resolve({ done: true as const, value: undefined });
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    return: finish,
    throw: (error: unknown) => {
      fail(error);
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void (await finish()),
  } as AsyncIterableIterator<unknown[]>;
}

export const getEventListeners = (source: Source, name: Name): unknown[] =>
  isEmitter(source) ? source.listeners(name) : [];
export const listenerCount = (source: EventEmitter, name: Name): number => source.listenerCount(name);
export const getMaxListeners = (source: Source): number =>
  isEmitter(source) ? source.getMaxListeners() : ((source as { [maxSymbol]?: number })[maxSymbol] ?? standardMax);

export function setMaxListeners(count: number = standardMax, ...sources: Source[]): void {
  checkCount('n', count);
  if (sources.length === 0) standardMax = count;
  for (const source of sources) {
    if (isEmitter(source)) source.setMaxListeners(count);
    else Object.defineProperty(source, maxSymbol, { value: count, writable: true, configurable: true });
  }
}

export function addAbortListener(signal: SignalLike, listener: () => void): Disposable {
  needFunction('listener', listener);
  let remove = (): void => undefined;
  if (signal.aborted) queueMicrotask(listener);
  else {
    signal.addEventListener('abort', listener, { once: true });
    remove = () => signal.removeEventListener('abort', listener);
  }
  return { [Symbol.dispose]: remove };
}

Object.assign(EventEmitter, {
  EventEmitter,
  addAbortListener,
  captureRejectionSymbol,
  errorMonitor,
  getEventListeners,
  getMaxListeners,
  listenerCount,
  on,
  once,
  setMaxListeners,
  usingDomains: false,
});
Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  get: () => standardMax,
  set: (count: number) => {
    checkCount('defaultMaxListeners', count);
    standardMax = count;
  },
  enumerable: true,
});
Object.defineProperty(EventEmitter, 'captureRejections', {
  get: () => captures,
  set: (value: boolean) => {
    captures = value;
  },
  enumerable: true,
});

export const defaultMaxListeners = 10;
export const captureRejections = false;
export const usingDomains = false;
export { EventEmitter };
export default EventEmitter;
