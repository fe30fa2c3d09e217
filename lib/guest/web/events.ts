/** `Event`, `EventTarget`, `AbortController`, `AbortSignal` and `DOMException`. */

declare function setTimeout(run: () => void, ms: number): number;

export class DOMException extends Error {
  override readonly name: string;

  constructor(message = '', name = 'Error') {
    super(message);
    this.name = name;
  }

  get code(): number {
    return this.name === 'AbortError' ? 20 : this.name === 'TimeoutError' ? 23 : 0;
  }
}

export class Event {
  readonly type: string;
  readonly cancelable: boolean;
  readonly bubbles: boolean;
  target: EventTarget | null = null;
  defaultPrevented = false;
  stopped = false;

  constructor(type: string, options: { cancelable?: boolean; bubbles?: boolean } = {}) {
    this.type = `${type}`;
    this.cancelable = options.cancelable === true;
    this.bubbles = options.bubbles === true;
  }

  get currentTarget(): EventTarget | null {
    return this.target;
  }

  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    this.stopped = true;
  }
}

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

interface Registered {
  readonly type: string;
  readonly listener: Listener;
  readonly once: boolean;
}

export class EventTarget {
  #listeners: Registered[] = [];

  addEventListener(
    type: string,
    listener: Listener | null,
    options: boolean | { once?: boolean; signal?: AbortSignal } = {},
  ): void {
    if (listener === null || this.#listeners.some((known) => known.type === type && known.listener === listener))
      return;
    const { once = false, signal } = typeof options === 'boolean' ? {} : options;
    if (signal?.aborted === true) return;
    this.#listeners.push({ type, listener, once });
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#listeners = this.#listeners.filter((known) => known.type !== type || known.listener !== listener);
  }

  dispatchEvent(event: Event): boolean {
    event.target = this;
    for (const { type, listener, once } of [...this.#listeners]) {
      if (type !== event.type) continue;
      if (once) this.removeEventListener(type, listener);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
      if (event.stopped) break;
    }
    return !event.defaultPrevented;
  }
}

export class AbortSignal extends EventTarget {
  aborted = false;
  reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;

  static abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): AbortSignal {
    const signal = new AbortSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = new AbortSignal();
    setTimeout(
      () => abortSignal(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      ms,
    );
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const either = new AbortSignal();
    const done = all.find(({ aborted }) => aborted);
    if (done !== undefined) abortSignal(either, done.reason);
    else
      for (const signal of all)
        signal.addEventListener('abort', () => abortSignal(either, signal.reason), { once: true });
    return either;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
}

function abortSignal(signal: AbortSignal, reason: unknown): void {
  if (signal.aborted) return;
  signal.aborted = true;
  signal.reason = reason;
  const event = new Event('abort');
  signal.onabort?.(event);
  signal.dispatchEvent(event);
}

export class AbortController {
  readonly signal: AbortSignal = new AbortSignal();

  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    abortSignal(this.signal, reason);
  }
}
