/** `AbortController` and `AbortSignal` (DOM standard, chapter 3). */
import { DOMException } from './dom-exception.ts';
import { Event, EventTarget, eventHandler } from './events.ts';
import { asInterface } from './idl.ts';

declare function setTimeout(run: () => void, ms: number): number;

const making = Symbol('made by the library');

interface Slots {
  aborted: boolean;
  reason: unknown;
  /** Run before the event; how other parts of the library hear of an abort. */
  readonly algorithms: Set<() => void>;
  /** Signals made by `any` that follow this one. */
  readonly dependents: Set<AbortSignal>;
  /** Of a signal made by `any`: those it follows. */
  readonly sources: Set<AbortSignal>;
}

let slotsOf: (signal: AbortSignal) => Slots;

export class AbortSignal extends EventTarget {
  readonly #slots: Slots = {
    aborted: false,
    reason: undefined,
    algorithms: new Set(),
    dependents: new Set(),
    sources: new Set(),
  };

  static {
    slotsOf = (signal) => signal.#slots;
  }

  constructor(key?: unknown) {
    if (key !== making) throw new TypeError('Illegal constructor: AbortSignal is made by AbortController');
    super();
  }

  static abort(reason: unknown = abortError()): AbortSignal {
    const signal = new AbortSignal(making);
    const slots = slotsOf(signal);
    slots.aborted = true;
    slots.reason = reason;
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    const ms = Number(milliseconds);
    if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) throw new TypeError('A timeout must be a number of milliseconds');
    const signal = new AbortSignal(making);
    setTimeout(() => signalAbort(signal, new DOMException('The operation timed out', 'TimeoutError')), ms);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    for (const signal of all)
      if (!(signal instanceof AbortSignal)) throw new TypeError('AbortSignal.any takes signals');
    const either = new AbortSignal(making);
    const done = all.find(({ aborted }) => aborted);
    if (done !== undefined) {
      Object.assign(slotsOf(either), { aborted: true, reason: done.reason });
      return either;
    }
    for (const signal of all) follow(either, signal);
    return either;
  }

  get aborted(): boolean {
    return this.#slots.aborted;
  }
  get reason(): unknown {
    return this.#slots.reason;
  }
  throwIfAborted(): void {
    if (this.#slots.aborted) throw this.#slots.reason;
  }
}
asInterface(AbortSignal, 'AbortSignal');
eventHandler(AbortSignal, 'abort');

/** `either` follows `source`, or what `source` follows itself. */
function follow(either: AbortSignal, source: AbortSignal): void {
  const { sources } = slotsOf(source);
  for (const origin of sources.size > 0 ? sources : [source]) {
    slotsOf(either).sources.add(origin);
    slotsOf(origin).dependents.add(either);
  }
}

const abortError = (): DOMException => new DOMException('This operation was aborted', 'AbortError');

/** All of them are aborted before the first of them is told. */
function signalAbort(signal: AbortSignal, reason: unknown): void {
  const slots = slotsOf(signal);
  if (slots.aborted) return;
  const aborted = [signal];
  for (const dependent of slots.dependents) if (!dependent.aborted) aborted.push(dependent);
  for (const each of aborted) Object.assign(slotsOf(each), { aborted: true, reason });
  for (const each of aborted) {
    const { algorithms } = slotsOf(each);
    for (const run of algorithms) run();
    algorithms.clear();
    each.dispatchEvent(new Event('abort'));
  }
}

/** Runs `algorithm` when the signal is aborted, before its listeners; returns what takes that back. */
export function onAbort(signal: AbortSignal, algorithm: () => void): () => void {
  const { algorithms } = slotsOf(signal);
  algorithms.add(algorithm);
  return () => algorithms.delete(algorithm);
}

export class AbortController {
  readonly #signal = new AbortSignal(making);

  get signal(): AbortSignal {
    return this.#signal;
  }
  abort(reason: unknown = abortError()): void {
    signalAbort(this.#signal, reason);
  }
}
asInterface(AbortController, 'AbortController');

/** A signal that is aborted when `source` is; for `Request`. */
export function followingSignal(source: AbortSignal | undefined): AbortSignal {
  return AbortSignal.any(source === undefined ? [] : [source]);
}
