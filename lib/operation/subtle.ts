/**
 * WebCrypto by the host's own. Keys live in the guest as what was exported of them and come along with each use, so
 * nothing of an instance stays here. `extractable` is the guest's to keep: the material is in its memory anyway.
 */
import { webcrypto } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { OperationError, textOf } from './operations.ts';

const { subtle } = webcrypto;

/** A key as the guest holds it. */
interface HeldKey {
  readonly type: 'secret' | 'private' | 'public';
  readonly algorithm: object;
  readonly usages: webcrypto.KeyUsage[];
  /** Bytes, one per character: raw, PKCS #8 or SPKI by `type`. */
  readonly material: string;
}

/** Imported keys kept per thread, because a handler uses the same ones over and over. */
const imported = new LRUCache<string, webcrypto.CryptoKey>({ max: 200 });

const MAX_RSA_BITS = 4_096;
const MAX_PBKDF2_ROUNDS = 10_000_000;
const MAX_DERIVED_BITS = 8 * 1_048_576;

/** Buffers were written as `{"$bytes": text}`; keys as `{"$key": HeldKey}`. */
async function revive(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map(revive));
  const { $bytes, $key } = value as { $bytes?: unknown; $key?: unknown };
  if (typeof $bytes === 'string') return new Uint8Array(Buffer.from($bytes, 'latin1'));
  if (typeof $key === 'object' && $key !== null) return importHeld($key as HeldKey);
  const made: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) made[name] = await revive(inner);
  return made;
}

const formats = { secret: 'raw', private: 'pkcs8', public: 'spki' } as const;

async function importHeld(held: HeldKey): Promise<webcrypto.CryptoKey> {
  const id = JSON.stringify([held.type, held.algorithm, held.usages, held.material]);
  const known = imported.get(id);
  if (known !== undefined) return known;
  const format = formats[held.type];
  if (format === undefined) throw new OperationError('TypeError', 'A key must be secret, private or public');
  const algorithm = (await revive(held.algorithm)) as webcrypto.AesKeyAlgorithm;
  // Derivation keys cannot be exported, and need not be: what was imported is what is held.
  const extractable = !/^(PBKDF2|HKDF)$/.test(algorithm.name);
  const bytes = new Uint8Array(Buffer.from(held.material, 'latin1'));
  const key = await subtle.importKey(format, bytes, algorithm, extractable, held.usages);
  imported.set(id, key);
  return key;
}

async function hold(key: webcrypto.CryptoKey, raw?: Uint8Array): Promise<object> {
  const material = key.extractable ? new Uint8Array(await subtle.exportKey(formats[key.type], key)) : raw;
  if (material === undefined) throw new OperationError('NotSupportedError', 'Keys of this kind cannot be held');
  const { publicExponent, ...algorithm } = key.algorithm as webcrypto.RsaHashedKeyAlgorithm;
  return {
    $key: {
      type: key.type,
      algorithm: publicExponent === undefined ? algorithm : { ...algorithm, publicExponent: bytes(publicExponent) },
      usages: key.usages,
      material: textOf(material),
    },
  };
}

const bytes = (value: ArrayBuffer | Uint8Array): object => ({
  $bytes: textOf(value instanceof ArrayBuffer ? new Uint8Array(value) : value),
});

function checkWork(algorithm: unknown, bits?: unknown): void {
  const { modulusLength, iterations } = (typeof algorithm === 'object' ? (algorithm ?? {}) : {}) as Record<
    string,
    number
  >;
  if ((modulusLength ?? 0) > MAX_RSA_BITS) {
    throw new OperationError('OperationError', `RSA keys may have at most ${MAX_RSA_BITS} bits in an isolate`);
  }
  if ((iterations ?? 0) > MAX_PBKDF2_ROUNDS || (typeof bits === 'number' && bits > MAX_DERIVED_BITS)) {
    throw new OperationError('OperationError', `PBKDF2 may take at most ${MAX_PBKDF2_ROUNDS} iterations in an isolate`);
  }
}

/** True, so that the key can be held; the guest keeps the caller's answer. Derivation keys must not be exportable. */
const holdable = (algorithm: unknown): boolean =>
  !/^(PBKDF2|HKDF)$/i.test(typeof algorithm === 'string' ? algorithm : String((algorithm as { name?: unknown })?.name));

/** A JWK that says it may not be exported is imported as one that may, so that it can be held. */
function withoutExt(jwk: object): never {
  const { ext: _, ...rest } = { ...jwk } as { ext?: unknown };
  return rest as never;
}

/** As `subtle.unwrapKey` for a JWK that may not be exported: unwrapped as plain bytes first, to leave out what says so. */
async function unwrapJwk([, wrapped, unwrappingKey, unwrapAlgorithm, algorithm, , usages]: Arguments) {
  const plain = { name: 'HMAC', hash: 'SHA-256' };
  const bytes = await subtle.unwrapKey('raw', wrapped, unwrappingKey, unwrapAlgorithm, plain, true, ['sign']);
  const text = Buffer.from(await subtle.exportKey('raw', bytes)).toString('utf8');
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    throw new OperationError('DataError', 'What was wrapped is no JSON Web Key');
  }
  return subtle.importKey('jwk', withoutExt(jwk as object), algorithm, true, usages);
}

type Arguments = [never, never, never, never, never, never, never];

/** One method of `SubtleCrypto`; arguments and result in the guest's form. */
export async function subtleOperation(method: string, args: readonly unknown[]): Promise<unknown> {
  const given = (await revive(args)) as Arguments;
  switch (method) {
    case 'digest':
    case 'encrypt':
    case 'decrypt':
    case 'sign':
      return bytes(await subtle[method](given[0], given[1], given[2]));
    case 'verify':
      return subtle.verify(given[0], given[1], given[2], given[3]);
    case 'deriveBits':
      checkWork(given[0], given[2]);
      return bytes(await subtle.deriveBits(given[0], given[1], given[2]));
    case 'generateKey': {
      checkWork(given[0]);
      const made = (await subtle.generateKey(given[0], true, given[2])) as
        | webcrypto.CryptoKey
        | webcrypto.CryptoKeyPair;
      if (!('privateKey' in made)) return hold(made);
      return { privateKey: await hold(made.privateKey), publicKey: await hold(made.publicKey) };
    }
    case 'importKey': {
      if (given[3] && !holdable(given[2])) {
        throw new OperationError('SyntaxError', 'Keys for derivation cannot be extractable');
      }
      const data = given[0] === 'jwk' && !given[3] ? withoutExt(given[1]) : given[1];
      const key = await subtle.importKey(given[0], data, given[2], holdable(given[2]), given[4]);
      return hold(key, given[1] as Uint8Array);
    }
    case 'exportKey': {
      const exported: unknown = await subtle.exportKey(given[0], given[1]);
      return exported instanceof ArrayBuffer ? bytes(exported) : exported;
    }
    case 'deriveKey': {
      checkWork(given[0]);
      const key = await subtle.deriveKey(given[0], given[1], given[2], holdable(given[2]), given[4]);
      if (key.extractable) return hold(key);
      throw new OperationError('NotSupportedError', 'Deriving a key for derivation is not supported');
    }
    case 'wrapKey':
      return bytes(await subtle.wrapKey(given[0], given[1], given[2], given[3]));
    case 'unwrapKey':
      if (given[0] === 'jwk' && !given[5]) return hold(await unwrapJwk(given));
      return hold(await subtle.unwrapKey(given[0], given[1], given[2], given[3], given[4], true, given[6]));
    default:
      throw new OperationError('NotSupportedError', `There is no SubtleCrypto.${method}`);
  }
}
