/** Events that carry something: the subclasses of Event an engine without a page has. */
import { dictionary, Event, type EventInit } from './events.ts';
import { asInterface, requireArguments } from './idl.ts';

export class CustomEvent extends Event {
  #detail: unknown;

  constructor(type: string, init?: EventInit & { readonly detail?: unknown }) {
    requireArguments(arguments.length, 1, 'CustomEvent');
    super(type, init);
    this.#detail = init?.detail ?? null;
  }
  get detail(): unknown {
    return this.#detail;
  }
  initCustomEvent(type: string, bubbles = false, cancelable = false, detail: unknown = null): void {
    requireArguments(arguments.length, 1, 'initCustomEvent');
    if (this.eventPhase !== 0) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}
asInterface(CustomEvent, 'CustomEvent');

export interface ErrorEventInit extends EventInit {
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
  readonly colno?: number;
  readonly error?: unknown;
}

export class ErrorEvent extends Event {
  readonly #init: ErrorEventInit;

  constructor(type: string, init?: ErrorEventInit) {
    requireArguments(arguments.length, 1, 'ErrorEvent');
    super(type, init);
    this.#init = dictionary(init);
  }
  get message(): string {
    return `${this.#init.message ?? ''}`;
  }
  get filename(): string {
    return `${this.#init.filename ?? ''}`;
  }
  get lineno(): number {
    return Number(this.#init.lineno ?? 0) >>> 0;
  }
  get colno(): number {
    return Number(this.#init.colno ?? 0) >>> 0;
  }
  get error(): unknown {
    return this.#init.error;
  }
}
asInterface(ErrorEvent, 'ErrorEvent');

export interface MessageEventInit extends EventInit {
  readonly data?: unknown;
  readonly origin?: string;
  readonly lastEventId?: string;
  readonly source?: unknown;
  readonly ports?: Iterable<unknown>;
}

export class MessageEvent extends Event {
  readonly #init: MessageEventInit;
  readonly #ports: readonly unknown[];

  constructor(type: string, init?: MessageEventInit) {
    requireArguments(arguments.length, 1, 'MessageEvent');
    super(type, init);
    this.#init = dictionary(init);
    this.#ports = Object.freeze([...(this.#init.ports ?? [])]);
  }
  get data(): unknown {
    return this.#init.data ?? null;
  }
  get origin(): string {
    return `${this.#init.origin ?? ''}`;
  }
  get lastEventId(): string {
    return `${this.#init.lastEventId ?? ''}`;
  }
  get source(): unknown {
    return this.#init.source ?? null;
  }
  get ports(): readonly unknown[] {
    return this.#ports;
  }
}
asInterface(MessageEvent, 'MessageEvent');

export class PromiseRejectionEvent extends Event {
  readonly #promise: unknown;
  readonly #reason: unknown;

  constructor(type: string, init: EventInit & { readonly promise: unknown; readonly reason?: unknown }) {
    requireArguments(arguments.length, 2, 'PromiseRejectionEvent');
    super(type, init);
    const { promise, reason } = dictionary<typeof init>(init);
    if (typeof promise !== 'object' || promise === null) throw new TypeError('A PromiseRejectionEvent needs a promise');
    this.#promise = promise;
    this.#reason = reason;
  }
  get promise(): unknown {
    return this.#promise;
  }
  get reason(): unknown {
    return this.#reason;
  }
}
asInterface(PromiseRejectionEvent, 'PromiseRejectionEvent');
