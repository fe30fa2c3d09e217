/** Key derivation of `node:crypto`. */
import type { Buffer } from './buffer-class.ts';
import { fromBinary } from './buffer-class.ts';
import { binary } from './crypto-bytes.ts';
import { KeyObject, later, secretBytes } from './crypto-keys.ts';
import { needFunction, needInteger, needString } from './errors.ts';
import { ask } from './host-operations.ts';

type Callback = (error: unknown, ...values: unknown[]) => void;
const MAX = 2 ** 31 - 1;

function pbkdf2Work(
  password: unknown,
  salt: unknown,
  iterations: number,
  length: number,
  digest: string,
): () => Buffer {
  needString('digest', digest);
  needInteger('iterations', iterations, 1, MAX);
  needInteger('keylen', length, 0, MAX);
  const parameters = { salt: binary('salt', salt), iterations, length, digest };
  const data = binary('password', password);
  return () => fromBinary(ask('pbkdf2', parameters, data));
}

export const pbkdf2Sync = (...args: Parameters<typeof pbkdf2Work>): Buffer => pbkdf2Work(...args)();

export function pbkdf2(
  password: unknown,
  salt: unknown,
  iterations: number,
  length: number,
  digest: string,
  callback: Callback,
): void {
  needFunction('callback', callback);
  const work = pbkdf2Work(password, salt, iterations, length, digest);
  later(callback, () => [work()]);
}

interface ScryptOptions {
  readonly N?: number;
  readonly cost?: number;
  readonly r?: number;
  readonly blockSize?: number;
  readonly p?: number;
  readonly parallelization?: number;
}

function scryptWork(password: unknown, salt: unknown, length: number, options: ScryptOptions = {}): () => Buffer {
  needInteger('keylen', length, 0, MAX);
  const { cost = 16_384, N = cost, blockSize = 8, r = blockSize, parallelization = 1, p = parallelization } = options;
  const parameters = { salt: binary('salt', salt), N, r, p, length };
  const data = binary('password', password);
  return () => fromBinary(ask('scrypt', parameters, data));
}

export const scryptSync = (...args: Parameters<typeof scryptWork>): Buffer => scryptWork(...args)();

export function scrypt(password: unknown, salt: unknown, length: number, ...rest: unknown[]): void {
  const callback = rest.pop() as Callback;
  needFunction('callback', callback);
  const work = scryptWork(password, salt, length, rest[0] as ScryptOptions | undefined);
  later(callback, () => [work()]);
}

function hkdfWork(digest: string, key: unknown, salt: unknown, info: unknown, length: number): () => ArrayBuffer {
  needString('digest', digest);
  needInteger('length', length, 0, MAX);
  const data = key instanceof KeyObject ? secretBytes(key) : binary('ikm', key);
  const parameters = { digest, salt: binary('salt', salt), info: binary('info', info), length };
  return () => fromBinary(ask('hkdf', parameters, data)).buffer as ArrayBuffer;
}

export const hkdfSync = (...args: Parameters<typeof hkdfWork>): ArrayBuffer => hkdfWork(...args)();

export function hkdf(
  digest: string,
  key: unknown,
  salt: unknown,
  info: unknown,
  length: number,
  callback: Callback,
): void {
  needFunction('callback', callback);
  const work = hkdfWork(digest, key, salt, info, length);
  later(callback, () => [work()]);
}
