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
const AGREE = "use createECDH, or diffieHellman with keys of generateKeyPairSync('dh', { group: 'modp14' })";
export const createDiffieHellman = refuse('createDiffieHellman', AGREE);
export const createDiffieHellmanGroup = refuse('createDiffieHellmanGroup', AGREE);
export const getDiffieHellman = refuse('getDiffieHellman', AGREE);
const PRIMES = 'bind a host function that does it: looking for primes takes long';
export const generatePrime = refuse('generatePrime', PRIMES);
export const generatePrimeSync = refuse('generatePrimeSync', PRIMES);
export const checkPrime = refuse('checkPrime', PRIMES);
export const checkPrimeSync = refuse('checkPrimeSync', PRIMES);
export const argon2 = refuse('argon2', 'use scrypt');
export const argon2Sync = refuse('argon2Sync', 'use scryptSync');
export const setFips = refuse('setFips', 'it is for the host to decide');
export const setEngine = refuse('setEngine', 'it is for the host to decide');

/** Undefined for a cipher that is not known. */
export const getCipherInfo = (name: string | number, options?: object): object | undefined =>
  (JSON.parse(ask('cipherInfo', { name, options })) as object | null) ?? undefined;

export { Cipheriv, createCipheriv, createDecipheriv, Decipheriv } from './crypto-cipher.ts';
export { constants } from './crypto-constants.ts';
export { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './crypto-derive.ts';
export { createECDH, ECDH } from './crypto-ecdh.ts';
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
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  Sign,
  sign,
  Verify,
  verify,
} from './crypto-sign.ts';
export { X509Certificate } from './crypto-x509.ts';
export { webcrypto };
