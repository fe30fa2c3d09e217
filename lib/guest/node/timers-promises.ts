/** `node:timers/promises`. */
import type { AbortSignal } from '../web/abort.ts';
import { abortError, invalidArgType } from './errors.ts';
import * as self from './timers-promises.ts';

interface Options {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

type Start = (run: () => void, ms?: number) => unknown;
interface Timers {
  readonly setTimeout: Start;
  readonly setInterval: Start;
  clearTimeout(timer: unknown): void;
}
const timers = (): Timers => globalThis as unknown as Timers;

function wait<T>(ms: number, value: T, options: Options): Promise<T> {
  if (typeof options !== 'object' || options === null) {
    return Promise.reject(invalidArgType('options', 'of type object', options));
  }
  const { signal } = options;
  if (signal?.aborted) return Promise.reject(abortError(signal.reason));
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      timers().clearTimeout(timer);
      reject(abortError(signal?.reason));
    };
    const timer = timers().setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    }, ms);
    signal?.addEventListener('abort', aborted);
  });
}

export const setTimeout = <T>(ms = 1, value?: T, options: Options = {}): Promise<T | undefined> =>
  wait(ms, value, options);
export const setImmediate = <T>(value?: T, options: Options = {}): Promise<T | undefined> => wait(1, value, options);

export async function* setInterval<T>(ms = 1, value?: T, options: Options = {}): AsyncGenerator<T | undefined> {
  for (;;) yield await wait(ms, value, options);
}

export const scheduler = {
  wait: (ms: number, options: Options = {}): Promise<undefined> => wait(ms, undefined, options),
  yield: (): Promise<undefined> => wait(1, undefined, {}),
};

/** The object that `timers.promises` is too. */
export default Object.assign({}, self) as object;
