/** `node:timers`: the kernel's timers, as objects with `ref`, `unref` and the like. */
import { needFunction } from './errors.ts';
import promises from './timers-promises.ts';

type Run = (...args: unknown[]) => unknown;
type Start = (run: Run, ms?: unknown, ...args: unknown[]) => number;

interface Kernel {
  setTimeout: Start;
  setInterval: Start;
  clearTimeout(id: unknown): void;
}

/** The kernel's, taken before they are replaced. */
const { setTimeout: startOnce, setInterval: startEach, clearTimeout: stop } = globalThis as unknown as Kernel;

/** An instance has no event loop that a timer could keep alive, so `ref` and `unref` only note what was asked. */
export class Timeout {
  #id: number;
  #referenced = true;
  readonly #again: () => number;

  constructor(start: Start, run: Run, ms: unknown, args: unknown[]) {
    needFunction('callback', run);
    this.#again = () => start(run, ms, ...args);
    this.#id = this.#again();
  }
  ref(): this {
    this.#referenced = true;
    return this;
  }
  unref(): this {
    this.#referenced = false;
    return this;
  }
  hasRef(): boolean {
    return this.#referenced;
  }
  refresh(): this {
    stop(this.#id);
    this.#id = this.#again();
    return this;
  }
  close(): this {
    stop(this.#id);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#id;
  }
  [Symbol.dispose](): void {
    stop(this.#id);
  }
}

export const setTimeout = (run: Run, ms?: unknown, ...args: unknown[]): Timeout =>
  new Timeout(startOnce, run, ms, args);
export const setInterval = (run: Run, ms?: unknown, ...args: unknown[]): Timeout =>
  new Timeout(startEach, run, ms, args);
export const setImmediate = (run: Run, ...args: unknown[]): Timeout => new Timeout(startOnce, run, 1, args);

/** Takes what a start gave, or its number, also as text. */
export function clearTimeout(timer: unknown): void {
  if (timer instanceof Timeout) timer.close();
  else stop(typeof timer === 'string' ? Number(timer) : timer);
}
export const clearInterval = clearTimeout;
export const clearImmediate = clearTimeout;

const custom = Symbol.for('nodejs.util.promisify.custom');
Object.defineProperty(setTimeout, custom, {
  value: (ms: number, value: unknown) => new Promise((resolve) => setTimeout(resolve, ms, value)),
});
Object.defineProperty(setImmediate, custom, {
  value: (value: unknown) => new Promise((resolve) => setImmediate(resolve, value)),
});

export { promises };
