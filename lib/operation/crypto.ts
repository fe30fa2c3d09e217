/** What `node:crypto` offers synchronously, without state on this side: everything an operation needs comes with it. */
import * as crypto from 'node:crypto';
import { bytesOf, OperationError, type Operations, parametersOf, text, textOf } from './operations.ts';

/** Hash rounds one key derivation may take: about a second of this thread. */
const MAX_PBKDF2_ROUNDS = 5_000_000;
const MAX_SCRYPT_BYTES = 128 * 1024 * 1024;
const MAX_SCRYPT_WORK = 1 << 24;
const MAX_KEY_BYTES = 1_048_576;
const MAX_RSA_BITS = 4_096;

type Parameters = Record<string, unknown>;

const bytes = (parameters: Parameters, name: string): Buffer => bytesOf(text(parameters, name));

function count(parameters: Parameters, name: string, max: number): number {
  const value = parameters[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw new OperationError('RangeError', `"${name}" must be a whole number of at most ${max}`);
  }
  return value;
}

const optionalCount = (parameters: Parameters, name: string, max: number): number | undefined =>
  parameters[name] === undefined ? undefined : count(parameters, name, max);

/** `key`: PEM text, or bytes with `format` and `type`, or a JWK. */
function keyOf(parameters: Parameters, kind: 'private' | 'public'): crypto.KeyObject {
  const { key, format, type, passphrase } = parameters;
  const input = {
    key: typeof key === 'string' && format !== undefined && format !== 'pem' ? bytesOf(key) : key,
    ...(typeof format === 'string' && { format }),
    ...(typeof type === 'string' && { type }),
    ...(typeof passphrase === 'string' && { passphrase }),
  } as crypto.PrivateKeyInput;
  return kind === 'private' ? crypto.createPrivateKey(input) : crypto.createPublicKey(input as crypto.PublicKeyInput);
}

/** Padding, salt length and signature encoding, as `crypto.sign` takes them beside the key. */
function signing(parameters: Parameters, key: crypto.KeyObject): crypto.SignKeyObjectInput {
  const { padding, saltLength, dsaEncoding } = parameters;
  return {
    key,
    ...(typeof padding === 'number' && { padding }),
    ...(typeof saltLength === 'number' && { saltLength }),
    ...(dsaEncoding === 'ieee-p1363' && { dsaEncoding }),
  };
}

function encrypting(parameters: Parameters, key: crypto.KeyObject): crypto.RsaPublicKey {
  const { padding, oaepHash, oaepLabel } = parameters;
  return {
    key,
    ...(typeof padding === 'number' && { padding }),
    ...(typeof oaepHash === 'string' && { oaepHash }),
    ...(typeof oaepLabel === 'string' && { oaepLabel: bytesOf(oaepLabel) }),
  };
}

/** Node.js leaves the reason of a refused length in OpenSSL's queue, where the next key to be read would fail by it. */
function forgetErrors(): void {
  try {
    crypto.createPublicKey('');
  } catch {
    // Took the error along.
  }
}

const algorithmOf = (parameters: Parameters): string | null =>
  typeof parameters.algorithm === 'string' ? parameters.algorithm : null;

const isAuthenticated = (algorithm: string): boolean => /gcm|ccm|ocb|poly1305/i.test(algorithm);

function cipher(parameters: Parameters, data: Buffer): Buffer {
  const algorithm = text(parameters, 'algorithm');
  const iv = typeof parameters.iv === 'string' ? bytesOf(parameters.iv) : null;
  const authTagLength = optionalCount(parameters, 'authTagLength', 16) ?? 16;
  const options = isAuthenticated(algorithm) ? ({ authTagLength } as crypto.CipherGCMOptions) : {};
  const make = parameters.encrypt === true ? crypto.createCipheriv : crypto.createDecipheriv;
  const made = make(
    algorithm as crypto.CipherGCMTypes,
    bytes(parameters, 'key'),
    iv as Buffer,
    options,
  ) as crypto.CipherGCM & crypto.DecipherGCM;
  if (parameters.autoPadding === false) made.setAutoPadding(false);
  if (typeof parameters.aad === 'string' && parameters.aad !== '') {
    made.setAAD(bytesOf(parameters.aad), { plaintextLength: data.length });
  }
  if (typeof parameters.tag === 'string') made.setAuthTag(bytesOf(parameters.tag));
  const parts = [made.update(data), made.final()];
  // The tag travels behind the text; its length is the caller's.
  if (parameters.encrypt === true && isAuthenticated(algorithm)) parts.push(made.getAuthTag());
  return Buffer.concat(parts);
}

