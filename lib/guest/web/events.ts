/**
 * Events and their targets (DOM standard, chapter 2) where there is no tree: a target is its own path. One file because
 * dispatch knows of an event what its listeners must not.
 */
import { DOMException } from './dom-exception.ts';
import { asInterface, constants, requireArguments } from './idl.ts';

export interface EventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
}

/** A dictionary argument: absent and null are empty, other non-objects are refused. */
export function dictionary<T extends object>(value: unknown): T {
  if (value === undefined || value === null) return {} as T;
  if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError('The options must be an object');
  return value as T;
}

const AT_TARGET = 2;

/** What dispatch knows of an event, out of reach of its listeners. */
interface Flags {
  dispatching: boolean;
  stopped: boolean;
  stoppedAtOnce: boolean;
  canceled: boolean;
  inPassive: boolean;
  target: EventTarget | null;
  current: EventTarget | null;
  phase: number;
  initialized: boolean;
}

const flagsOf = (event: Event): Flags => flagsFrom(event);
let flagsFrom: (event: Event) => Flags;

export class Event {
  #type: string;
  #bubbles: boolean;
  #cancelable: boolean;
  readonly #composed: boolean;
  readonly #timeStamp = performance.now();
  readonly #flags: Flags = {
    dispatching: false,
    stopped: false,
    stoppedAtOnce: false,
    canceled: false,
    inPassive: false,
    target: null,
    current: null,
    phase: 0,
    initialized: true,
  };

  static {
    flagsFrom = (event) => event.#flags;
  }

  constructor(type: string, init?: EventInit) {
    requireArguments(arguments.length, 1, 'Event');
    const { bubbles, cancelable, composed } = dictionary<EventInit>(init);
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
    this.#composed = Boolean(composed);
    Object.defineProperty(this, 'isTrusted', { get: notTrusted, enumerable: true });
  }

  get type(): string {
    return this.#type;
  }
  get target(): EventTarget | null {
    return this.#flags.target;
  }
  get srcElement(): EventTarget | null {
    return this.#flags.target;
  }
  get currentTarget(): EventTarget | null {
    return this.#flags.current;
  }
  get eventPhase(): number {
    return this.#flags.phase;
  }
  get bubbles(): boolean {
    return this.#bubbles;
  }
  get cancelable(): boolean {
    return this.#cancelable;
  }
  get composed(): boolean {
    return this.#composed;
  }
  get timeStamp(): number {
    return this.#timeStamp;
  }
  get defaultPrevented(): boolean {
    return this.#flags.canceled;
  }
  get returnValue(): boolean {
    return !this.#flags.canceled;
  }
  set returnValue(value: unknown) {
    if (value === false) this.preventDefault();
  }
  get cancelBubble(): boolean {
    return this.#flags.stopped;
  }
  set cancelBubble(value: unknown) {
    if (value) this.#flags.stopped = true;
  }

  composedPath(): EventTarget[] {
    return this.#flags.current === null ? [] : [this.#flags.current];
  }
  preventDefault(): void {
    if (this.#cancelable && !this.#flags.inPassive) this.#flags.canceled = true;
  }
  stopPropagation(): void {
    this.#flags.stopped = true;
  }
  stopImmediatePropagation(): void {
    this.#flags.stopped = true;
    this.#flags.stoppedAtOnce = true;
  }
  initEvent(type: string, bubbles = false, cancelable = false): void {
    requireArguments(arguments.length, 1, 'initEvent');
    const flags = this.#flags;
    if (flags.dispatching) return;
    Object.assign(flags, { stopped: false, stoppedAtOnce: false, canceled: false, target: null, initialized: true });
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }
}
/** One function for all, as the standard asks: the attribute cannot be forged. */
const notTrusted = Object.getOwnPropertyDescriptor(
  {
    get isTrusted() {
      return false;
    },
  },
  'isTrusted',
)?.get as () => boolean;

asInterface(Event, 'Event');
constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 });

