import { gzipSync } from 'node:zlib';
import t from 'tap';
import { createEngine } from '../../../lib/index.ts';
import { CERTIFICATE, closedPort, echo, serve, serveTls } from '../../outbound/servers.ts';
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

t.test('requests reach real servers through the outbound network, and only those that are granted', async (t) => {
  await using engine = await createEngine({
    workers: 1,
    outbound: { lookup: async () => ['127.0.0.1'], ca: [CERTIFICATE] },
  });
  const plain = await serve(t, (request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/else' }).end();
    if (request.url === '/packed')
      return response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
    if (request.url === '/large') return response.end(Buffer.alloc(3_000_000, 'x'));
    if (request.url === '/cookies') return response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end('x');
    // Never answered.
    if (request.url !== '/silent') echo(request, response);
  });
  const secure = await serveTls(t, echo);
  const gone = await closedPort();
  const source = `import http from 'node:http'; import https from 'node:https';
    const ask = (client, url, options, body) => new Promise((done, fail) => {
      const request = client.request(url, options, async (response) => {
        const chunks = [];
        try { for await (const chunk of response) chunks.push(chunk); } catch (error) { return fail(error); }
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
      });
      request.on('error', fail);
      if (options.timeout) request.on('timeout', () => request.destroy(new Error('took too long')));
      request.end(body);
    });
    export const handler = async ({ url, options = {}, body }) => ask(url.startsWith('https:') ? https : http, url, options, body)
      .catch((error) => ({ name: error.name, message: error.message, code: error.code }));`;
  for (const lane of ['direct', 'worker'] as const) {
    await engine.createFunction({
      functionName: lane,
      lane,
      timeout: 60,
      code: { source },
      network: { allow: ['127.0.0.1:*', 'a.test:*'], allowPrivate: ['127.0.0.1', 'a.test'] },
    });
    const ask = (path: string, more: object = {}, base = `http://127.0.0.1:${plain}`) =>
      engine.invoke(lane, { url: base + path, ...more }) as Promise<{ status: number; body: string }>;
    const posted = await ask('/p?q=1', { options: { method: 'POST', headers: { 'X-A': 'b' } }, body: 'h\u00e9llo' });
    t.equal(posted.status, 200);
    t.match(JSON.parse(posted.body), { method: 'POST', url: '/p?q=1', headers: { 'x-a': 'b', 'content-length': '6' } });
    t.match(
      await ask('/moved'),
      { status: 302, headers: { location: '/else' }, body: '' },
      'redirects are not followed',
    );
    const packed = (await ask('/packed')) as unknown as { headers: object; body: string };
    t.equal(packed.body, 'packed');
    t.notOk('content-encoding' in packed.headers, 'a coding that was undone is not told');
    t.equal((await ask('/large')).body.length, 3_000_000);
    t.match(await ask('/cookies'), { headers: { 'set-cookie': ['a=1', 'b=2'] } });
    t.match(await ask('/silent', { options: { timeout: 20 } }), { message: 'took too long' });
    t.match(await ask('/', {}, `http://127.0.0.1:${gone}`), { code: 'ECONNREFUSED' });
    t.match(await ask('/', {}, 'http://10.0.0.1'), { code: 'NetworkDenied' });
    const overTls = await ask('/tls', { options: { auth: 'u:p' } }, `https://a.test:${secure}`);
    t.match(JSON.parse(overTls.body), {
      url: '/tls',
      headers: { host: `a.test:${secure}`, authorization: 'Basic dTpw' },
    });
  }
});
