/** Hostile and broken HTTP, made from a seed. */

export interface Attack {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const PATHS = [
  '/2023-03-30/functions',
  '/2023-03-30/functions/f/invocations',
  '/2023-03-30/functions/%2e%2e%2f/invocations',
  '/2023-03-30/functions/%zz/invocations',
  '/2023-03-30/functions/f/invocations?qualifier=%ff%fe',
  '/2023-03-30/functions/f/async-tasks?limit=-1&status=%00',
  '/2023-03-30/tags-v2?ResourceId=[[[[&Tag={',
  '/2023-03-30/layerarn/acs%3Afc%3A%2F%2F',
  '/2016-08-15/services/s.x.y/functions/f/invocations',
  '/2016-08-15/proxy/s/f/%00',
  '/2021-04-06/services/%F0%9F%92%A9',
  '/2015-03-31/functions/arn%3Aaws%3Alambda%3A%3A%3A%3A/invocations',
  '/2015-03-31/functions/f/invocations?Qualifier=$LATEST%0d%0aX: y',
  '/isopod/v1/tenants/__proto__',
  '/isopod/v1/keys/constructor',
  '/isopod/code/../../etc/passwd?until=9e999&signature=',
  '/url/x-000000000000/..%2f..%2f',
  '/isopod/by-host/x',
  '//',
  '/?'.padEnd(3_000, 'a'),
  '*',
  'http://[::1',
  `/${'a/'.repeat(2_000)}`,
];
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'X'.repeat(50),
  'get',
];
const AUTHORIZATIONS = [
  '',
  'Bearer',
  `Bearer ${'x'.repeat(5_000)}`,
  'ACS3-HMAC-SHA256 Credential=FUZZKEY,SignedHeaders=host;x-acs-date,Signature=00',
  'ACS3-HMAC-SHA256 Credential=FUZZKEY,SignedHeaders=;;;;,Signature=',
  `ACS3-HMAC-SHA256 Credential=FUZZKEY,SignedHeaders=${'a;'.repeat(3_000)}host;x-acs-date,Signature=ff`,
  'FC FUZZKEY:AAAA',
  'FC :',
  'AWS4-HMAC-SHA256 Credential=FUZZKEY/20260101/x/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
  'AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=',
  'Basic ZnV6ejpmdXp6',
  '\u0000',
];
const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '{"functionName":{"$":1}}',
  `{"__proto__":{"a":1},"name":"x"}`,
  '{"code":{"zipFile":"!!!"}}',
  `{"a":${'['.repeat(5_000)}`,
  'x'.repeat(20_000),
  '\ud800',
];
const HEADERS = [
  'x-fc-invocation-type: Async',
  'x-fc-invocation-type: \x01',
  'x-fc-async-task-id: ../../x',
  'x-fc-async-delay: NaN',
  'content-type: application/json; charset=utf-7',
  'content-encoding: gzip',
  'expect: 100-continue',
  'expect: nonsense',
  'x-acs-date: yesterday',
  'x-amz-date: 99999999T999999Z',
  'date: 0',
  'host: evil.example',
  'host: x.localhost',
  'origin: null',
  'if-match: "*"',
  'cookie: a=b; a=b;;;=',
  'connection: upgrade\r\nupgrade: websocket',
  'x-acs-bearer-token: x.y',
  `x-long: ${'y'.repeat(12_000)}`,
];

export function attack(random: () => number): Attack {
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const method = one(METHODS);
  const lines = [`${method} ${one(PATHS)} HTTP/1.1`];
  if (random() < 0.9) lines.push('host: 127.0.0.1');
  const authorization = one(AUTHORIZATIONS);
  if (authorization !== '') lines.push(`authorization: ${authorization}`);
  while (random() < 0.5) lines.push(one(HEADERS));
  const body = Buffer.from(one(BODIES));
  const framing = Math.floor(random() * 7);
  let tail = body;
  if (framing < 2) lines.push(`content-length: ${body.length}`);
  else if (framing === 2) lines.push(`content-length: ${body.length + 10}`);
  else if (framing === 3) lines.push('content-length: 18446744073709551617');
  else if (framing === 4) {
    lines.push('transfer-encoding: chunked');
    tail = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  } else if (framing === 5) {
    lines.push('transfer-encoding: chunked');
    tail = Buffer.from('fffffffff\r\nabc');
  } else {
    lines.push('transfer-encoding: chunked', `content-length: ${body.length}`);
  }
  let bytes: Buffer = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), tail]);
  if (random() < 0.15) bytes = bytes.subarray(0, Math.floor(random() * bytes.length));
  if (random() < 0.1) {
    bytes = Buffer.from(bytes);
    for (let flip = 0; flip < 5 && bytes.length > 0; flip++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  return { name: lines[0] as string, bytes };
}
