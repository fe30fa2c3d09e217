/** Who sent a request to a bucket: Signature V4 as S3 clients make it, and OSS' own first version. Pure. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { IsopodError } from '../../errors.ts';

export interface SignedRequest {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  /** As sent, without `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Access key id -> secret. */
export type AccessKeyTable = Readonly<Record<string, string>>;

const SKEW_MS = 900_000;

/** Throws `AccessDenied`, `InvalidAccessKeyID`, `SignatureNotMatch` or `RequestTimeTooSkewed`. */
export function authenticate(request: SignedRequest, keys: AccessKeyTable, now: number): void {
  const authorization = header(request, 'authorization');
  if (authorization.startsWith('AWS4-HMAC-SHA256 ')) return checkV4(request, authorization, keys, now);
  if (authorization.startsWith('OSS ')) return checkOss(request, authorization.slice(4), keys, now);
  throw new IsopodError('AccessDenied', 'The request is not signed; use AWS Signature V4 or the OSS signature');
}

const header = ({ headers }: SignedRequest, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : (value ?? []).join(',');
};

function secretOf(keys: AccessKeyTable, id: string): string {
  if (Object.hasOwn(keys, id)) return keys[id] as string;
  throw new IsopodError('InvalidAccessKeyID', `There is no access key ${id.slice(0, 80)}`);
}

function checkTime(sent: number, now: number): void {
  if (Math.abs(sent - now) <= SKEW_MS) return;
  throw new IsopodError('RequestTimeTooSkewed', 'The time of the request differs from ours by more than 15 minutes');
}

function compare(given: string, expected: string): void {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw new IsopodError('SignatureNotMatch', 'The signature does not match; check the secret of the access key');
}

const V4 =
  /Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})/;
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const strict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function checkV4(request: SignedRequest, authorization: string, keys: AccessKeyTable, now: number): void {
  const found = V4.exec(authorization);
  if (found === null) throw new IsopodError('SignatureNotMatch', 'The Authorization header is not complete');
  const [, id, day, region, service, signed, signature] = found as unknown as string[] & { length: 7 };
  const date = header(request, 'x-amz-date');
  checkTime(Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')), now);
  const query = [...new URLSearchParams(request.query)]
    .map(([key, value]) => `${strict(key)}=${strict(value)}`)
    .sort()
    .join('&');
  const headers = (signed as string)
    .split(';')
    .map((name) => `${name}:${header(request, name).trim().replace(/ +/g, ' ')}\n`);
  const canonical = [
    request.method,
    request.path,
    query,
    headers.join(''),
    signed,
    header(request, 'x-amz-content-sha256') || 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const secret = secretOf(keys, id as string);
  const key = [region, service, 'aws4_request'].reduce(
    (made, part) => hmac(made, part as string),
    hmac(`AWS4${secret}`, day as string),
  );
  compare(signature as string, hmac(key, text).toString('hex'));
}

/** Parts of the query that say what is asked for, so they are signed. */
const SUB_RESOURCES = new Set(
  (
    'acl append cors delete encryption lifecycle location logging objectMeta partNumber policy position restore stat symlink ' +
    'tagging uploadId uploads versionId versioning versions website response-content-type response-content-language ' +
    'response-expires response-cache-control response-content-disposition response-content-encoding x-oss-process ' +
    'continuation-token bucketInfo'
  ).split(' '),
);

function checkOss(request: SignedRequest, credential: string, keys: AccessKeyTable, now: number): void {
  const colon = credential.indexOf(':');
  const id = credential.slice(0, colon);
  const date = header(request, 'x-oss-date') || header(request, 'date');
  checkTime(Date.parse(date), now);
  const own = Object.keys(request.headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${header(request, name).trim()}\n`)
    .join('');
  const sub = request.query
    .split('&')
    .map(
      (pair) =>
        [pair.split('=')[0] as string, pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : undefined] as const,
    )
    .filter(([key]) => SUB_RESOURCES.has(decodeURIComponent(key)))
    .map(([key, value]) => (value === undefined || value === '' ? key : `${key}=${decodeURIComponent(value)}`))
    .sort()
    .join('&');
  const resource = decodeURIComponent(request.path) + (sub === '' ? '' : `?${sub}`);
  const text = [request.method, header(request, 'content-md5'), header(request, 'content-type'), date, own + resource];
  const signature = createHmac('sha1', secretOf(keys, id)).update(text.join('\n')).digest('base64');
  compare(credential.slice(colon + 1), signature);
}
