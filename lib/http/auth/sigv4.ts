/** `AWS4-HMAC-SHA256`, which Lambda's clients sign with. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { IsopodError } from '../../errors.ts';
import {
  type Claim,
  canonicalHeaders,
  canonicalQuery,
  credentialItems,
  encodeStrictly,
  expectSignature,
  headerOf,
  hmac,
  malformed,
  required,
  type SignedRequest,
  sha256Hex,
  splitUrl,
} from './signed-request.ts';

export const SIGV4 = 'AWS4-HMAC-SHA256';

const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** Stands for a body that is not part of the signature; object uploads may say so. */
const UNSIGNED = 'UNSIGNED-PAYLOAD';

export function sigV4Claim(request: SignedRequest, rest: string): Claim {
  const items = credentialItems(rest);
  const scope = (items.get('Credential') ?? '').split('/');
  const signature = items.get('Signature') ?? '';
  const names = (items.get('SignedHeaders') ?? '').toLowerCase().split(';');
  const [accessKeyId = '', day = '', region = '', service = '', last = ''] = scope;
  if (accessKeyId === '' || signature === '' || scope.length !== 5 || last !== 'aws4_request') throw malformed(SIGV4);
  const date = required(request, 'x-amz-date');
  const parts = DATE.exec(date);
  if (parts === null || !date.startsWith(day)) {
    throw new IsopodError('InvalidArgument', 'x-amz-date must look like 20260506T070809Z and be of the credential day');
  }
  for (const name of ['host', 'x-amz-date']) {
    if (!names.includes(name)) {
      throw new IsopodError('SignatureNotMatch', `The header ${name} must be among the SignedHeaders`);
    }
  }
  const [, year, month, dayOfMonth, hour, minute, second] = parts.map(Number) as [number, ...number[]];
  return {
    accessKeyId,
    signedAt: Date.UTC(year as number, (month as number) - 1, dayOfMonth, hour, minute, second),
    once: undefined,
    verify: (secret, body) => {
      const { path, query } = splitUrl(request.url);
      const uri = service === 's3' ? path : path.split('/').map(encodeStrictly).join('/');
      const lines = canonicalHeaders(request, names, true);
      const bodyHash = payloadHash(request, body, service);
      const canonical = `${request.method}\n${uri}\n${canonicalQuery(query)}\n${lines}\n${names.join(';')}\n${bodyHash}`;
      const text = `${SIGV4}\n${date}\n${day}/${region}/${service}/aws4_request\n${sha256Hex(canonical)}`;
      expectSignature(hmac(signingKey(secret, accessKeyId, day, region, service), text, 'hex'), signature);
    },
  };
}

function payloadHash(request: SignedRequest, body: Uint8Array, service: string): string {
  const announced = headerOf(request, 'x-amz-content-sha256');
  if (announced === UNSIGNED && service === 's3') return announced;
  const own = sha256Hex(body);
  if (announced === '' || announced === own) return own;
  throw new IsopodError('SignatureNotMatch', 'x-amz-content-sha256 is not the SHA-256 of the body that arrived');
}

/** Keys of a day: four HMACs are spared for every request but the first. Kept beside the secret they come from. */
const keys = new LRUCache<string, { readonly secret: KeyObject; readonly key: KeyObject }>({ max: 10_000 });

function signingKey(secret: KeyObject, id: string, day: string, region: string, service: string): KeyObject {
  const name = `${id}/${day}/${region}/${service}`;
  const known = keys.get(name);
  if (known?.secret === secret) return known.key;
  const first = Buffer.concat([Buffer.from('AWS4'), secret.export()]);
  const steps = [day, region, service, 'aws4_request'];
  const bytes = steps.reduce<Buffer>((key, step) => createHmac('sha256', key).update(step).digest(), first);
  const key = createSecretKey(bytes);
  keys.set(name, { secret, key });
  return key;
}
