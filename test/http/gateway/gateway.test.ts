/** HTTP triggers and custom domains over a real server: who may, what the function gets, what the client gets. */
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import t from 'tap';
import { signedHeaders } from '../../../lib/http/auth/sign.ts';
import { ADMIN, type Served, serve } from '../served.ts';

let served: Served;

const sources: Record<string, string> = {
  echo: 'export const handler = (event) => ({ statusCode: 201, headers: { "X-Made": "yes", Connection: "close" }, body: JSON.stringify(event) });',
  fc: 'exports.handler = async (event, context) => { const { body, rawPath } = JSON.parse(event.toString()); return { statusCode: 200, headers: { "Content-Type": "text/html" }, isBase64Encoded: true, body: Buffer.from("<p>" + rawPath + body).toString("base64") }; };',
  web: 'export default { fetch: async (request) => new Response(request.method + " " + new URL(request.url).pathname + new URL(request.url).search + " " + await request.text(), { status: 202, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["content-type", "text/plain"]] }) };',
  plain: 'export const handler = (event) => event.queryParameters.as === "text" ? "hello" : { sum: 3 };',
  fails: 'export const handler = () => { throw new TypeError("broken"); };',
  odd: 'export const handler = (event) => event.queryParameters.header ? { statusCode: 200, headers: { "x-a": "b\\r\\nc: d" } } : { statusCode: 42 };',
};

t.before(async () => {
  served = await serve();
  for (const [functionName, source] of Object.entries(sources)) {
    const runtime = functionName === 'fc' ? 'nodejs20' : 'isopod';
    await served.engine.createFunction({ functionName, runtime, code: { source }, timeout: 20 });
  }
});
t.after(() => served.close());

async function trigger(functionName: string, config: object = { authType: 'anonymous' }): Promise<string> {
  const url = `/2023-03-30/functions/${functionName}/triggers`;
  const body = JSON.stringify({ triggerName: 'http', triggerType: 'http', triggerConfig: JSON.stringify(config) });
  await api('DELETE', `${url}/http`);
  const made = (await (await api('POST', url, body)).json()) as { httpTrigger: { urlInternet: string } };
  return made.httpTrigger.urlInternet;
}

function api(method: string, path: string, body = ''): Promise<Response> {
  const own = { host: `127.0.0.1:${served.port}`, ...(body !== '' && { 'content-type': 'application/json' }) };
  const headers = signedHeaders(method, path, own, Buffer.from(body), ADMIN);
  return fetch(served.base + path, { method, headers, ...(body !== '' && { body }) });
}

/** With a Host of its own, which fetch does not allow. */
async function at(host: string, path: string, method = 'GET', headers: Record<string, string> = {}) {
  const sent = httpRequest({
    port: served.port,
    host: '127.0.0.1',
    path,
    method,
    headers: { host, ...headers },
    agent: false,
  }).end();
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.on('response', resolve).on('error', reject),
  );
  return { status: response.statusCode, headers: response.headers, text: (await buffer(response)).toString() };
}

t.test('the function gets the v1 event, the client what it answers', async (t) => {
  const url = await trigger('echo');
  const response = await fetch(`${url}/a%20b/c?x=1&y=2&x=3`, {
    method: 'POST',
    body: '{"k":"v"}',
    headers: { 'content-type': 'application/json', 'x-two-words': 'z', 'x-fc-own': 'hidden' },
  });
  t.equal(response.status, 201);
  t.equal(response.headers.get('x-made'), 'yes');
  t.match(response.headers.get('x-fc-request-id'), /^[\da-f-]{36}$/);
  const event = (await response.json()) as Record<string, unknown> & { headers: object };
  t.match(event, {
    version: 'v1',
    rawPath: '/a%20b/c',
    body: '{"k":"v"}',
    isBase64Encoded: false,
    queryParameters: { x: '1,3', y: '2' },
    headers: { 'Content-Type': 'application/json', 'X-Two-Words': 'z', 'X-Forwarded-Proto': 'http' },
    requestContext: { http: { method: 'POST', path: '/a b/c', sourceIp: '127.0.0.1' }, timeEpoch: /^\d+$/ },
  });
  t.notOk(Object.keys(event.headers).some((name) => /x-fc-own/i.test(name)));
  const binary = (await (await fetch(url, { method: 'POST', body: new Uint8Array([255, 0, 1]) })).json()) as object;
  t.match(binary, { body: '/wAB', isBase64Encoded: true, rawPath: '/' });
});

