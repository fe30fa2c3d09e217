/** `ACS3-HMAC-SHA256`, which Function Compute's clients of 2021-04-06 and 2023-03-30 sign with. */
import type { KeyObject } from 'node:crypto';
import { IsopodError } from '../../errors.ts';
import {
  type Claim,
  canonicalHeaders,
  canonicalQuery,
  credentialItems,
  expectSignature,
  headerOf,
  hmac,
  malformed,
  required,
  type SignedRequest,
  sha256Hex,
  splitUrl,
} from './signed-request.ts';

export const ACS3 = 'ACS3-HMAC-SHA256';

/** Signed in any case: what says when the request was made, and for whom. */
const ALWAYS_SIGNED = ['host', 'x-acs-date'];

export function acs3Claim(request: SignedRequest, rest: string): Claim {
  const items = credentialItems(rest);
  const accessKeyId = items.get('Credential') ?? '';
  const signature = items.get('Signature') ?? '';
  const signed = (items.get('SignedHeaders') ?? '').toLowerCase();
  if (accessKeyId === '' || signature === '' || signed === '') throw malformed(ACS3);
  const names = signed.split(';');
  const missing = ALWAYS_SIGNED.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new IsopodError('SignatureNotMatch', `The header ${missing} must be among the SignedHeaders`);
  }
  const signedAt = Date.parse(required(request, 'x-acs-date'));
  if (Number.isNaN(signedAt)) {
    throw new IsopodError('InvalidArgument', 'x-acs-date must look like 2026-11-23T16:14:32Z');
  }
  return {
    accessKeyId,
    signedAt,
    once: names.includes('x-acs-signature-nonce') ? signature : undefined,
    verify: (secret, body) => verify(secret, body, request, names, signature),
  };
}

function verify(
  secret: KeyObject,
  body: Uint8Array,
  request: SignedRequest,
  names: readonly string[],
  signature: string,
): void {
  const { path, query } = splitUrl(request.url);
  const bodyHash = sha256Hex(body);
  const announced = headerOf(request, 'x-acs-content-sha256');
  if (announced !== '' && announced !== bodyHash) {
    throw new IsopodError('SignatureNotMatch', 'x-acs-content-sha256 is not the SHA-256 of the body that arrived');
  }
  const lines = canonicalHeaders(request, names, false);
  const canonical = `${request.method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n${lines}\n${names.join(';')}\n${bodyHash}`;
  expectSignature(hmac(secret, `${ACS3}\n${sha256Hex(canonical)}`, 'hex'), signature);
}

const CHANGED = /\+|\*|%7E/gi;

/** The path as it was sent, encoded once; three signs are written in one way only. */
export function canonicalPath(path: string): string {
  return path.replace(CHANGED, (sign) => (sign === '+' ? '%20' : sign === '*' ? '%2A' : '~'));
}
