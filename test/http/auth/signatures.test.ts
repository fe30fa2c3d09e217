/** Signatures of recorded and of hostile requests, and what an authenticator lets in. */
import { createHmac, hash } from 'node:crypto';
import t from 'tap';
import { Authenticator } from '../../../lib/http/auth/authenticator.ts';
import { Replays } from '../../../lib/http/auth/replays.ts';
import type { SignedRequest } from '../../../lib/http/auth/signed-request.ts';
import { IsopodError } from '../../../lib/index.ts';
import { MemoryCatalog } from '../../../lib/store/memory-catalog.ts';
import { AccessKeys } from '../../../lib/tenant/access-keys.ts';
import { SecretBox } from '../../../lib/tenant/secret-box.ts';

const ID = 'AKID';
const SECRET = 'shh';
const NOW = Date.parse('2026-11-23T16:14:31Z');
const EMPTY = hash('sha256', '', 'hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

async function authenticator(options: { anonymous?: boolean; at?: number } = {}): Promise<Authenticator> {
  const keys = await AccessKeys.open(new MemoryCatalog(), SecretBox.forThisProcess());
  keys.addFixed(ID, SECRET, 'acme', 'deploy');
  return new Authenticator(keys, {
    clockToleranceSeconds: 900,
    anonymous: options.anonymous ?? false,
    now: () => options.at ?? NOW,
  });
}

/** Signed as the specification says, by hand. */
function acs3(
  changes: { url?: string; signedUrl?: [string, string]; headers?: Record<string, string>; without?: string } = {},
): SignedRequest {
  const url = changes.url ?? '/2023-03-30/functions?prefix=a%20b*&limit=5';
  const headers: Record<string, string> = {
    host: '127.0.0.1:43211',
    'x-acs-date': '2026-11-23T16:14:31Z',
    'x-acs-signature-nonce': 'n-1',
    'x-acs-content-sha256': EMPTY,
    'x-acs-version': '2023-03-30',
    ...changes.headers,
  };
  const [path, query] = changes.signedUrl ?? ['/2023-03-30/functions', 'limit=5&prefix=a%20b%2A'];
  const names = Object.keys(headers)
    .filter((name) => name !== changes.without)
    .sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = ['GET', path, query, lines, names.join(';'), EMPTY].join('\n');
  const signature = hmac(SECRET, `ACS3-HMAC-SHA256\n${hash('sha256', canonical, 'hex')}`).toString('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${ID},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { method: 'GET', url, headers: { ...headers, authorization } };
}

const NOTHING = Buffer.alloc(0);
const enter = (of: Authenticator, request: SignedRequest, body: Uint8Array = NOTHING, remote = '203.0.113.9') =>
  of.begin(request, remote).finish(body);
const refusal = (code: string) => (error: unknown) => error instanceof IsopodError && error.code === code;
const refuses = (t: Tap, code: string, run: () => unknown, told?: string) => {
  try {
    run();
    t.fail(told ?? `must be refused with ${code}`);
  } catch (error) {
    t.ok(refusal(code)(error), told ?? `refused with ${code}, got ${(error as IsopodError).code}`);
  }
};
type Tap = typeof t;

t.test('ACS3: what is signed well is let in, with tenant and role of the key', async (t) => {
  const of = await authenticator();
  t.match(enter(of, acs3()), { accessKeyId: ID, tenant: 'acme', role: 'deploy' });
});

t.test('ACS3: paths are taken as they were sent', async (t) => {
  const of = await authenticator();
  const signedUrl: [string, string] = [
    '/2023-03-30/functions/s%24f/x~%2A%20y',
    'qualifier=a%20b%2A%27%28%29%21~%2B%2F%E4%B8%AD',
  ];
  const url = '/2023-03-30/functions/s%24f/x%7E*+y?qualifier=a%20b*%27()!~%2B%2F%E4%B8%AD';
  t.match(enter(of, acs3({ url, signedUrl })), { accessKeyId: ID });
});

t.test('ACS3: whatever is changed afterwards is noticed', async (t) => {
  const of = await authenticator();
  const mismatch = (change: Partial<SignedRequest>, body?: Buffer) =>
    refuses(t as Tap, 'SignatureNotMatch', () => enter(of, { ...acs3(), ...change }, body));
  mismatch({ method: 'DELETE' });
  mismatch({ url: '/2023-03-30/functions?prefix=a%20b*&limit=6' });
  mismatch({ url: '/2023-03-30/functions' });
  mismatch({ headers: { ...acs3().headers, host: 'other' } });
  mismatch({}, Buffer.from('{"a":1}'));
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, acs3({ without: 'host' })), 'the host must be signed');
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, acs3({ without: 'x-acs-date' })), 'and so must the date');
});

