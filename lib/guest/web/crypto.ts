/**
 * `crypto.subtle` and the classes around it (Web Cryptography standard): the host's own implementation does the work,
 * a key is held here as what was exported of it.
 */
import { DOMException } from './dom-exception.ts';
import { bytesOf, call, isBufferSource, textOf, viewOf } from './host.ts';
import { asInterface } from './idl.ts';

/** The kernel's part of `crypto`. */
interface Random {
  getRandomValues<T>(view: T): T;
  randomUUID(): string;
}
const random = (globalThis as unknown as { crypto: Random }).crypto;

type Usage = string;

interface Held {
  readonly type: 'secret' | 'private' | 'public';
  readonly algorithm: { readonly name: string };
  readonly usages: readonly Usage[];
  readonly material: string;
}

const making = Symbol('made by the library');
let heldOf: (key: CryptoKey) => Held;

export class CryptoKey {
  readonly #held: Held;
  readonly #extractable: boolean;
  readonly #algorithm: object;
  readonly #usages: Usage[];

  static {
    heldOf = (key) => key.#held;
  }

  constructor(key: unknown, held: Held, extractable: boolean) {
    if (key !== making) throw new TypeError('Illegal constructor: a CryptoKey is made by crypto.subtle');
    this.#held = held;
    this.#extractable = extractable;
    this.#algorithm = read(held.algorithm) as object;
    this.#usages = [...held.usages];
  }
  get type(): string {
    return this.#held.type;
  }
  get extractable(): boolean {
    return this.#extractable;
  }
  get algorithm(): object {
    return this.#algorithm;
  }
  get usages(): Usage[] {
    return this.#usages;
  }
}
asInterface(CryptoKey, 'CryptoKey');

/** Arguments as JSON: bytes and keys in a form of their own. */
function write(value: unknown): unknown {
  if (value instanceof CryptoKey) return { $key: heldOf(value) };
  if (isBufferSource(value)) return { $bytes: textOf(viewOf(value)) };
  if (Array.isArray(value)) return value.map(write);
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  // Dictionaries may come from a class: inherited members count.
  for (const name in value) made[name] = write((value as Record<string, unknown>)[name]);
  return made;
}

function read(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { $bytes } = value as { $bytes?: string };
  if (typeof $bytes === 'string') return bytesOf($bytes);
  if (Array.isArray(value)) return value.map(read);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, read(inner)]));
}

const ask = (method: string, args: readonly unknown[]): Promise<unknown> =>
  call('subtle', method, args.map(write)).catch((error: unknown) => {
    // Here it is the DOMException of that name, not the language's.
    throw error instanceof SyntaxError ? new DOMException(error.message, 'SyntaxError') : error;
  });
const buffer = async (method: string, args: readonly unknown[]): Promise<ArrayBuffer> =>
  (read(await ask(method, args)) as Uint8Array<ArrayBuffer>).buffer;

function keyFrom(answer: unknown, extractable: boolean): CryptoKey {
  const { $key } = answer as { $key: Held };
  return new CryptoKey(making, $key, extractable);
}

/** A public key may always be exported. */
const keep = (answer: unknown, extractable: unknown): CryptoKey => {
  const { $key } = answer as { $key: Held };
  return keyFrom(answer, $key.type === 'public' || Boolean(extractable));
};

function needKey(value: unknown): asserts value is CryptoKey {
  if (!(value instanceof CryptoKey)) throw new TypeError('The key must be a CryptoKey');
}

function needBytes(value: unknown): void {
  if (!isBufferSource(value)) throw new TypeError('The data must be an ArrayBuffer or a view of one');
}

function needExtractable(key: CryptoKey): void {
  if (!key.extractable) throw new DOMException('The key may not be exported', 'InvalidAccessError');
}

type Algorithm = string | object;

export class SubtleCrypto {
  constructor(key?: unknown) {
    if (key !== making) throw new TypeError('Illegal constructor: use crypto.subtle');
  }

