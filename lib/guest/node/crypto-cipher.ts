/** Ciphers of `node:crypto`. The host works on the whole: all output comes with `final`. */
import type { Buffer } from './buffer-class.ts';
import { fromBinary } from './buffer-class.ts';
import { binary, encoded } from './crypto-bytes.ts';
import { KeyObject, secretBytes } from './crypto-keys.ts';
import { invalidArgType, needString, nodeError } from './errors.ts';
import { ask } from './host-operations.ts';
import { type StreamLike, Transform } from './stream.ts';

type Done = (error?: unknown) => void;

interface CipherOptions {
  readonly authTagLength?: number;
}

const isAuthenticated = (algorithm: string): boolean => /gcm|ccm|ocb|poly1305/i.test(algorithm);
/** Modes that cannot be tried on nothing. */
const needsData = /wrap|ccm/i;

abstract class Ciphering extends Transform {
  protected readonly algorithm: string;
  protected tag: string | undefined;
  protected done = false;
  readonly #key: string;
  readonly #iv: string | undefined;
  readonly #authTagLength: number | undefined;
  #parts: string[] = [];
  #aad = '';
  #autoPadding = true;

  constructor(algorithm: string, key: unknown, iv: unknown, options: CipherOptions = {}) {
    needString('cipher', algorithm);
    if (key === undefined || key === null)
      throw invalidArgType(
        'key',
        'of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey',
        key,
      );
    super(options);
    this.algorithm = algorithm;
    this.#key = key instanceof KeyObject ? secretBytes(key) : binary('key', key);
    this.#iv = iv === null ? undefined : binary('iv', iv);
    this.#authTagLength = options?.authTagLength;
    // Keys and vectors of a wrong length are refused when the cipher is made.
    if (!needsData.test(algorithm)) this.ask(true, '');
  }
  protected ask(encrypt: boolean, data: string): string {
    return ask(
      'cipher',
      {
        algorithm: this.algorithm,
        key: this.#key,
        encrypt,
        autoPadding: this.#autoPadding,
        aad: this.#aad,
        ...(this.#iv !== undefined && { iv: this.#iv }),
        ...(this.#authTagLength !== undefined && { authTagLength: this.#authTagLength }),
        ...(!encrypt && this.tag !== undefined && { tag: this.tag }),
      },
      data,
    );
  }
  protected gathered(): string {
    if (this.done) throw nodeError(Error, 'ERR_CRYPTO_INVALID_STATE', 'Invalid state for operation final');
    this.done = true;
    return this.#parts.join('');
  }
  update(data: unknown, inputEncoding?: unknown, outputEncoding?: unknown): Buffer | string {
    if (this.done) throw nodeError(Error, 'ERR_CRYPTO_INVALID_STATE', 'Invalid state for operation update');
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
    }
    this.#parts.push(binary('data', data, inputEncoding));
    return encoded('', outputEncoding);
  }
  setAAD(aad: unknown): this {
    this.#aad = binary('aadbuf', aad);
    return this;
  }
  setAutoPadding(on = true): this {
    this.#autoPadding = Boolean(on);
    return this;
  }
  abstract final(encoding?: unknown): Buffer | string;

  _transform(chunk: unknown, encoding: unknown, done: Done): void {
    this.update(chunk, encoding);
    done();
  }
  _flush(this: this & StreamLike, done: Done): void {
    try {
      this.push(this.final());
      done();
    } catch (error) {
      done(error);
    }
  }
}

export class Cipheriv extends Ciphering {
  final(encoding?: unknown): Buffer | string {
    const text = this.ask(true, this.gathered());
    if (!isAuthenticated(this.algorithm)) return encoded(text, encoding);
    // The tag comes behind the text; its length is what an empty text would give.
    const length = this.ask(true, '').length;
    this.tag = text.slice(text.length - length);
    return encoded(text.slice(0, text.length - length), encoding);
  }
  getAuthTag(): Buffer {
    if (this.tag === undefined)
      throw nodeError(Error, 'ERR_CRYPTO_INVALID_STATE', 'Invalid state for operation getAuthTag');
    return fromBinary(this.tag);
  }
}

export class Decipheriv extends Ciphering {
  setAuthTag(tag: unknown, encoding?: unknown): this {
    this.tag = binary('buffer', tag, encoding);
    return this;
  }
  final(encoding?: unknown): Buffer | string {
    return encoded(this.ask(false, this.gathered()), encoding);
  }
}

export const createCipheriv = (algorithm: string, key: unknown, iv: unknown, options?: CipherOptions): Cipheriv =>
  new Cipheriv(algorithm, key, iv, options);
export const createDecipheriv = (algorithm: string, key: unknown, iv: unknown, options?: CipherOptions): Decipheriv =>
  new Decipheriv(algorithm, key, iv, options);
