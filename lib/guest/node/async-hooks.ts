/** `node:async_hooks`: AsyncLocalStorage and AsyncResource. */
import { carry, currentFrame, enterFrame, type Frame, runInFrame } from './async-frame.ts';
import { invalidArgType, needFunction } from './errors.ts';

type Callback = (...args: unknown[]) => unknown;

interface StorageOptions {
  readonly defaultValue?: unknown;
  readonly name?: string;
}

export class AsyncLocalStorage {
  readonly name: string;
  readonly #defaultValue: unknown;

  constructor({ defaultValue, name = '' }: StorageOptions = {}) {
    this.#defaultValue = defaultValue;
    this.name = name;
  }

  static bind(run: Callback): Callback {
    needFunction('fn', run);
    return carry(run) as Callback;
  }
  static snapshot(): (run: Callback, ...args: unknown[]) => unknown {
    const frame = currentFrame();
    return (run, ...args) => runInFrame(frame, run, undefined, args);
  }

  getStore(): unknown {
    const frame = currentFrame();
    return frame.has(this) ? frame.get(this) : this.#defaultValue;
  }
  run(store: unknown, run: Callback, ...args: unknown[]): unknown {
    return runInFrame(this.#with(store), run, undefined, args);
  }
  exit(run: Callback, ...args: unknown[]): unknown {
    return runInFrame(this.#with(undefined), run, undefined, args);
  }
  enterWith(store: unknown): void {
    enterFrame(this.#with(store));
  }
  disable(): void {
    const frame = new Map(currentFrame());
    frame.delete(this);
    enterFrame(frame);
  }
  #with(store: unknown): Frame {
    return new Map(currentFrame()).set(this, store);
  }
}

let nextId = 2;

export class AsyncResource {
  readonly type: string;
  readonly #id = nextId++;
  readonly #frame = currentFrame();

  constructor(type: string) {
    if (typeof type !== 'string') throw invalidArgType('type', 'of type string', type);
    this.type = type;
  }

  static bind(run: Callback, type?: string, self?: unknown): Callback {
    return new AsyncResource(type || run?.name || 'bound-anonymous-fn').bind(run, self);
  }

  runInAsyncScope(run: Callback, self?: unknown, ...args: unknown[]): unknown {
    return runInFrame(this.#frame, run, self, args);
  }
  bind(run: Callback, self?: unknown): Callback {
    needFunction('fn', run);
    const frame = this.#frame;
    return function (this: unknown, ...args) {
      return runInFrame(frame, run, self ?? this, args);
    };
  }
  asyncId(): number {
    return this.#id;
  }
  triggerAsyncId(): number {
    return 1;
  }
  emitDestroy(): this {
    return this;
  }
}

export const executionAsyncId = (): number => 1;
export const triggerAsyncId = (): number => 0;
export const executionAsyncResource = (): object => ({});
/** There is nothing to hook into. */
export function createHook(_callbacks: object): object {
  const hook = { enable: (): object => hook, disable: (): object => hook };
  return hook;
}
export const asyncWrapProviders: object = Object.freeze({ NONE: 0 });