  async digest(algorithm: Algorithm, data: unknown): Promise<ArrayBuffer> {
    needBytes(data);
    return buffer('digest', [algorithm, data]);
  }
  async encrypt(algorithm: Algorithm, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    needKey(key);
    needBytes(data);
    return buffer('encrypt', [algorithm, key, data]);
  }
  async decrypt(algorithm: Algorithm, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    needKey(key);
    needBytes(data);
    return buffer('decrypt', [algorithm, key, data]);
  }
  async sign(algorithm: Algorithm, key: CryptoKey, data: unknown): Promise<ArrayBuffer> {
    needKey(key);
    needBytes(data);
    return buffer('sign', [algorithm, key, data]);
  }
  async verify(algorithm: Algorithm, key: CryptoKey, signature: unknown, data: unknown): Promise<boolean> {
    needKey(key);
    needBytes(signature);
    needBytes(data);
    return (await ask('verify', [algorithm, key, signature, data])) === true;
  }
  async deriveBits(algorithm: Algorithm, key: CryptoKey, length: number | null = null): Promise<ArrayBuffer> {
    needKey(key);
    return buffer('deriveBits', [algorithm, key, length]);
  }
  async deriveKey(
    algorithm: Algorithm,
    key: CryptoKey,
    derived: Algorithm,
    extractable: boolean,
    usages: readonly Usage[],
  ): Promise<CryptoKey> {
    needKey(key);
    return keep(await ask('deriveKey', [algorithm, key, derived, Boolean(extractable), [...usages]]), extractable);
  }
  async generateKey(
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly Usage[],
  ): Promise<CryptoKey | { privateKey: CryptoKey; publicKey: CryptoKey }> {
    const made = await ask('generateKey', [algorithm, Boolean(extractable), [...usages]]);
    const { privateKey, publicKey } = made as { privateKey?: unknown; publicKey?: unknown };
    if (privateKey === undefined) return keep(made, extractable);
    return { privateKey: keep(privateKey, extractable), publicKey: keep(publicKey, true) };
  }
  async importKey(
    format: string,
    data: unknown,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly Usage[],
  ): Promise<CryptoKey> {
    if (format !== 'jwk') needBytes(data);
    const answer = await ask('importKey', [format, data, algorithm, Boolean(extractable), [...usages]]);
    return keyFrom(answer, Boolean(extractable));
  }
  async exportKey(format: string, key: CryptoKey): Promise<unknown> {
    needKey(key);
    needExtractable(key);
    const exported = read(await ask('exportKey', [format, key]));
    return exported instanceof Uint8Array ? exported.buffer : exported;
  }
  async wrapKey(format: string, key: CryptoKey, wrappingKey: CryptoKey, algorithm: Algorithm): Promise<ArrayBuffer> {
    needKey(key);
    needKey(wrappingKey);
    needExtractable(key);
    return buffer('wrapKey', [format, key, wrappingKey, algorithm]);
  }
  async unwrapKey(
    format: string,
    wrapped: unknown,
    unwrappingKey: CryptoKey,
    unwrapAlgorithm: Algorithm,
    keyAlgorithm: Algorithm,
    extractable: boolean,
    usages: readonly Usage[],
  ): Promise<CryptoKey> {
    needKey(unwrappingKey);
    needBytes(wrapped);
    const args = [format, wrapped, unwrappingKey, unwrapAlgorithm, keyAlgorithm, Boolean(extractable), [...usages]];
    return keyFrom(await ask('unwrapKey', args), Boolean(extractable));
  }
}
asInterface(SubtleCrypto, 'SubtleCrypto');

export class Crypto {
  readonly #subtle = new SubtleCrypto(making);

  constructor(key?: unknown) {
    if (key !== making) throw new TypeError('Illegal constructor: use crypto');
  }
  get subtle(): SubtleCrypto {
    return this.#subtle;
  }
  getRandomValues<T>(view: T): T {
    return random.getRandomValues(view);
  }
  randomUUID(): string {
    return random.randomUUID();
  }
}
asInterface(Crypto, 'Crypto');

export const crypto = new Crypto(making);