function generateKeyPair(parameters: Parameters): string {
  const type = text(parameters, 'type');
  const modulusLength = optionalCount(parameters, 'modulusLength', MAX_RSA_BITS);
  const { namedCurve, publicExponent, group } = parameters;
  const options = {
    ...(modulusLength !== undefined && { modulusLength }),
    ...(typeof namedCurve === 'string' && { namedCurve }),
    ...(typeof publicExponent === 'number' && { publicExponent }),
    ...(typeof group === 'string' && { group }),
  };
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type as 'ed25519', options);
  return JSON.stringify({
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
}

/** Facts of a key and the key itself as PEM or JWK, so that the guest can hold it as text. */
function describeKey(parameters: Parameters): string {
  const key = keyOf(parameters, parameters.kind === 'private' ? 'private' : 'public');
  const { type, format, cipher: by, newPassphrase } = parameters.output as Record<string, never>;
  const exported: unknown =
    format === 'jwk'
      ? key.export({ format: 'jwk' })
      : key.export({
          type: type ?? (key.type === 'private' ? 'pkcs8' : 'spki'),
          format: format ?? 'pem',
          ...(by !== undefined && { cipher: by, passphrase: newPassphrase }),
        } as unknown as crypto.KeyExportOptions<'pem'>);
  return JSON.stringify({
    type: key.type,
    asymmetricKeyType: key.asymmetricKeyType,
    details: { ...key.asymmetricKeyDetails, publicExponent: key.asymmetricKeyDetails?.publicExponent?.toString() },
    key: exported instanceof Uint8Array ? textOf(exported) : exported,
  });
}

export const cryptoOperations: Operations = {
  hash: (parameters, data) => {
    const given = parametersOf(parameters);
    const outputLength = optionalCount(given, 'outputLength', MAX_KEY_BYTES);
    const made = crypto.createHash(text(given, 'algorithm'), outputLength === undefined ? {} : { outputLength });
    return textOf(made.update(data, 'latin1').digest());
  },
  hmac: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.createHmac(text(given, 'algorithm'), bytes(given, 'key')).update(data, 'latin1').digest());
  },
  cipher: (parameters, data) => textOf(cipher(parametersOf(parameters), bytesOf(data))),
  pbkdf2: (parameters, password) => {
    const given = parametersOf(parameters);
    const length = count(given, 'length', MAX_KEY_BYTES);
    const digest = text(given, 'digest');
    const iterations = count(given, 'iterations', MAX_PBKDF2_ROUNDS);
    if (iterations * Math.ceil(length / 20) > MAX_PBKDF2_ROUNDS) {
      throw new OperationError('RangeError', `PBKDF2 may take at most ${MAX_PBKDF2_ROUNDS} hash rounds in an isolate`);
    }
    return textOf(crypto.pbkdf2Sync(bytesOf(password), bytes(given, 'salt'), iterations, length, digest));
  },
  scrypt: (parameters, password) => {
    const given = parametersOf(parameters);
    const cost = optionalCount(given, 'N', 1 << 20) ?? 16_384;
    const blockSize = optionalCount(given, 'r', 1_024) ?? 8;
    const parallelization = optionalCount(given, 'p', 1_024) ?? 1;
    if (cost * blockSize * parallelization > MAX_SCRYPT_WORK) {
      throw new OperationError('RangeError', `scrypt may have N * r * p of at most ${MAX_SCRYPT_WORK} in an isolate`);
    }
    const options = { N: cost, r: blockSize, p: parallelization, maxmem: MAX_SCRYPT_BYTES };
    return textOf(
      crypto.scryptSync(bytesOf(password), bytes(given, 'salt'), count(given, 'length', MAX_KEY_BYTES), options),
    );
  },
  hkdf: (parameters, key) => {
    const given = parametersOf(parameters);
    const length = count(given, 'length', MAX_KEY_BYTES);
    const made = crypto.hkdfSync(
      text(given, 'digest'),
      bytesOf(key),
      bytes(given, 'salt'),
      bytes(given, 'info'),
      length,
    );
    return textOf(new Uint8Array(made));
  },
  sign: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.sign(algorithmOf(given), bytesOf(data), signing(given, keyOf(given, 'private'))));
  },
  verify: (parameters, data) => {
    const given = parametersOf(parameters);
    const key = signing(given, keyOf(given, 'public')) as crypto.VerifyKeyObjectInput;
    return crypto.verify(algorithmOf(given), bytesOf(data), key, bytes(given, 'signature')) ? '1' : '';
  },
  publicEncrypt: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.publicEncrypt(encrypting(given, keyOf(given, 'public')), bytesOf(data)));
  },
  privateDecrypt: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.privateDecrypt(encrypting(given, keyOf(given, 'private')), bytesOf(data)));
  },
  privateEncrypt: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.privateEncrypt(encrypting(given, keyOf(given, 'private')), bytesOf(data)));
  },
  publicDecrypt: (parameters, data) => {
    const given = parametersOf(parameters);
    return textOf(crypto.publicDecrypt(encrypting(given, keyOf(given, 'public')), bytesOf(data)));
  },
  diffieHellman: (parameters) => {
    const given = parametersOf(parameters);
    const privateKey = keyOf(given.privateKey as Parameters, 'private');
    return textOf(crypto.diffieHellman({ privateKey, publicKey: keyOf(given.publicKey as Parameters, 'public') }));
  },
  generateKeyPair: (parameters) => generateKeyPair(parametersOf(parameters)),
  describeKey: (parameters) => describeKey(parametersOf(parameters)),
  cryptoNames: () =>
    JSON.stringify({ hashes: crypto.getHashes(), ciphers: crypto.getCiphers(), curves: crypto.getCurves() }),
  cipherInfo: (parameters) => {
    const { name, options } = parametersOf(parameters);
    const info = crypto.getCipherInfo(name as string, (options ?? {}) as object);
    if (info === undefined) forgetErrors();
    return JSON.stringify(info ?? null);
  },
};
