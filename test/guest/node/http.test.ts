import t from 'tap';
import { compare, inGuest } from './compare.ts';

/** A `fetch` that answers with what it was asked. */
const stub = `globalThis.fetch = async (url, init) => { const body = init.body ? Buffer.from(init.body).toString() : null;
  if (url.includes('fails')) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
  if (url.includes('never')) return new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)));
  const headers = new Headers([['x-a', '1'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['content-encoding', 'gzip'], ['content-length', '5']]);
  return new Response(JSON.stringify({ url, method: init.method, headers: Object.fromEntries(init.headers), body }), { status: 201, headers }); };
  const read = (r) => new Promise((done, fail) => { let all = ''; r.setEncoding('utf8'); r.on('data', (c) => { all += c; }); r.on('end', () => done(JSON.parse(all))); r.on('error', fail); });
  const asked = (request) => new Promise((done, fail) => { request.on('response', (r) => done(read(r).then((v) => [r.statusCode, r.headers, v]))); request.on('error', fail); });`;

t.test('requests travel by fetch', async (t) => {
  const handler = (body: string): string =>
    `import http from 'node:http'; import https, { get, request } from 'node:https'; ${stub} export const handler = async () => { ${body} };`;
  t.same(await inGuest(handler("return asked(get('https://a.example/x?y=1', { headers: { 'X-B': 'c' } }));")), [
    201,
    { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain;charset=UTF-8' },
    { url: 'https://a.example/x?y=1', method: 'GET', headers: { 'X-B': 'c' }, body: null },
  ]);
  t.match(
    await inGuest(
      handler(
        "const r = http.request({ host: 'h.example', port: 81, path: '/p', method: 'post', auth: 'u:p', headers: { Host: 'other' } }); r.write('a'); r.setHeader('K', ['1', '2']); r.end('b'); return asked(r);",
      ),
    ),
    [201, {}, { url: 'http://h.example:81/p', method: 'POST', headers: { Authorization: 'Basic dTpw' }, body: 'ab' }],
  );
  const failing = (body: string): Promise<unknown> =>
    inGuest(handler(`return asked(${body}).catch((error) => [error.name, error.code]);`));
  t.same(await failing("get('https://fails.example')"), ['TypeError', 'ECONNREFUSED']);
  t.same(await failing("request('https://never.example').end().destroy()"), ['Error', 'ECONNRESET']);
  t.same(await failing("get('https://never.example', { signal: AbortSignal.abort() })"), ['AbortError', 'ABORT_ERR']);
  t.equal(
    await inGuest(
      handler(
        "return new Promise((r) => { const q = get('https://never.example', { timeout: 5 }); q.on('timeout', () => { q.destroy(); r('timeout'); }); q.on('error', () => {}); });",
      ),
    ),
    'timeout',
  );
});

compare('http', "import http from 'node:http'; import https from 'node:https';", {
  names: `return [http.METHODS, http.STATUS_CODES[418], http.maxHeaderSize, typeof http.globalAgent, https.globalAgent.defaultPort, new http.Agent({ keepAlive: true }).options.keepAlive];`,
  headers: `http.validateHeaderName('a b');`,
  values: `http.validateHeaderValue('x', 'a\\nb');`,
  protocol: `http.get('ftp://x');`,
  url: `http.get('::');`,
});
