/** The global object as an event target: `addEventListener` and its like, `onerror`, `reportError`. */
import { ErrorEvent, PromiseRejectionEvent } from './event-kinds.ts';
import { EventTarget, eventHandler } from './events.ts';
import { onRejection } from './host.ts';
import { requireArguments } from './idl.ts';

export const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;

declare const console: { error(...parts: unknown[]): void };

/** The host knows a rejection by its text only: the reason is an error made of that, the promise one like it. */
onRejection((message) => {
  const reason = new Error(message);
  const promise = Promise.reject(reason);
  promise.catch(() => undefined);
  const event = new PromiseRejectionEvent('unhandledrejection', { promise, reason, cancelable: true });
  return !dispatchEvent.call(globalThis as unknown as EventTarget, event);
});

let reporting = false;

/** Tells an error as an uncaught exception is told: an `error` event, then a log line unless it was handled. */
export function reportError(error: unknown): void {
  requireArguments(arguments.length, 1, 'reportError');
  if (reporting) return console.error('Uncaught', error);
  reporting = true;
  try {
    const message = error instanceof Error ? error.message : `${error as string}`;
    const event = new ErrorEvent('error', { message, error, cancelable: true });
    if (dispatchEvent.call(globalThis as unknown as EventTarget, event)) console.error('Uncaught', error);
  } finally {
    reporting = false;
  }
}

const handlers = { prototype: {} };
for (const type of ['error', 'unhandledrejection', 'rejectionhandled']) eventHandler(handlers, type);
for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(handlers.prototype))) {
  Object.defineProperty(globalThis, name, {
    get: () => (property.get as () => unknown).call(globalThis),
    set: (value: unknown) => {
      if (!('addEventListener' in globalThis)) Object.assign(globalThis, { addEventListener });
      (property.set as (value: unknown) => void).call(globalThis, value);
    },
    enumerable: true,
    configurable: true,
  });
}