t.test('ACS3: a request is good once, and for a while', async (t) => {
  const of = await authenticator();
  enter(of, acs3());
  refuses(t as Tap, 'SignatureNonceUsed', () => enter(of, acs3()));
  t.match(enter(of, acs3({ headers: { 'x-acs-signature-nonce': 'n-2' } })), { accessKeyId: ID });
  for (const at of [NOW + 901_000, NOW - 901_000]) {
    const other = await authenticator({ at });
    refuses(t as Tap, 'RequestTimeTooSkewed', () => enter(other, acs3()));
  }
  t.match(enter(await authenticator({ at: NOW + 899_000 }), acs3()), { accessKeyId: ID });
});

function fc(
  url = '/2016-08-15/services/s.LATEST/functions/f/invocations',
  resource = url,
  more: Record<string, string> = {},
): SignedRequest {
  const headers: Record<string, string> = {
    date: 'Mon, 23 Nov 2026 16:14:31 GMT',
    'x-fc-account-id': '1',
    'x-fc-b': '2',
    ...more,
  };
  const fcLines = Object.keys(headers)
    .filter((name) => name.startsWith('x-fc-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join('');
  const text = `POST\n${headers['content-md5'] ?? ''}\n${headers['content-type'] ?? ''}\n${headers.date}\n${fcLines}${resource}`;
  return {
    method: 'POST',
    url,
    headers: { ...headers, authorization: `FC ${ID}:${hmac(SECRET, text).toString('base64')}` },
  };
}

t.test('FC: paths, headers and the MD5 of the body are checked; the same request may come twice', async (t) => {
  const of = await authenticator();
  t.match(enter(of, fc()), { accessKeyId: ID });
  t.match(enter(of, fc()), { accessKeyId: ID });
  t.match(enter(of, fc('/2016-08-15/services/a%20b', '/2016-08-15/services/a b')), { accessKeyId: ID });
  t.match(enter(of, fc('/2016-08-15/proxy/s/f/x?b=2&a=1&c', '/2016-08-15/proxy/s/f/x\na=1\nb=2\nc')), {
    accessKeyId: ID,
  });
  const body = Buffer.from('{"a":1}');
  const md5 = hash('md5', body, 'hex');
  for (const text of [Buffer.from(md5).toString('base64'), Buffer.from(md5, 'hex').toString('base64')]) {
    t.match(enter(of, fc(undefined, undefined, { 'content-md5': text }), body), { accessKeyId: ID });
  }
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, fc(undefined, undefined, { 'content-md5': 'AAAA' }), body));
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, { ...fc(), headers: { ...fc().headers, 'x-fc-b': '3' } }));
  refuses(t as Tap, 'MissingRequiredHeader', () => enter(of, { ...fc(), headers: { authorization: `FC ${ID}:x` } }));
});