type Listener = ((this: unknown, event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Registered {
  readonly type: string;
  readonly listener: Listener;
  readonly capture: boolean;
  readonly once: boolean;
  readonly passive: boolean;
  removed: boolean;
}

interface ListenerOptions {
  readonly capture?: unknown;
  readonly once?: unknown;
  readonly passive?: unknown;
  readonly signal?: AbortSignalLike;
}

/** As much of an AbortSignal as a listener needs; abort.ts is built on this file. */
interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', run: () => void, options: { once: true }): void;
}

const captureOf = (options: unknown): boolean =>
  typeof options === 'object' && options !== null ? Boolean((options as ListenerOptions).capture) : Boolean(options);

/** Tells what a listener threw, as an uncaught exception is told. */
export function reportException(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (typeof reportError === 'function') reportError(error);
  else console.error('Uncaught', error);
}

declare const console: { error(...parts: unknown[]): void };
declare const performance: { now(): number };

export class EventTarget {
  #listeners: Registered[] = [];

  addEventListener(type: string, listener: Listener | null, options?: boolean | ListenerOptions): void {
    requireArguments(arguments.length, 2, 'addEventListener');
    const target = thisOrGlobal(this);
    const given = typeof options === 'object' && options !== null ? options : {};
    const capture = captureOf(options);
    const { signal } = given;
    if (signal !== undefined && (signal === null || typeof signal.aborted !== 'boolean')) {
      throw new TypeError('The signal of a listener must be an AbortSignal');
    }
    if (listener !== null && listener !== undefined && typeof listener !== 'object' && typeof listener !== 'function') {
      throw new TypeError('A listener must be a function or an object');
    }
    if (signal?.aborted || listener === null || listener === undefined) return;
    const name = `${type}`;
    const known = target.#listeners.some(
      (each) => each.type === name && each.listener === listener && each.capture === capture,
    );
    if (known) return;
    const once = Boolean(given.once);
    const added = { type: name, listener, capture, once, passive: Boolean(given.passive), removed: false };
    // A new list: a dispatch under way goes on with the one it began with.
    target.#listeners = [...target.#listeners, added];
    signal?.addEventListener('abort', () => target.#remove(added), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null, options?: unknown): void {
    requireArguments(arguments.length, 2, 'removeEventListener');
    const target = thisOrGlobal(this);
    const capture = captureOf(options);
    const found = target.#listeners.find(
      (each) => each.type === `${type}` && each.listener === listener && each.capture === capture,
    );
    if (found !== undefined) target.#remove(found);
  }

  #remove(registered: Registered): void {
    registered.removed = true;
    this.#listeners = this.#listeners.filter((each) => each !== registered);
  }

  dispatchEvent(event: Event): boolean {
    requireArguments(arguments.length, 1, 'dispatchEvent');
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent takes an Event');
    const flags = flagsOf(event);
    if (flags.dispatching) throw new DOMException('The event is being dispatched already', 'InvalidStateError');
    const target = thisOrGlobal(this);
    const shown = (this ?? globalThis) as EventTarget;
    Object.assign(flags, { dispatching: true, target: shown, current: shown, phase: AT_TARGET });
    // At the target, capturing listeners come before the others.
    for (const capture of [true, false]) {
      if (!flags.stopped) target.#call(event, flags, shown, capture);
    }
    Object.assign(flags, { dispatching: false, current: null, phase: 0, stopped: false, stoppedAtOnce: false });
    return !flags.canceled;
  }

  #call(event: Event, flags: Flags, shown: EventTarget, capture: boolean): void {
    for (const registered of this.#listeners) {
      if (registered.removed || registered.capture !== capture || registered.type !== event.type) continue;
      if (registered.once) this.#remove(registered);
      flags.inPassive = registered.passive;
      try {
        const { listener } = registered;
        if (typeof listener === 'function') listener.call(shown, event);
        else handle(listener, event);
      } catch (error) {
        reportException(error);
      }
      flags.inPassive = false;
      if (flags.stoppedAtOnce) return;
    }
  }
}
asInterface(EventTarget, 'EventTarget');

function handle(listener: { handleEvent(event: Event): unknown }, event: Event): void {
  if (typeof listener.handleEvent !== 'function') throw new TypeError('The listener has no function handleEvent');
  listener.handleEvent(event);
}

/** Listeners of the global object; `self.addEventListener` and a bare `addEventListener` mean it. */
let globalTarget: EventTarget | undefined;

function thisOrGlobal(self: EventTarget | undefined | null): EventTarget {
  if (self !== undefined && self !== null && (self as unknown) !== globalThis) return self;
  globalTarget ??= new EventTarget();
  return globalTarget;
}

/** Defines `on<type>`: a property whose function is called as a listener is, from its first setting's place in line. */
export function eventHandler(Class: { readonly prototype: object }, type: string): void {
  const handlers = new WeakMap<object, { run: unknown }>();
  Object.defineProperty(Class.prototype, `on${type}`, {
    get(this: EventTarget): unknown {
      return handlers.get(this)?.run ?? null;
    },
    set(this: EventTarget, value: unknown) {
      const run = typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
      const known = handlers.get(this);
      if (known !== undefined) {
        known.run = run;
        return;
      }
      if (run === null) return;
      const made = { run: run as unknown };
      handlers.set(this, made);
      this.addEventListener(type, function (event) {
        if (typeof made.run === 'function' && made.run.call(this, event) === false) event.preventDefault();
      });
    },
    enumerable: true,
    configurable: true,
  });
}
