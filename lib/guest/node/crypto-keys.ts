/** Keys of `node:crypto`. The host reads and writes their formats; a key is held here as what was exported of it. */
import { isBufferSource, textOf, viewOf } from '../web/host.ts';
import { Buffer, fromBinary } from './buffer-class.ts';
import { binary } from './crypto-bytes.ts';
import { invalidArgType, invalidArgValue, nodeError, outOfRange } from './errors.ts';
import { ask } from './host-operations.ts';

type Kind = 'secret' | 'private' | 'public';

/** How the host takes a key: PEM text, bytes with format and type, or a JWK. */
export interface KeyParameters {
  readonly key: unknown;
  readonly format?: unknown;
  readonly type?: unknown;
  readonly passphrase?: unknown;
}

interface Facts {
  readonly type: Kind;
  readonly asymmetricKeyType?: string;
  readonly details: { publicExponent?: string; [name: string]: unknown };
  readonly key: unknown;
}

interface ExportOptions {
  readonly type?: string;
  readonly format?: string;
  readonly cipher?: string;
  readonly passphrase?: string;
}

const making = Symbol('made by the library');
let materialOf: (key: KeyObject) => string;

export class KeyObject {
  readonly #kind: Kind;
  /** Bytes of a secret, one per character; PEM of the others. */
  readonly #material: string;
  readonly #facts: Facts | undefined;

  static {
    materialOf = (key) => key.#material;
  }
  static from(_key: unknown): never {
    throw nodeError(
      Error,
      'ERR_ISOPOD_UNSUPPORTED',
      'KeyObject.from: import the key with createPublicKey and its like',
    );
  }

