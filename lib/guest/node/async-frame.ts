/**
 * What AsyncLocalStorage keeps along a chain of callbacks. An isolate has no hooks into V8's own awaits, so a bundle
 * with this part has its async functions compiled to generators, and every way to a later callback is replaced here by
 * one that carries the frame: `then`, timers, microtasks.
 */

/** Store by its AsyncLocalStorage; never changed once made. */
export type Frame = ReadonlyMap<object, unknown>;

type Callback = (...args: unknown[]) => unknown;

let current: Frame = new Map();

export const currentFrame = (): Frame => current;

/** The rest of the callback under way runs in `frame`. */
export function enterFrame(frame: Frame): void {
  current = frame;
}

export function runInFrame(frame: Frame, run: Callback, self: unknown, args: readonly unknown[]): unknown {
  const before = current;
  current = frame;
  try {
    return Reflect.apply(run, self, args);
  } finally {
    current = before;
  }
}

/** `run` in the frame of now, whenever it is called; other values as they are. */
export function carry(run: unknown): unknown {
  if (typeof run !== 'function') return run;
  const frame = current;
  return function (this: unknown, ...args: unknown[]): unknown {
    return runInFrame(frame, run as Callback, this, args);
  };
}

/** Every call starts with an empty frame, and what it enters ends with it. */
export const inOwnFrame =
  (run: Callback): Callback =>
  (...args) =>
    runInFrame(new Map(), run, undefined, args);

function replace(owner: object, name: string, make: (original: Callback) => Callback): void {
  const original = (owner as Record<string, unknown>)[name];
  if (typeof original !== 'function') return;
  const value = make(original as Callback);
  Object.defineProperty(value, 'name', { value: name, configurable: true });
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: false });
}

replace(
  Promise.prototype,
  'then',
  (then) =>
    function (this: unknown, ok, failed) {
      return Reflect.apply(then, this, [carry(ok), carry(failed)]);
    },
);
// The `then` of a foreign promise is called in a microtask of its own.
replace(
  Promise,
  'resolve',
  (resolve) =>
    function (this: unknown, value) {
      if (typeof value !== 'object' || value === null || value instanceof Promise) {
        return Reflect.apply(resolve, this, [value]);
      }
      const { then } = value as { then?: unknown };
      if (typeof then !== 'function') return Reflect.apply(resolve, this, [value]);
      // biome-ignore lint/suspicious/noThenProperty: it stands for a promise on purpose.
      const carried = { then: carry((...args: unknown[]) => Reflect.apply(then as Callback, value, args)) as Callback };
      return Reflect.apply(resolve, this, [carried]);
    },
);
for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) {
  replace(
    globalThis,
    name,
    (start) =>
      (run, ...rest) =>
        start(carry(run), ...rest),
  );
}
replace(
  (globalThis as unknown as { process: object }).process,
  'nextTick',
  (start) =>
    (run, ...rest) =>
      start(carry(run), ...rest),
);
