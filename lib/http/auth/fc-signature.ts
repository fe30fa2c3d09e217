/** `FC id:signature`, which Function Compute's clients of 2016-08-15 sign with. */
import { hash } from 'node:crypto';
import { IsopodError } from '../../errors.ts';
import {
  type Claim,
  expectSignature,
  headerOf,
  hmac,
  malformed,
  queryItems,
  required,
  type SignedRequest,
  sameText,
  splitUrl,
} from './signed-request.ts';

export const FC = 'FC';

/** Paths of HTTP triggers sign their query, too. */
const PROXY = /^\/2016-08-15\/proxy\//;

export function fcClaim(request: SignedRequest, rest: string): Claim {
  const at = rest.lastIndexOf(':');
  if (at < 1) throw malformed('FC accessKeyId:signature');
  const signature = rest.slice(at + 1).trim();
  const signedAt = Date.parse(required(request, 'date'));
  if (Number.isNaN(signedAt)) {
    throw new IsopodError('InvalidArgument', 'date must look like Mon, 23 Nov 2026 16:25:27 GMT');
  }
  return {
    accessKeyId: rest.slice(0, at).trim(),
    signedAt,
    // Two equal requests of one second have one signature, and are meant twice.
    once: undefined,
    verify: (secret, body) => {
      expectSignature(hmac(secret, stringToSign(request), 'base64'), signature);
      checkBody(request, body);
    },
  };
}

function stringToSign(request: SignedRequest): string {
  const lines = Object.keys(request.headers)
    .filter((name) => name.startsWith('x-fc-'))
    .sort()
    .map((name) => `${name}:${headerOf(request, name)}\n`)
    .join('');
  const first = ['content-md5', 'content-type', 'date'].map((name) => headerOf(request, name)).join('\n');
  return `${request.method}\n${first}\n${lines}${resource(request.url)}`;
}

function resource(url: string): string {
  const { path, query } = splitUrl(url);
  const decoded = decodePath(path);
  if (!PROXY.test(decoded) && query === '') return decoded;
  if (!PROXY.test(decoded)) return decoded;
  const items = queryItems(query).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return `${decoded}\n${items.sort().join('\n')}`;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new IsopodError('InvalidArgument', 'The path is not percent-encoded correctly');
  }
}

/** The body is not signed, its MD5 is when it is sent: in Base64, or (Node.js' client) Base64 of the hexadecimal text. */
function checkBody(request: SignedRequest, body: Uint8Array): void {
  const announced = headerOf(request, 'content-md5');
  if (announced === '') return;
  const hex = hash('md5', body, 'hex');
  if (sameText(announced, Buffer.from(hex, 'hex').toString('base64'))) return;
  if (sameText(announced, Buffer.from(hex).toString('base64'))) return;
  throw new IsopodError('SignatureNotMatch', 'content-md5 is not the MD5 of the body that arrived');
}
