/** `node:crypto`, by the host's own. */
import { crypto as webcrypto } from '../web/crypto.ts';
import { unsupported } from './errors.ts';
import { ask } from './host-operations.ts';

interface Names {
  readonly hashes: string[];
  readonly ciphers: string[];
  readonly curves: string[];
}
const names = (): Names => JSON.parse(ask('cryptoNames', {})) as Names;

export const getHashes = (): string[] => names().hashes;
export const getCiphers = (): string[] => names().ciphers;
export const getCurves = (): string[] => names().curves;
export const getFips = (): number => 0;
export const { subtle } = webcrypto;

const refuse = (what: string, instead: string) => (): never => {
  throw unsupported(`crypto.${what}`, instead);
};
export const createDiffieHellman = refuse('createDiffieHellman', 'use diffieHellman with keys of generateKeyPair');
export const createECDH = refuse('createECDH', 'use diffieHellman with keys of generateKeyPair');
export const privateEncrypt = refuse('privateEncrypt', 'use sign');
export const publicDecrypt = refuse('publicDecrypt', 'use verify');
export class X509Certificate {
  constructor() {
    throw unsupported('crypto.X509Certificate', 'use createPublicKey to read the key of a certificate');
  }
}

export { Cipheriv, createCipheriv, createDecipheriv, Decipheriv } from './crypto-cipher.ts';
export { constants } from './crypto-constants.ts';
export { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './crypto-derive.ts';
export { createHash, createHmac, Hash, Hmac, hash } from './crypto-hash.ts';
export {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  KeyObject,
} from './crypto-keys.ts';
export {
  getRandomValues,
  prng,
  pseudoRandomBytes,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  timingSafeEqual,
} from './crypto-random.ts';
export {
  createSign,
  createVerify,
  diffieHellman,
  privateDecrypt,
  publicEncrypt,
  Sign,
  sign,
  Verify,
  verify,
} from './crypto-sign.ts';
export { webcrypto };
