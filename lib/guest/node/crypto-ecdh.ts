/** The class ECDH of `node:crypto`. Its keys are held here, one byte per character. */
import type { Buffer } from './buffer-class.ts';
import { binary, encoded } from './crypto-bytes.ts';
import { needString, nodeError } from './errors.ts';
import { ask } from './host-operations.ts';

interface Keys {
  readonly privateKey?: string;
  readonly publicKey?: string;
}

function formatOf(format: unknown): string {
  if (format === undefined || format === null) return 'uncompressed';
  if (format === 'compressed' || format === 'uncompressed' || format === 'hybrid') return format;
  throw nodeError(TypeError, 'ERR_CRYPTO_ECDH_INVALID_FORMAT', `Invalid ECDH format: ${String(format)}`);
}

export class ECDH {
  readonly #curve: string;
  #keys: Keys = {};
  /** A public key that was set, and not computed from the private one. */
  #ownPublicKey = false;

  constructor(curve: string) {
    needString('curve', curve);
    this.#curve = curve;
    // An unknown curve is refused now.
    ask('ecdhKeys', { curve });
  }

  static convertKey(
    key: unknown,
    curve: string,
    inputEncoding?: unknown,
    outputEncoding?: unknown,
    format?: unknown,
  ): Buffer | string {
    needString('curve', curve);
    const bytes = binary('key', key, inputEncoding);
    return encoded(ask('ecdhConvert', { curve, format: formatOf(format) }, bytes), outputEncoding);
  }

  #ask(more: object): void {
    this.#keys = JSON.parse(ask('ecdhKeys', { curve: this.#curve, ...more })) as Keys;
    this.#ownPublicKey = false;
  }
  generateKeys(encoding?: unknown, format?: unknown): Buffer | string {
    this.#ask({ generate: true });
    return this.getPublicKey(encoding, format);
  }
  computeSecret(otherPublicKey: unknown, inputEncoding?: unknown, outputEncoding?: unknown): Buffer | string {
    const other = binary('otherPublicKey', otherPublicKey, inputEncoding);
    const held = { curve: this.#curve, ...this.#keys, ownPublicKey: this.#ownPublicKey };
    return encoded(ask('ecdhSecret', held, other), outputEncoding);
  }
  getPrivateKey(encoding?: unknown): Buffer | string {
    const { privateKey } = this.#keys;
    if (privateKey === undefined) throw missing('private');
    return encoded(privateKey, encoding);
  }
  getPublicKey(encoding?: unknown, format?: unknown): Buffer | string {
    const wanted = formatOf(format);
    const { publicKey } = this.#keys;
    if (publicKey === undefined) throw missing('public');
    if (wanted === 'uncompressed') return encoded(publicKey, encoding);
    return ECDH.convertKey(encoded(publicKey), this.#curve, undefined, encoding, wanted);
  }
  setPrivateKey(key: unknown, encoding?: unknown): this {
    this.#ask({ privateKey: binary('key', key, encoding) });
    return this;
  }
  setPublicKey(key: unknown, encoding?: unknown): this {
    const publicKey = binary('key', key, encoding);
    this.#ask({ ...this.#keys, publicKey, ownPublicKey: true });
    this.#ownPublicKey = true;
    return this;
  }
}

const missing = (which: string): Error =>
  nodeError(Error, 'ERR_CRYPTO_OPERATION_FAILED', `Failed to get ECDH ${which} key`);

export const createECDH = (curve: string): ECDH => new ECDH(curve);