  constructor(key: unknown, kind: Kind, material: string, facts?: Facts) {
    if (key !== making) throw nodeError(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    this.#kind = kind;
    this.#material = material;
    this.#facts = facts;
  }
  get type(): Kind {
    return this.#kind;
  }
  get symmetricKeySize(): number | undefined {
    return this.#kind === 'secret' ? this.#material.length : undefined;
  }
  get asymmetricKeyType(): string | undefined {
    return this.#facts?.asymmetricKeyType;
  }
  get asymmetricKeyDetails(): object | undefined {
    if (this.#facts === undefined) return undefined;
    const { publicExponent, ...rest } = this.#facts.details;
    return { ...rest, ...(publicExponent !== undefined && { publicExponent: BigInt(publicExponent) }) };
  }
  equals(other: unknown): boolean {
    if (!(other instanceof KeyObject)) throw invalidArgType('otherKeyObject', 'an instance of KeyObject', other);
    return this.#kind === other.#kind && this.#material === other.#material;
  }
  export(options: ExportOptions = {}): Buffer | string | object {
    const { format = 'buffer', type, cipher, passphrase } = options;
    if (this.#kind === 'secret') {
      const bytes = fromBinary(this.#material);
      if (format !== 'jwk') return bytes;
      return { kty: 'oct', k: bytes.toString('base64url' as 'base64') };
    }
    if (format === 'buffer') throw invalidArgType('options', 'of type object', undefined);
    const output = {
      format,
      ...(type !== undefined && { type }),
      ...(cipher !== undefined && { cipher, newPassphrase: passphrase }),
    };
    const { key } = JSON.parse(ask('describeKey', { kind: this.#kind, key: this.#material, output })) as Facts;
    return format === 'der' ? fromBinary(key as string) : (key as string | object);
  }
  get [Symbol.toStringTag](): string {
    return 'KeyObject';
  }
}

export function secretBytes(key: KeyObject): string {
  if (key.type !== 'secret') {
    throw nodeError(
      TypeError,
      'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
      `Invalid key object type ${key.type}, expected secret.`,
    );
  }
  return materialOf(key);
}

const wanted = 'of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey';

/** A key argument in any of Node.js' forms. `need`: what it is for. */
export function keyParameters(input: unknown, need: 'private' | 'public'): KeyParameters {
  if (input instanceof KeyObject) {
    if (input.type === 'secret' || (need === 'private' && input.type !== 'private')) {
      const expected = need === 'private' ? 'private' : 'private or public';
      throw nodeError(
        TypeError,
        'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
        `Invalid key object type ${input.type}, expected ${expected}.`,
      );
    }
    return { key: materialOf(input) };
  }
  if (typeof input === 'string') return { key: input };
  if (isBufferSource(input)) return { key: Buffer.from(textOf(viewOf(input)), 'latin1').toString('utf8') };
  if (typeof input !== 'object' || input === null) throw invalidArgType('key', wanted, input);
  const { key, format, type, passphrase, encoding } = input as Record<string, unknown>;
  if (format === 'jwk') {
    if (typeof key !== 'object' || key === null) throw invalidArgType('key.key', 'of type object', key);
    return { key, format };
  }
  if (key instanceof KeyObject) return keyParameters(key, need);
  const secret =
    passphrase === undefined ? {} : { passphrase: fromBinary(binary('passphrase', passphrase)).toString() };
  if (format === 'der') return { key: binary('key.key', key, encoding), format, type, ...secret };
  if (typeof key !== 'string' && !isBufferSource(key)) throw invalidArgType('key.key', wanted, key);
  return { key: typeof key === 'string' ? key : fromBinary(binary('key.key', key)).toString(), ...secret };
}

function describe(kind: 'private' | 'public', parameters: KeyParameters): KeyObject {
  const facts = JSON.parse(ask('describeKey', { kind, ...parameters, output: {} })) as Facts;
  return new KeyObject(making, kind, facts.key as string, facts);
}

export const createPrivateKey = (input: unknown): KeyObject => describe('private', keyParameters(input, 'private'));

export function createPublicKey(input: unknown): KeyObject {
  if (input instanceof KeyObject && input.type !== 'private') {
    throw nodeError(
      TypeError,
      'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE',
      `Invalid key object type ${input.type}, expected private.`,
    );
  }
  return describe('public', keyParameters(input, 'public'));
}

export function createSecretKey(key: unknown, encoding?: unknown): KeyObject {
  const bytes = binary('key', key, encoding);
  return new KeyObject(making, 'secret', bytes);
}

type Callback = (error: unknown, ...values: unknown[]) => void;
declare const queueMicrotask: (run: () => void) => void;

/** Runs `work` after the caller, and tells `callback` as Node.js does. */
export function later(callback: Callback, work: () => unknown[]): void {
  queueMicrotask(() => {
    let values: unknown[];
    try {
      values = work();
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, ...values);
  });
}

interface PairOptions {
  readonly publicKeyEncoding?: ExportOptions;
  readonly privateKeyEncoding?: ExportOptions;
  readonly [name: string]: unknown;
}

export function generateKeyPairSync(
  type: string,
  options: PairOptions = {},
): { publicKey: unknown; privateKey: unknown } {
  if (typeof type !== 'string') throw invalidArgType('type', 'of type string', type);
  const { publicKeyEncoding, privateKeyEncoding, ...rest } = options;
  const made = JSON.parse(ask('generateKeyPair', { type, ...rest })) as { publicKey: string; privateKey: string };
  const publicKey = createPublicKey(made.publicKey);
  const privateKey = createPrivateKey(made.privateKey);
  return {
    publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding),
    privateKey: privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding),
  };
}

export function generateKeyPair(type: string, options: PairOptions, callback: Callback): void {
  later(callback, () => {
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    return [publicKey, privateKey];
  });
}

/** Random secret of `length` bits. */
export function generateKeySync(type: string, { length }: { readonly length: number }): KeyObject {
  if (type !== 'hmac' && type !== 'aes') throw invalidArgValue('type', type, 'must be a supported key type');
  if (type === 'aes' && ![128, 192, 256].includes(length))
    throw invalidArgValue('options.length', length, 'must be one of: 128, 192, 256');
  if (!Number.isInteger(length) || length < 8) throw outOfRange('options.length', '>= 8 && <= 2147483647', length);
  const bytes = new Uint8Array(length >> 3);
  (globalThis as unknown as { crypto: { getRandomValues(view: Uint8Array): void } }).crypto.getRandomValues(bytes);
  return new KeyObject(making, 'secret', textOf(bytes));
}

export const generateKey = (type: string, options: { readonly length: number }, callback: Callback): void =>
  later(callback, () => [generateKeySync(type, options)]);
