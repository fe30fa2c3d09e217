/** Signatures, RSA encryption and key agreement of `node:crypto`. */
import type { Buffer } from './buffer-class.ts';
import { fromBinary } from './buffer-class.ts';
import { binary, encoded } from './crypto-bytes.ts';
import { type KeyObject, keyParameters, later } from './crypto-keys.ts';
import { invalidArgType, needString, nodeError } from './errors.ts';
import { ask } from './host-operations.ts';
import { Writable } from './stream.ts';

type Done = (error?: unknown) => void;
type Callback = (error: unknown, ...values: unknown[]) => void;

/** What may stand beside a key: padding and the like. */
function besides(input: unknown): object {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return {};
  const { padding, saltLength, dsaEncoding, oaepHash, oaepLabel } = input as Record<string, unknown>;
  return {
    ...(padding !== undefined && { padding }),
    ...(saltLength !== undefined && { saltLength }),
    ...(dsaEncoding !== undefined && { dsaEncoding }),
    ...(oaepHash !== undefined && { oaepHash }),
    ...(oaepLabel !== undefined && { oaepLabel: binary('key.oaepLabel', oaepLabel) }),
  };
}

const parametersOf = (key: unknown, need: 'private' | 'public'): object => ({
  ...keyParameters(key, need),
  ...besides(key),
});

const digestOf = (algorithm: string | null | undefined): object => (algorithm ? { algorithm } : {});

const signBytes = (algorithm: string | null | undefined, data: string, key: unknown): string =>
  ask('sign', { ...digestOf(algorithm), ...parametersOf(key, 'private') }, data);

const verifyBytes = (algorithm: string | null | undefined, data: string, key: unknown, signature: string): boolean =>
  ask('verify', { ...digestOf(algorithm), ...parametersOf(key, 'public'), signature }, data) === '1';

abstract class Gathering extends Writable {
  protected readonly algorithm: string;
  #parts: string[] = [];

  constructor(algorithm: string, options?: object) {
    needString('algorithm', algorithm);
    super(options);
    this.algorithm = algorithm;
    if (!known.has(algorithm)) {
      try {
        ask('hash', { algorithm });
      } catch {
        throw nodeError(TypeError, 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
      }
    }
    known.add(algorithm);
  }
  protected gathered(): string {
    return this.#parts.join('');
  }
  update(data: unknown, encoding?: unknown): this {
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
    }
    this.#parts.push(binary('data', data, encoding));
    return this;
  }
  _write(chunk: unknown, encoding: unknown, done: Done): void {
    this.update(chunk, encoding);
    done();
  }
}
/** Digests the host took before. */
const known = new Set<string>();

export class Sign extends Gathering {
  sign(key: unknown, encoding?: unknown): Buffer | string {
    if (!key) throw nodeError(Error, 'ERR_CRYPTO_SIGN_KEY_REQUIRED', 'No key provided to sign');
    return encoded(signBytes(this.algorithm, this.gathered(), key), encoding);
  }
}

export class Verify extends Gathering {
  verify(key: unknown, signature: unknown, encoding?: unknown): boolean {
    return verifyBytes(this.algorithm, this.gathered(), key, binary('signature', signature, encoding));
  }
}

export const createSign = (algorithm: string, options?: object): Sign => new Sign(algorithm, options);
export const createVerify = (algorithm: string, options?: object): Verify => new Verify(algorithm, options);

/** In one go; with a callback, later. */
export function sign(
  algorithm: string | null | undefined,
  data: unknown,
  key: unknown,
  callback?: Callback,
): Buffer | undefined {
  const bytes = binary('data', data);
  if (callback === undefined) return fromBinary(signBytes(algorithm, bytes, key));
  later(callback, () => [fromBinary(signBytes(algorithm, bytes, key))]);
  return undefined;
}

export function verify(
  algorithm: string | null | undefined,
  data: unknown,
  key: unknown,
  signature: unknown,
  callback?: Callback,
): boolean | undefined {
  const bytes = binary('data', data);
  const given = binary('signature', signature);
  if (callback === undefined) return verifyBytes(algorithm, bytes, key, given);
  later(callback, () => [verifyBytes(algorithm, bytes, key, given)]);
  return undefined;
}

export const publicEncrypt = (key: unknown, data: unknown): Buffer =>
  fromBinary(ask('publicEncrypt', parametersOf(key, 'public'), binary('buffer', data)));
export const privateDecrypt = (key: unknown, data: unknown): Buffer =>
  fromBinary(ask('privateDecrypt', parametersOf(key, 'private'), binary('buffer', data)));
export const privateEncrypt = (key: unknown, data: unknown): Buffer =>
  fromBinary(ask('privateEncrypt', parametersOf(key, 'private'), binary('buffer', data)));
export const publicDecrypt = (key: unknown, data: unknown): Buffer =>
  fromBinary(ask('publicDecrypt', parametersOf(key, 'public'), binary('buffer', data)));

export function diffieHellman(options: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Buffer {
  if (typeof options !== 'object' || options === null) throw invalidArgType('options', 'of type object', options);
  return fromBinary(
    ask('diffieHellman', {
      privateKey: keyParameters(options.privateKey, 'private'),
      publicKey: keyParameters(options.publicKey, 'public'),
    }),
  );
}