function sigV4(change: { path?: string; date?: string } = {}): SignedRequest {
  const date = change.date ?? '20261123T161431Z';
  const scope = `${date.slice(0, 8)}/us-east-1/lambda/aws4_request`;
  const headers: Record<string, string> = { host: '127.0.0.1:1', 'x-amz-date': date };
  const path = change.path ?? '/2015-03-31/functions/a%3Ab/invocations';
  const canonical = [
    'POST',
    path.replaceAll('%', '%25'),
    'Qualifier=1',
    `host:127.0.0.1:1\nx-amz-date:${date}\n`,
    'host;x-amz-date',
    hash('sha256', '{}', 'hex'),
  ].join('\n');
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
  const key = scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${SECRET}`));
  const signature = hmac(key, text).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${ID}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  return { method: 'POST', url: `${path}?Qualifier=1`, headers: { ...headers, authorization } };
}

t.test('SigV4: the body is part of it, with or without its hash in a header', async (t) => {
  const of = await authenticator();
  const body = Buffer.from('{}');
  t.match(enter(of, sigV4(), body), { accessKeyId: ID });
  t.match(enter(of, sigV4(), body), { accessKeyId: ID }, 'with the key of the day from the cache, too');
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, sigV4(), Buffer.from('{ }')));
  refuses(t as Tap, 'SignatureNotMatch', () => enter(of, { ...sigV4(), method: 'PUT' }, body));
  refuses(t as Tap, 'RequestTimeTooSkewed', () => enter(of, sigV4({ date: '20261122T161431Z' }), body));
});

t.test('tokens, strangers and nonsense', async (t) => {
  const keys = await AccessKeys.open(new MemoryCatalog(), SecretBox.forThisProcess());
  const { token = '', accessKeyId } = await keys.create({ tenant: 'acme', role: 'invoke', type: 'token' });
  const of = new Authenticator(keys, { clockToleranceSeconds: 900, anonymous: false });
  const withHeader = (headers: Record<string, string>): SignedRequest => ({ method: 'GET', url: '/', headers });
  t.match(enter(of, withHeader({ authorization: `Bearer ${token}` })), { accessKeyId, tenant: 'acme', role: 'invoke' });
  t.match(enter(of, withHeader({ 'x-acs-bearer-token': token })), { accessKeyId });
  for (const bad of [`${token}x`, `${accessKeyId}.`, '.', '', 'x'.repeat(10_000)]) {
    refuses(t as Tap, 'InvalidAccessKeyID', () => enter(of, withHeader({ authorization: `Bearer ${bad}` })));
  }
  refuses(t as Tap, 'AccessDenied', () => enter(of, withHeader({})));
  for (const authorization of [
    'Basic abc',
    'ACS3-HMAC-SHA256',
    'ACS3-HMAC-SHA256 ,,,',
    'FC',
    'FC x',
    'AWS4-HMAC-SHA256 Credential=a/b',
    'x',
  ]) {
    refuses(t as Tap, 'InvalidArgument', () => enter(of, withHeader({ authorization })));
  }
  await keys.remove(accessKeyId);
  refuses(
    t as Tap,
    'InvalidAccessKeyID',
    () => enter(of, withHeader({ authorization: `Bearer ${token}` })),
    'a removed key lets nobody in',
  );
});

t.test('anonymous requests come from this machine and from no web page', async (t) => {
  const of = await authenticator({ anonymous: true });
  const from = (remote: string, headers: Record<string, string> = { host: 'localhost:9000' }) =>
    enter(of, { method: 'GET', url: '/', headers }, NOTHING, remote);
  t.match(from('127.0.0.1'), { tenant: 'default', role: 'admin' });
  t.match(from('::ffff:127.0.0.1'), { tenant: 'default' });
  t.match(from('::1', { host: '[::1]:9000' }), { tenant: 'default' });
  t.match(from('127.0.0.1', { host: 'localhost:9000', origin: 'http://localhost:9000' }), { tenant: 'default' });
  refuses(t as Tap, 'AccessDenied', () => from('203.0.113.9'));
  refuses(t as Tap, 'AccessDenied', () => from('127.0.0.1', { host: 'rebound.example' }));
  refuses(t as Tap, 'AccessDenied', () => from('127.0.0.1', { host: 'localhost:9000', origin: 'http://evil.example' }));
  refuses(t as Tap, 'AccessDenied', () => from('127.0.0.1', { host: 'localhost:9000', origin: 'null' }));
});

t.test('a memory of nonces holds for its span, forgets after two, and never grows beyond its size', (t) => {
  const digits = (of: number): string => hash('sha256', String(of), 'hex');
  const replays = new Replays(1_000, 3_000, 0);
  const before = Array.from({ length: 2_500 }, (_, one) => replays.take(digits(one), 0));
  t.notOk(before.includes(false));
  t.notOk(replays.take(digits(7), 500));
  t.ok(replays.take(digits(9_999), 1_500), 'a new generation begins');
  t.notOk(replays.take(digits(7), 1_600), 'and knows the one before');
  t.ok(replays.take(digits(7), 3_700));
  t.end();
});
