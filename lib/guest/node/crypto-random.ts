/** Random numbers of `node:crypto`, by the kernel's generator. */
import { viewOf } from '../web/host.ts';
import { Buffer } from './buffer-class.ts';
import { later } from './crypto-keys.ts';
import { invalidArgType, needInteger, nodeError, outOfRange } from './errors.ts';

interface Random {
  getRandomValues<T>(view: T): T;
  randomUUID(): string;
}
const random = (globalThis as unknown as { crypto: Random }).crypto;

type Callback = (error: unknown, ...values: unknown[]) => void;
/** Bytes the kernel gives at once. */
const STEP = 65_536;
const MAX_BYTES = 2 ** 31 - 1;

function fill(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += STEP) random.getRandomValues(bytes.subarray(at, at + STEP));
}

export function randomBytes(size: number, callback?: Callback): Buffer | undefined {
  needInteger('size', size, 0, MAX_BYTES);
  const make = (): Buffer => {
    const bytes = Buffer.alloc(size);
    fill(bytes);
    return bytes;
  };
  if (callback === undefined) return make();
  later(callback, () => [make()]);
  return undefined;
}
export const pseudoRandomBytes = randomBytes;
export const prng = randomBytes;

export function randomFillSync<T extends ArrayBuffer | ArrayBufferView>(target: T, offset = 0, size?: number): T {
  if (!ArrayBuffer.isView(target) && !(target instanceof ArrayBuffer)) {
    throw invalidArgType('buf', 'an instance of ArrayBuffer or ArrayBufferView', target);
  }
  const bytes = viewOf(target);
  // Offset and size count elements of the target, not bytes.
  const width = (target as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const from = offset * width;
  const to = size === undefined ? bytes.length : from + size * width;
  if (!(from >= 0 && from <= bytes.length)) throw outOfRange('offset', `>= 0 && <= ${bytes.length}`, offset);
  if (!(to >= from && to <= bytes.length)) throw outOfRange('size + offset', `<= ${bytes.length}`, to);
  fill(bytes.subarray(from, to));
  return target;
}

export function randomFill(target: ArrayBufferView, ...rest: unknown[]): void {
  const callback = rest.pop() as Callback;
  if (typeof callback !== 'function') throw invalidArgType('callback', 'of type function', callback);
  later(callback, () => [randomFillSync(target, ...(rest as number[]))]);
}

/** Widest range: six bytes. */
const MAX_RANGE = 2 ** 48 - 1;

export function randomInt(first: number, ...rest: unknown[]): number | undefined {
  const callback = typeof rest.at(-1) === 'function' ? (rest.pop() as Callback) : undefined;
  const [min, max] = rest.length === 0 || rest[0] === undefined ? [0, first] : [first, rest[0] as number];
  if (!Number.isSafeInteger(min)) throw invalidArgType('min', 'a safe integer', min);
  if (!Number.isSafeInteger(max)) throw invalidArgType('max', 'a safe integer', max);
  if (max <= min) throw outOfRange('max', `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > MAX_RANGE) throw outOfRange(rest.length === 0 ? 'max' : 'max - min', `<= ${MAX_RANGE}`, range);
  // Values past the last whole multiple of the range would make the first ones likelier.
  const limit = MAX_RANGE - (MAX_RANGE % range);
  const make = (): number => {
    for (;;) {
      const bytes = randomBytes(6) as Buffer;
      const value = bytes.readUIntBE(0, 6);
      if (value < limit) return min + (value % range);
    }
  };
  if (callback === undefined) return make();
  later(callback, () => [make()]);
  return undefined;
}

export const randomUUID = (): string => random.randomUUID();
export const getRandomValues = <T>(view: T): T => random.getRandomValues(view);

export function timingSafeEqual(a: ArrayBufferView, b: ArrayBufferView): boolean {
  for (const [name, value] of [
    ['buf1', a],
    ['buf2', b],
  ] as const) {
    if (!ArrayBuffer.isView(value) && !((value as unknown) instanceof ArrayBuffer)) {
      // The one message of Node.js that does not show what it got.
      const message = `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`;
      throw nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
    }
  }
  const [x, y] = [viewOf(a), viewOf(b)];
  if (x.length !== y.length) {
    throw nodeError(RangeError, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
  }
  let difference = 0;
  for (let at = 0; at < x.length; at++) difference |= (x[at] as number) ^ (y[at] as number);
  return difference === 0;
}
