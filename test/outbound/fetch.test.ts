import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import { createEngine, type Engine, type LaneSetting } from '../../lib/index.ts';
import { closedPort, define, echo, LOCAL, serve } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];
let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

for (const lane of lanes) {
  t.test(`${lane}: a guest fetches what it is granted, and nothing else`, async (t) => {
    const port = await serve(t, echo);
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event.url, event.init); return { status: r.status, ok: r.ok, url: r.url, redirected: r.redirected, body: await r.json() };',
      LOCAL,
    );
    t.match(
      await engine.invoke(name, {
        url: `http://127.0.0.1:${port}/a?b=c#d`,
        init: { method: 'PUT', body: 'h\u00e9', headers: { 'X-One': '1' } },
      }),
      {
        status: 200,
        ok: true,
        url: `http://127.0.0.1:${port}/a?b=c`,
        redirected: false,
        body: {
          method: 'PUT',
          url: '/a?b=c',
          body: 'h\u00c3\u00a9',
          headers: { 'x-one': '1', host: `127.0.0.1:${port}`, 'user-agent': 'isopod', 'content-length': '3' },
        },
      },
    );
    const refused = await define(engine, lane, 'return failure(fetch(event));', LOCAL);
    t.match(await engine.invoke(refused, `http://localhost:${port}/`), {
      name: 'TypeError',
      message: /^fetch failed: http:\/\/localhost:\d+ is not on the allow list; add "localhost:\d+" to network\.allow/,
      code: 'NetworkDenied',
    });
    const none = await define(engine, lane, 'return failure(fetch(event));', undefined);
    t.match(await engine.invoke(none, `http://127.0.0.1:${port}/`), {
      name: 'TypeError',
      code: 'NetworkDenied',
      message: /granted no network; name hosts in network\.allow/,
    });
    t.equal(engine.getFunction(none).network, undefined);
    t.match(engine.getFunction(name).network, { allow: LOCAL.allow, maxRequests: 50, secrets: {} });
  });

  t.test(`${lane}: an error nobody catches tells its reason`, async (t) => {
    const name = await define(engine, lane, 'await fetch("http://10.0.0.1/");', LOCAL);
    await t.rejects(engine.invoke(name), {
      code: 'UnhandledInvocationError',
      errorType: 'TypeError',
      message: /fetch failed: http:\/\/10\.0\.0\.1 is not on the allow list/,
    });
    const port = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write('x'.repeat(200_000), () => setTimeout(() => response.destroy(), 20));
    });
    const reading = await define(engine, lane, 'await (await fetch(event)).text();', LOCAL);
    await t.rejects(engine.invoke(reading, `http://127.0.0.1:${port}/`), {
      code: 'UnhandledInvocationError',
      errorType: 'TypeError',
      message: /^fetch failed: The request to http:\/\/127\.0\.0\.1:\d+ failed: the other side closed the connection/,
    });
  });

  t.test(`${lane}: compressed answers are decompressed, whatever the method`, async (t) => {
    const text = 'isopod '.repeat(5_000);
    const bodies: Record<string, Buffer> = {
      gzip: gzipSync(text),
      'x-gzip': gzipSync(text),
      deflate: deflateSync(text),
      'deflate,raw': deflateRawSync(text),
      br: brotliCompressSync(text),
      zstd: zstdCompressSync(text),
      'gzip, br': brotliCompressSync(gzipSync(text)),
      identity: Buffer.from(text),
    };
    const port = await serve(t, (request, response) => {
      const key = decodeURIComponent((request.url as string).slice(1));
      const body = bodies[key] as Buffer;
      response.writeHead(200, { 'content-encoding': key.split(',raw')[0], 'content-length': body.length });
      // In pieces, so that decoders see them apart.
      response.write(body.subarray(0, 3));
      setImmediate(() => response.end(body.subarray(3)));
    });
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event); return [await r.text(), r.headers.get("content-encoding"), r.headers.get("content-length")];',
      LOCAL,
    );
    for (const key of Object.keys(bodies)) {
      const [body, encoding, length] = (await engine.invoke(
        name,
        `http://127.0.0.1:${port}/${encodeURIComponent(key)}`,
      )) as string[];
      t.equal(body, text, key);
      if (key !== 'identity') t.same([encoding, length], [null, null], `${key}: nothing of the encoding is told`);
    }
    const odd = await serve(t, (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'lzma' }).end('as it is'),
    );
    t.same(
      await engine.invoke(name, `http://127.0.0.1:${odd}/`),
      ['as it is', 'lzma', null],
      'an encoding nobody knows stays',
    );
    const broken = await serve(t, (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all'),
    );
    const failing = await define(engine, lane, 'return failure(fetch(event).then((r) => r.text()));', LOCAL);
    t.match(await engine.invoke(failing, `http://127.0.0.1:${broken}/`), { code: 'NetworkFailed' });
  });

  t.test(`${lane}: answers without a body have none`, async (t) => {
    const port = await serve(t, (request, response) => {
      const status = Number((request.url as string).slice(1));
      if (status !== 200) response.writeHead(status).end();
      else response.writeHead(200, { 'content-length': 5 }).end(request.method === 'HEAD' ? undefined : 'hello');
    });
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event.url, { method: event.method }); return [r.status, r.body === null, await r.text()];',
      LOCAL,
    );
    const ask = (method: string, status: number) =>
      engine.invoke(name, { method, url: `http://127.0.0.1:${port}/${status}` });
    t.same(await ask('GET', 204), [204, true, '']);
    t.same(await ask('GET', 304), [304, true, '']);
    t.same(await ask('HEAD', 200), [200, true, '']);
    t.same(await ask('GET', 200), [200, false, 'hello']);
  });

  t.test(`${lane}: headers arrive as they were sent, several of a name too`, async (t) => {
    const port = await serve(t, (_request, response) => {
      response
        .writeHead(
          200,
          'Quite Fine',
          [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
            ['x-byte', '\u00e9'],
            ['keep-alive', 'timeout=1'],
          ].flat(),
        )
        .end('x');
    });
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event); return [r.statusText, r.headers.getSetCookie(), r.headers.get("x-byte"), r.headers.get("keep-alive"), r.headers.get("connection")];',
      LOCAL,
    );
    t.same(await engine.invoke(name, `http://127.0.0.1:${port}/`), [
      'Quite Fine',
      ['a=1', 'b=2'],
      '\u00e9',
      null,
      null,
    ]);
    const echoing = await define(engine, lane, 'await fetch(event); return (await fetch(event)).json();', LOCAL);
    t.notOk(
      Object.hasOwn(
        ((await engine.invoke(echoing, `http://127.0.0.1:${await serve(t, echo)}/`)) as { headers: object }).headers,
        'cookie',
      ),
      'no cookie is kept',
    );
  });

  t.test(`${lane}: headers of the connection are not the guest's to send`, async (t) => {
    const port = await serve(t, echo);
    const name = await define(
      engine,
      lane,
      'return (await fetch(event.url, { headers: event.headers, method: "POST", body: "abc" })).json();',
      LOCAL,
    );
    const hop = {
      Host: 'evil.example',
      Connection: 'upgrade',
      'Content-Length': '1',
      'Transfer-Encoding': 'chunked',
      'Keep-Alive': '1',
      Expect: '100-continue',
      TE: 'trailers',
      Trailer: 'x',
      Upgrade: 'websocket',
      'Proxy-Authorization': 'x',
      'Proxy-Connection': 'x',
      'X-Fine': 'yes',
      'Accept-Encoding': 'identity',
    };
    const { headers, body } = (await engine.invoke(name, { url: `http://127.0.0.1:${port}/`, headers: hop })) as {
      headers: Record<string, string>;
      body: string;
    };
    t.same(headers, {
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      'x-fine': 'yes',
      'accept-encoding': 'identity',
      'content-type': 'text/plain;charset=UTF-8',
      accept: '*/*',
      'user-agent': 'isopod',
      'content-length': '3',
    });
    t.equal(body, 'abc');
  });

  t.test(`${lane}: nothing a guest writes ends a header and begins another`, async (t) => {
    const port = await serve(t, echo);
    // The library refuses these; this guest goes around it, to the host.
    const raw = await define(
      engine,
      lane,
      'return failure(__isopod_host.call("fetch", { id: 1, method: "GET", url: event.url, headers: [], redirect: "follow", ...event.facts }, event.body ?? null));',
      LOCAL,
    );
    const ask = async (facts: object, body?: unknown) =>
      (await engine.invoke(raw, { url: `http://127.0.0.1:${port}/`, facts, body })) as { code?: string; none?: object };
    for (const headers of [
      [['x', 'a\r\nevil: 1']],
      [['x', 'a\nb']],
      [['x', 'a\0']],
      [['x', '\u0100']],
      [['x\r\nevil', '1']],
      [['', '1']],
      [['x y', '1']],
      [['x']],
      'x',
      null,
      [[1, 2]],
      [['x', 'y'.repeat(70_000)]],
      Array.from({ length: 300 }, () => ['x', '1']),
    ]) {
      t.equal((await ask({ headers })).code, 'NetworkDenied', JSON.stringify(headers)?.slice(0, 60));
    }
    for (const method of ['CONNECT', 'trace', 'GET / HTTP/1.1\r\nx: y', '', 5, null])
      t.equal((await ask({ method })).code, 'NetworkDenied', String(method));
    for (const facts of [{ url: 'nonsense' }, { url: 5 }, { redirect: 'x' }, { id: 'x' }, { id: 1.5 }])
      t.equal((await ask(facts)).code, 'NetworkFailed', JSON.stringify(facts));
    t.equal((await ask({ url: 'file:///etc/passwd' })).code, 'NetworkDenied');
    t.equal((await ask({ url: `http://u:p@127.0.0.1:${port}/` })).code, 'NetworkDenied');
    t.equal((await ask({}, 'a body')).code, 'NetworkDenied', 'GET has no body');
    t.ok(
      (await ask({ url: `http://127.0.0.1:${port}/a b\r\nc` })).none,
      'line ends in a URL are taken out by the parser',
    );
    const odd = await define(
      engine,
      lane,
      'return Promise.all(["fetchRead", "fetchSend", "fetchCancel", "fetchMore", "__proto__"].map((op) => failure(__isopod_host.call(op, event))));',
      LOCAL,
    );
    t.match(await engine.invoke(odd, 99), [
      { code: 'NetworkFailed' },
      { code: 'NetworkFailed' },
      {},
      { code: 'NetworkFailed' },
      { code: 'NetworkFailed' },
    ]);
  });

  t.test(`${lane}: a server that fails is told apart from one that is refused`, async (t) => {
    const name = await define(engine, lane, 'return failure(fetch(event).then((r) => r.text()));', LOCAL);
    const gone = await closedPort();
    t.match(await engine.invoke(name, `http://127.0.0.1:${gone}/`), {
      code: 'NetworkFailed',
      message: /the connection was refused \(ECONNREFUSED\)/,
    });
    const hangsUp = await serve(t, (request) => request.socket.destroy());
    t.match(await engine.invoke(name, `http://127.0.0.1:${hangsUp}/`), {
      code: 'NetworkFailed',
      message: /closed the connection|reset/,
    });
    const breaks = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    t.match(await engine.invoke(name, `http://127.0.0.1:${breaks}/`), { code: 'NetworkFailed' });
    const large = await serve(t, (_request, response) =>
      response.writeHead(200, { 'x-large': 'x'.repeat(40_000) }).end(),
    );
    t.match(await engine.invoke(name, `http://127.0.0.1:${large}/`), {
      code: 'NetworkFailed',
      message: /headers of the answer are too large/,
    });
  });
}

t.test('a request begun while the module loads is in its snapshot, and sent by every instance', async (t) => {
  const port = await serve(t, echo);
  const heavy = 'const table = new Map(); for (let i = 0; i < 300000; i++) table.set("k" + (i % 2000), { i });';
  const source = `${heavy} const early = fetch("http://127.0.0.1:${port}/").then((r) => r.status); export const handler = () => early;`;
  const { image } = await engine.createFunction({
    functionName: 'early',
    timeout: 60,
    network: LOCAL,
    code: { source },
  });
  t.equal(image.kind, 'snapshot');
  t.equal(await engine.invoke('early'), 200);
});