t.test('handlers of every kind answer', async (t) => {
  const fc = await fetch(`${await trigger('fc')}/page`, {
    method: 'PUT',
    body: 'text',
    headers: { 'content-type': 'text/plain' },
  });
  t.equal(await fc.text(), '<p>/pagetext');
  t.equal(fc.headers.get('content-type'), 'text/html');
  const web = await fetch(`${await trigger('web')}/items?q=%20`, {
    method: 'POST',
    body: 'hello',
    headers: { 'content-type': 'text/plain' },
  });
  t.equal(web.status, 202);
  t.equal(await web.text(), 'POST /items?q=%20 hello');
  t.same(web.headers.getSetCookie(), ['a=1', 'b=2']);
  const plain = await trigger('plain');
  const text = await fetch(`${plain}?as=text`);
  t.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  t.equal(await text.text(), 'hello');
  t.same(await (await fetch(plain)).json(), { sum: 3 });
});

t.test('what goes wrong has a status and a kind', async (t) => {
  const fails = await fetch(await trigger('fails'));
  t.equal(fails.status, 502);
  t.equal(fails.headers.get('x-fc-error-type'), 'UnhandledInvocationError');
  t.match(await fails.json(), { errorMessage: 'broken', errorType: 'TypeError' });
  const odd = await trigger('odd');
  for (const url of [odd, `${odd}?header=1`]) {
    const response = await fetch(url);
    t.equal(response.status, 502);
    t.match(await response.json(), { Code: 'BadResponse' });
  }
  const none = await fetch(`${served.base}/url/none-000000000000/`);
  t.equal(none.status, 404);
  t.equal(none.headers.get('x-fc-error-type'), 'FcCommonError');
  t.equal((await fetch(`${odd}/${'x'.repeat(5_000)}`)).status, 400);
  t.equal((await fetch(odd, { headers: { 'x-long': 'x'.repeat(9_000) } })).status, 400);
});

t.test('methods, signatures and async', async (t) => {
  const url = await trigger('echo', { authType: 'function', methods: ['GET', 'POST'] });
  t.match(await (await fetch(url)).json(), { Code: 'AccessDenied' });
  t.equal((await fetch(url, { method: 'DELETE' })).status, 405);
  const { host, pathname } = new URL(url);
  const signed = signedHeaders('GET', `${pathname}/x?b=1`, { host }, Buffer.alloc(0), ADMIN);
  t.match(await (await fetch(`${url}/x?b=1`, { headers: signed })).json(), { rawPath: '/x' });
  const open = await trigger('echo');
  const accepted = await fetch(open, {
    method: 'POST',
    body: '{}',
    headers: { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'web-1' },
  });
  t.equal(accepted.status, 202);
  await served.engine.whenIdle();
  t.match(await served.engine.getAsyncTask('echo', 'web-1'), { status: 'Succeeded' });
});

t.test('tokens: whose keys are known come in, and their claims with them', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'one' };
  const authConfig = JSON.stringify({
    jwks: { keys: [jwk] },
    tokenLookup: 'header:Authorization:Bearer,cookie:session',
    claimPassBy: 'header:X-User:sub,query:tier',
  });
  const url = await trigger('echo', { authType: 'jwt', authConfig });
  const token = (expires: string) =>
    new SignJWT({ tier: 'gold' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setSubject('ada')
      .setExpirationTime(expires)
      .sign(privateKey);
  t.equal((await fetch(url)).status, 403);
  const good = await token('1h');
  const answer = await fetch(url, { headers: { authorization: `Bearer ${good}` } });
  t.match(await answer.json(), { headers: { 'X-User': 'ada' }, queryParameters: { tier: 'gold' } });
  t.equal((await fetch(url, { headers: { cookie: `a=b; session=${good}` } })).status, 201);
  t.equal((await fetch(url, { headers: { authorization: `Bearer ${await token('-1h')}` } })).status, 403);
  t.equal((await fetch(url, { headers: { authorization: `Bearer ${good.slice(0, -4)}AAAA` } })).status, 403);
});

