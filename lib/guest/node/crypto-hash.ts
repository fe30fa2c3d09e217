/** Hashes and HMACs of `node:crypto`. The host hashes at once, so what is updated is gathered until the digest. */

import type { Buffer } from './buffer-class.ts';
import { binary, encoded } from './crypto-bytes.ts';
import { KeyObject, secretBytes } from './crypto-keys.ts';
import { invalidArgType, needString, nodeError } from './errors.ts';
import { ask } from './host-operations.ts';
import { type StreamLike, Transform } from './stream.ts';

type Done = (error?: unknown, chunk?: unknown) => void;

/** Bytes one hash gathers; beyond it the host would refuse the argument. */
const MAX_GATHERED = 64 * 1024 * 1024;
/** Names the host took before; it is asked once per name, as an unknown one has to throw when the hash is made. */
const known = new Set<string>();

abstract class Gathering extends Transform {
  protected parts: string[] = [];
  protected done = false;
  #length = 0;

  update(data: unknown, encoding?: unknown): this {
    if (this.done) throw nodeError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
    }
    const bytes = binary('data', data, encoding);
    this.#length += bytes.length;
    if (this.#length > MAX_GATHERED) {
      throw nodeError(RangeError, 'ERR_OUT_OF_RANGE', `A hash in an isolate takes at most ${MAX_GATHERED} bytes`);
    }
    this.parts.push(bytes);
    return this;
  }
  protected abstract compute(data: string): string;

  digest(encoding?: unknown): Buffer | string {
    if (this.done) throw nodeError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    this.done = true;
    return encoded(this.compute(this.parts.join('')), encoding);
  }
  _transform(chunk: unknown, encoding: unknown, done: Done): void {
    this.update(chunk, encoding);
    done();
  }
  _flush(this: this & StreamLike, done: Done): void {
    this.push(this.digest());
    done();
  }
}

interface HashOptions {
  readonly outputLength?: number;
}

export class Hash extends Gathering {
  readonly #parameters: object;

  constructor(algorithm: string, options: HashOptions = {}) {
    needString('algorithm', algorithm);
    super(options);
    const { outputLength } = options ?? {};
    this.#parameters = { algorithm, ...(outputLength !== undefined && { outputLength }) };
    if (!known.has(algorithm)) ask('hash', this.#parameters);
    known.add(algorithm);
  }
  protected override compute(data: string): string {
    return ask('hash', this.#parameters, data);
  }
  copy(options?: HashOptions): Hash {
    if (this.done) throw nodeError(Error, 'ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    const { algorithm } = this.#parameters as { algorithm: string };
    const made = new Hash(algorithm, options ?? this.#parameters);
    made.parts = [...this.parts];
    return made;
  }
}

export class Hmac extends Gathering {
  readonly #parameters: object;
  #result: string | undefined;

  constructor(algorithm: string, key: unknown, options?: object) {
    needString('hmac', algorithm);
    if (key === null || key === undefined) {
      throw invalidArgType(
        'key',
        'of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey',
        key,
      );
    }
    super(options);
    this.#parameters = { algorithm, key: key instanceof KeyObject ? secretBytes(key) : binary('key', key) };
    ask('hmac', this.#parameters);
  }
  protected override compute(data: string): string {
    this.#result = ask('hmac', this.#parameters, data);
    return this.#result;
  }
  // A second digest of an HMAC is empty, where that of a hash throws.
  override digest(encoding?: unknown): Buffer | string {
    return this.done ? encoded('', encoding) : super.digest(encoding);
  }
}

export const createHash = (algorithm: string, options?: HashOptions): Hash => new Hash(algorithm, options);
export const createHmac = (algorithm: string, key: unknown, options?: object): Hmac =>
  new Hmac(algorithm, key, options);

/** A hash in one go, as hexadecimal digits unless told otherwise. */
export function hash(algorithm: string, data: unknown, encoding: unknown = 'hex'): Buffer | string {
  needString('algorithm', algorithm);
  const given =
    typeof encoding === 'object' && encoding !== null ? (encoding as { outputEncoding?: unknown }) : undefined;
  return encoded(
    ask('hash', { algorithm }, binary('input', data)),
    given === undefined ? encoding : (given.outputEncoding ?? 'hex'),
  );
}
