/** X.509 certificates, read by the host: the guest holds a certificate as its bytes and sends them with each question. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { bytesOf, OperationError, type Operations, parametersOf, text, textOf } from './operations.ts';

/** Bytes a certificate may have; real ones have a few thousand. */
const MAX_BYTES = 1_048_576;

function certificate(data: string): X509Certificate {
  if (data.length > MAX_BYTES) {
    throw new OperationError('RangeError', `A certificate may have at most ${MAX_BYTES} bytes in an isolate`);
  }
  return new X509Certificate(bytesOf(data));
}

/** Buffers as `{"$bytes": text}`. */
const marked = (value: unknown): unknown => (value instanceof Uint8Array ? { $bytes: textOf(value) } : value);

/** All that is told without further arguments. */
function facts(read: X509Certificate) {
  const legacy = Object.entries(read.toLegacyObject()).map(([name, value]) => [name, marked(value)]);
  return {
    subject: read.subject,
    subjectAltName: read.subjectAltName,
    issuer: read.issuer,
    infoAccess: read.infoAccess,
    validFrom: read.validFrom,
    validTo: read.validTo,
    fingerprint: read.fingerprint,
    fingerprint256: read.fingerprint256,
    fingerprint512: read.fingerprint512,
    keyUsage: read.keyUsage,
    serialNumber: read.serialNumber,
    signatureAlgorithm: read.signatureAlgorithm,
    signatureAlgorithmOid: read.signatureAlgorithmOid,
    ca: read.ca,
    raw: textOf(read.raw),
    pem: read.toString(),
    publicKey: read.publicKey.export({ type: 'spki', format: 'pem' }),
    legacy: Object.fromEntries(legacy),
  };
}

function ask(read: X509Certificate, parameters: Record<string, unknown>): unknown {
  const about = text(parameters, 'about');
  switch (parameters.method) {
    case 'checkHost':
      return read.checkHost(about, (parameters.options ?? undefined) as object);
    case 'checkEmail':
      return read.checkEmail(about, (parameters.options ?? undefined) as object);
    case 'checkIP':
      return read.checkIP(about);
    case 'checkIssued':
      return read.checkIssued(certificate(about));
    case 'checkPrivateKey':
      return read.checkPrivateKey(createPrivateKey(about));
    case 'verify':
      return read.verify(createPublicKey(about));
    default:
      throw new OperationError('TypeError', 'Certificates know no such question');
  }
}

export const certificateOperations: Operations = {
  certificate: (_json, data) => JSON.stringify(facts(certificate(data))),
  /** `null` for undefined. */
  certificateCheck: (json, data) => JSON.stringify(ask(certificate(data), parametersOf(json)) ?? null),
};