t.test('cross-origin requests', async (t) => {
  const open = await trigger('echo');
  const echoed = await fetch(open, { headers: { origin: 'https://a.example' } });
  t.equal(echoed.headers.get('access-control-allow-origin'), 'https://a.example');
  const corsConfig = { allowOrigins: ['https://*.b.example'], allowMethods: ['GET'], maxAge: 60 };
  const url = await trigger('echo', { authType: 'anonymous', corsConfig });
  const asked = (origin: string) =>
    fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });
  const yes = await asked('https://x.b.example');
  t.equal(yes.status, 204);
  t.equal(yes.headers.get('access-control-allow-origin'), 'https://x.b.example');
  t.equal(yes.headers.get('access-control-max-age'), '60');
  t.equal((await asked('https://b.example.evil')).headers.get('access-control-allow-origin'), null);
});

t.test('custom domains: routes, rewrites, other formats, and nobody else', async (t) => {
  await served.engine.deleteTrigger('echo', 'http');
  const routes = [
    {
      path: '/api/*',
      functionName: 'echo',
      methods: ['GET'],
      rewriteConfig: { wildcardRules: [{ match: '/api/*', replacement: '/$1' }] },
    },
    { path: '/api/exact', functionName: 'plain' },
    { path: '/gateway/*', functionName: 'echo', payloadFormat: 'apigateway' },
    { path: '/2023-03-30/*', functionName: 'echo' },
  ];
  const made = await api(
    'POST',
    '/2023-03-30/custom-domains',
    JSON.stringify({ domainName: 'shop.example', protocol: 'HTTP', routeConfig: { routes } }),
  );
  t.match(await made.json(), { domainName: 'shop.example', accountId: /^\d{16}$/ });
  t.equal(
    (await api('POST', '/2023-03-30/custom-domains', JSON.stringify({ domainName: 'shop.example' }))).status,
    409,
  );
  t.match(JSON.parse((await at('shop.example', '/api/items/1?x=2')).text), {
    rawPath: '/items/1',
    queryParameters: { x: '2' },
    requestContext: { domainName: 'shop.example' },
  });
  t.same(JSON.parse((await at('shop.example:80', '/api/exact?x')).text), { sum: 3 });
  t.match(JSON.parse((await at('shop.example', '/gateway/orders?page=2')).text), {
    path: '/gateway/orders',
    httpMethod: 'GET',
    queryParameters: { page: '2' },
  });
  t.equal((await at('shop.example', '/else')).status, 404);
  t.equal((await at('shop.example', '/api/items', 'POST')).status, 404, 'a route may be for some methods only');
  t.equal((await at('shop.example', '/healthz')).status, 404, "a domain's paths are its owner's");
  const invocations = '/2023-03-30/functions/plain/invocations';
  t.match(
    JSON.parse((await at('Shop.EXAMPLE', invocations, 'POST')).text),
    { rawPath: invocations },
    'also such a one',
  );
  t.equal((await at('other.example', '/api/items/1')).status, 404);
  const updated = await api(
    'PUT',
    '/2023-03-30/custom-domains/shop.example',
    JSON.stringify({ authConfig: { authType: 'function' } }),
  );
  t.equal(updated.status, 200);
  t.equal((await at('shop.example', '/api/items/1')).status, 403);
  t.match(await (await api('GET', '/2023-03-30/custom-domains')).json(), {
    customDomains: [{ domainName: 'shop.example' }],
  });
  t.equal((await api('DELETE', '/2023-03-30/custom-domains/shop.example')).status, 204);
  t.equal((await at('shop.example', '/api/items/1')).status, 404);
});

t.test('a trigger has a host of its own below localhost', async (t) => {
  const url = await trigger('echo');
  const label = new URL(url).pathname.split('/')[2];
  t.match(JSON.parse((await at(`${label}.localhost:${served.port}`, '/deep/path')).text), { rawPath: '/deep/path' });
});

// Connections that are kept open would hold the process.
t.end();
