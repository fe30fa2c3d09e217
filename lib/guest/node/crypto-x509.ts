/** X509Certificate of `node:crypto`: read by the host once, asked again for what takes an argument. */
import { isBufferSource } from '../web/host.ts';
import { type Buffer, fromBinary } from './buffer-class.ts';
import { binary } from './crypto-bytes.ts';
import { createPublicKey, KeyObject, keyParameters } from './crypto-keys.ts';
import { invalidArgType, invalidArgValue, needString } from './errors.ts';
import { ask } from './host-operations.ts';

interface Facts {
  readonly subject: string;
  readonly subjectAltName?: string;
  readonly issuer: string;
  readonly infoAccess?: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint: string;
  readonly fingerprint256: string;
  readonly fingerprint512: string;
  readonly keyUsage?: string[];
  readonly serialNumber: string;
  readonly signatureAlgorithm?: string;
  readonly signatureAlgorithmOid?: string;
  readonly ca: boolean;
  readonly raw: string;
  readonly pem: string;
  readonly publicKey: string;
  readonly legacy: Readonly<Record<string, unknown>>;
}

const isBytes = (value: unknown): value is { $bytes: string } =>
  typeof value === 'object' && value !== null && '$bytes' in value;

export class X509Certificate {
  readonly #facts: Facts;

  constructor(certificate: unknown) {
    if (typeof certificate !== 'string' && !isBufferSource(certificate)) {
      throw invalidArgType('buffer', 'of type string or an instance of Buffer, TypedArray, or DataView', certificate);
    }
    this.#facts = JSON.parse(ask('certificate', {}, binary('buffer', certificate))) as Facts;
  }
  #ask(method: string, about: string, options?: unknown): unknown {
    const answer = ask('certificateCheck', { method, about, options }, this.#facts.raw);
    return JSON.parse(answer) ?? undefined;
  }

  get subject(): string {
    return this.#facts.subject;
  }
  get subjectAltName(): string | undefined {
    return this.#facts.subjectAltName;
  }
  get issuer(): string {
    return this.#facts.issuer;
  }
  /** Known of certificates of a TLS connection only. */
  get issuerCertificate(): undefined {
    return undefined;
  }
  get infoAccess(): string | undefined {
    return this.#facts.infoAccess;
  }
  get validFrom(): string {
    return this.#facts.validFrom;
  }
  get validTo(): string {
    return this.#facts.validTo;
  }
  get validFromDate(): Date {
    return new Date(this.#facts.validFrom);
  }
  get validToDate(): Date {
    return new Date(this.#facts.validTo);
  }
  get fingerprint(): string {
    return this.#facts.fingerprint;
  }
  get fingerprint256(): string {
    return this.#facts.fingerprint256;
  }
  get fingerprint512(): string {
    return this.#facts.fingerprint512;
  }
  get keyUsage(): string[] | undefined {
    return this.#facts.keyUsage;
  }
  get serialNumber(): string {
    return this.#facts.serialNumber;
  }
  get signatureAlgorithm(): string | undefined {
    return this.#facts.signatureAlgorithm;
  }
  get signatureAlgorithmOid(): string | undefined {
    return this.#facts.signatureAlgorithmOid;
  }
  get ca(): boolean {
    return this.#facts.ca;
  }
  get raw(): Buffer {
    return fromBinary(this.#facts.raw);
  }
  get publicKey(): KeyObject {
    return createPublicKey(this.#facts.publicKey);
  }
  checkHost(name: string, options?: object): string | undefined {
    needString('name', name);
    return this.#ask('checkHost', name, options) as string | undefined;
  }
  checkEmail(email: string, options?: object): string | undefined {
    needString('email', email);
    return this.#ask('checkEmail', email, options) as string | undefined;
  }
  checkIP(ip: string): string | undefined {
    needString('ip', ip);
    return this.#ask('checkIP', ip) as string | undefined;
  }
  checkIssued(otherCert: unknown): boolean {
    if (!(otherCert instanceof X509Certificate)) {
      throw invalidArgType('otherCert', 'an instance of X509Certificate', otherCert);
    }
    return this.#ask('checkIssued', otherCert.#facts.raw) as boolean;
  }
  checkPrivateKey(key: unknown): boolean {
    return this.#ask('checkPrivateKey', keyText(key, 'private')) as boolean;
  }
  verify(key: unknown): boolean {
    return this.#ask('verify', keyText(key, 'public')) as boolean;
  }
  toString(): string {
    return this.#facts.pem;
  }
  toJSON(): string {
    return this.#facts.pem;
  }
  toLegacyObject(): object {
    const legacy = Object.entries(this.#facts.legacy);
    return Object.fromEntries(legacy.map(([name, value]) => [name, isBytes(value) ? fromBinary(value.$bytes) : value]));
  }
}

/** A key object of one kind, as PEM. */
function keyText(key: unknown, type: 'private' | 'public'): string {
  if (!(key instanceof KeyObject)) throw invalidArgType('pkey', 'an instance of KeyObject', key);
  if (key.type !== type) throw invalidArgValue('pkey', key.type === 'secret' ? 'SecretKeyObject {}' : key.type);
  return keyParameters(key, type).key as string;
}
