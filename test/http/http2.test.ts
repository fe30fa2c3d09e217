/** HTTP/2, with TLS and without: the same answers, also in pieces. `tls/` has a key of these tests alone. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { signedHeaders } from '../../lib/http/auth/sign.ts';
import { listenHttp2 } from '../../lib/http/cleartext-http2.ts';
import { ADMIN, type Served, serve } from './served.ts';

const place = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url));
const web = `export default { fetch: async (request) => { let timer; const url = new URL(request.url);
  if (url.pathname === '/fails') return new Response(new ReadableStream({ pull(c) { if (this.did) throw new Error('no'); this.did = true; c.enqueue(new TextEncoder().encode('some')); } }));
  return new Response(new ReadableStream({ start(c) { timer = setInterval(() => c.enqueue(new TextEncoder().encode(url.host + ';')), 5); }, cancel() { clearInterval(timer); } }), { status: 201 }); } };`;

async function deploy({ engine }: Served): Promise<void> {
  await engine.createFunction({
    functionName: 'echo',
    timeout: 60,
    code: { source: 'export const handler = (event) => event;' },
  });
  await engine.createFunction({ functionName: 'web', timeout: 60, code: { source: web } });
}

async function ask(session: ClientHttp2Session, headers: Record<string, string>, body = '') {
  const stream = session.request(headers, { endStream: body === '' });
  if (body !== '') stream.end(body);
  const [told] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  return { status: told[':status'], headers: told, text: (await buffer(stream)).toString() };
}

/** What both have to do. */
async function speaks(t: Test, served: Served, session: ClientHttp2Session, authority: string): Promise<void> {
  const path = '/2023-03-30/functions/echo/invocations';
  const signed = signedHeaders('POST', path, { host: authority }, Buffer.from('{"a":1}'), ADMIN);
  const { host: _, ...headers } = signed;
  const all = await Promise.all(
    Array.from({ length: 5 }, (_, at) =>
      at === 0 ? ask(session, { ':path': '/healthz' }) : ask(session, { ':path': '/nowhere' }),
    ),
  );
  t.match(all[0], { status: 200, text: '{"status":"ok"}' });
  t.match(all[4], { status: 404, text: /PathNotSupported/ });
  t.match(await ask(session, { ':method': 'POST', ':path': path, ...headers }, '{"a":1}'), {
    status: 200,
    text: '{"a":1}',
  });
  const made = await served.engine.createTrigger('web', {
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: '{"authType":"anonymous"}',
  });
  t.ok(made);
  const url = `/2023-03-30/functions/web/triggers/http`;
  const { host: __, ...get } = signedHeaders('GET', url, { host: authority }, Buffer.alloc(0), ADMIN);
  const { httpTrigger } = JSON.parse((await ask(session, { ':path': url, ...get })).text);
  const { pathname } = new URL(httpTrigger.urlInternet);
  const stream = session.request({ ':path': pathname });
  const [told] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  t.equal(told[':status'], 201);
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.split(';').length > 3) break;
  }
  t.ok(text.startsWith(`${authority};${authority};`));
  const open = () => served.engine.stats().functions.find(({ functionName }) => functionName === 'web')?.open;
  while (open() !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const failing = session.request({ ':path': `${pathname}/fails` });
  await t.rejects(buffer(failing), /NGHTTP2_INTERNAL_ERROR/, 'what fails in the middle has no proper end');
}

t.test('without TLS, on a port of its own', async (t) => {
  const served = await serve({ anonymous: true });
  await deploy(served);
  const settings = { ...served.host.settings, host: '127.0.0.1', requestTimeoutSeconds: 3 };
  const server = await listenHttp2(served.server, 0, settings);
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = connect(`http://${authority}`);
  await once(session, 'connect');
  const slow = session.request({ ':method': 'POST', ':path': '/2023-03-30/functions' }).on('error', () => undefined);
  slow.resume().write('{');
  await once(slow, 'close');
  t.equal(slow.rstCode, 8, 'a body that does not come is given up');
  await speaks(t, served, session, authority);
  const over = once(session, 'close');
  await served.close();
  await over;
});

t.test('with TLS, beside HTTP/1.1', async (t) => {
  const served = await serve({ tlsCert: place('cert.pem'), tlsKey: place('key.pem') });
  await deploy(served);
  const ca = readFileSync(place('cert.pem'));
  const session = connect(`https://localhost:${served.port}`, { ca });
  await once(session, 'connect');
  t.equal(session.alpnProtocol, 'h2');
  await speaks(t, served, session, `localhost:${served.port}`);
  const agent = new Agent({ ca });
  const request = httpsRequest({ host: 'localhost', port: served.port, path: '/readyz', agent }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  t.equal(response.httpVersion, '1.1');
  t.match((await buffer(response)).toString(), /ready/);
  agent.destroy();
  session.close();
  await served.close();
});
