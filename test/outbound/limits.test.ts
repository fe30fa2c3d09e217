import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { createEngine, type Engine, type LaneSetting } from '../../lib/index.ts';
import { define, echo, LOCAL, readAll, serve } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];
let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

for (const lane of lanes) {
  t.test(
    `${lane}: a call makes as many requests as it may, redirects included, and the next call as many again`,
    async (t) => {
      const port = await serve(t, (request, response) =>
        request.url === '/away' ? response.writeHead(302, { location: '/' }).end() : echo(request, response),
      );
      const name = await define(
        engine,
        lane,
        'const out = []; for (const path of event.paths) out.push(await failure(fetch(event.url + path).then((r) => r.status))); return out;',
        { ...LOCAL, maxRequests: 3 },
      );
      const ask = (paths: string[]) => engine.invoke(name, { url: `http://127.0.0.1:${port}`, paths });
      const refused = {
        code: 'NetworkLimitExceeded',
        message: /A call may make 3 requests, redirects included; raise network\.maxRequests if that is meant/,
      };
      for (let round = 0; round < 2; round++)
        t.match(await ask(['/', '/', '/', '/']), [{ none: 200 }, { none: 200 }, { none: 200 }, refused]);
      t.match(await ask(['/away', '/away']), [{ none: 200 }, refused]);
    },
  );

  t.test(`${lane}: calls that overlap without end have as many requests as each may make`, async (t) => {
    const port = await serve(t, echo);
    const name = await define(
      engine,
      lane,
      'const out = []; for (let at = 0; at < event.requests; at++) out.push(await failure(fetch(event.url).then((r) => r.status))); return out;',
      { ...LOCAL, maxRequests: 3 },
      { instanceConcurrency: 20 },
    );
    const ask = (requests: number) => engine.invoke(name, { url: `http://127.0.0.1:${port}/`, requests });
    // Three chains, so that there is always a call in progress.
    const chain = async (): Promise<void> => {
      for (let at = 0; at < 12; at++) t.match(await ask(3), [{ none: 200 }, { none: 200 }, { none: 200 }]);
    };
    await Promise.all([chain(), chain(), chain()]);
    const many = (await ask(20)) as { code?: string }[];
    t.equal(many.filter(({ code }) => code === 'NetworkLimitExceeded').length, 17, 'one call alone has its own');
    const two = (await Promise.all([ask(20), ask(20)])).flat() as { code?: string }[];
    t.ok(two.filter(({ code }) => code === undefined).length <= 6, 'two calls have those of two');
  });

  t.test(`${lane}: requests beyond maxConcurrent wait in line for a response, not for a body`, async (t) => {
    const waiting: ServerResponse[] = [];
    let most = 0;
    // Answers when as many wait as may, and has given one more the time to come.
    const port = await serve(t, (_request, response) => {
      most = Math.max(most, waiting.push(response));
      if (waiting.length !== 3) return;
      setTimeout(() => {
        // Large enough not to fit into the first chunk.
        for (const one of waiting.splice(0)) one.end('x'.repeat(300_000));
      }, 10);
    });
    const name = await define(
      engine,
      lane,
      'const all = await Promise.all(Array.from({ length: 12 }, () => fetch(event))); const sizes = []; for (const r of all) sizes.push((await r.text()).length); return sizes;',
      { ...LOCAL, maxConcurrent: 3 },
    );
    t.same(
      await engine.invoke(name, `http://127.0.0.1:${port}/`),
      Array.from({ length: 12 }, () => 300_000),
    );
    t.equal(most, 3);
  });

  t.test(`${lane}: a request body has its limit, sent whole or streamed`, async (t) => {
    const port = await serve(t, async (request, response) => void response.end(`${(await readAll(request)).length}`));
    const name = await define(
      engine,
      lane,
      `
      const piece = new Uint8Array(1000);
      const stream = new ReadableStream({ start(c) { for (let at = 0; at < event.size; at += 1000) c.enqueue(piece); c.close(); } });
      return failure(fetch(event.url, { method: 'POST', duplex: 'half', body: event.stream ? stream : new Uint8Array(event.size) }).then((r) => r.text()));`,
      { ...LOCAL, maxRequestBytes: 5_000 },
    );
    const ask = (size: number, stream: boolean) =>
      engine.invoke(name, { url: `http://127.0.0.1:${port}/`, size, stream });
    const refused = {
      code: 'NetworkLimitExceeded',
      message: /A request body has more than 5000 bytes; raise network\.maxRequestBytes if that is meant/,
    };
    for (const stream of [false, true]) {
      t.match(await ask(5_000, stream), { none: '5000' });
      t.match(await ask(6_000, stream), refused);
      t.match(await ask(5_000, stream), { none: '5000' }, 'nothing is held of what was refused');
    }
  });

  t.test(`${lane}: bodies an instance sends ahead are bounded together`, async (t) => {
    const raw = await define(
      engine,
      lane,
      'const out = []; for (const [op, ...args] of event) out.push((await failure(__isopod_host.call(op, ...args))).message ?? "fine"); return out;',
      { ...LOCAL, maxRequestBytes: 100, maxConcurrent: 2, maxRequests: 4 },
    );
    const hundred = 'x'.repeat(100);
    const ask = (...operations: unknown[][]) => engine.invoke(raw, operations);
    t.match(
      await ask(
        ['fetchSend', 1, hundred],
        ['fetchSend', 1, 'x'],
        ['fetchSend', 1, hundred],
        ['fetchSend', 2, hundred],
        ['fetchSend', 3, 'x'],
        ['fetchCancel', 2],
        ['fetchSend', 3, 'x'],
      ),
      ['fine', /more than 100 bytes/, 'fine', 'fine', /request bodies have more than 200 bytes in all/, 'fine', 'fine'],
    );
    t.match(
      await ask(['fetchSend', 1, hundred], ['fetchSend', 2, hundred]),
      ['fine', 'fine'],
      'those of an ended call are gone',
    );
    t.match(await ask(...[1, 2, 3, 4, 5].map((id) => ['fetchSend', id, ''])), [
      'fine',
      'fine',
      'fine',
      'fine',
      /More than 4 request bodies were begun; raise network\.maxRequests/,
    ]);
    t.match(await ask(['fetchSend', 1, 5]), [/must be text/]);
  });

  t.test(`${lane}: a response body has its limit, whole, endless or compressed`, async (t) => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const closed = new Map<string, Promise<unknown>>();
    const port = await serve(t, (request, response) => {
      closed.set(request.url as string, new Promise((resolve) => response.once('close', resolve)));
      if (request.url === '/bomb') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      if (request.url === '/fits') return void response.end('x'.repeat(1_000_000));
      const more = (): void =>
        void (response.destroyed || response.write('x'.repeat(100_000), () => setImmediate(more)));
      more();
    });
    const name = await define(
      engine,
      lane,
      'return failure(fetch(event).then((r) => r.text()).then((text) => text.length));',
      { ...LOCAL, maxResponseBytes: 1_000_000 },
    );
    t.match(await engine.invoke(name, `http://127.0.0.1:${port}/fits`), { none: 1_000_000 });
    for (const path of ['/bomb', '/endless']) {
      t.match(await engine.invoke(name, `http://127.0.0.1:${port}${path}`), {
        code: 'NetworkLimitExceeded',
        message:
          /The answer of http:\/\/127\.0\.0\.1:\d+ has more than 1000000 bytes; raise network\.maxResponseBytes if that is meant/,
      });
      await closed.get(path);
      t.pass(`${path}: the connection was closed`);
    }
  });

  t.test(`${lane}: a request has its time: to connect, to answer, to send its body, to come to its turn`, async (t) => {
    const closed: Promise<unknown>[] = [];
    const port = await serve(t, (request, response) => {
      closed.push(new Promise((resolve) => response.once('close', resolve)));
      if (request.url === '/drip') response.write('x');
    });
    const name = await define(
      engine,
      lane,
      'return Promise.all(event.map((url) => failure(fetch(url).then((r) => r.text()))));',
      { ...LOCAL, timeoutMs: 60, maxConcurrent: 2 },
    );
    const ask = (...paths: string[]) =>
      engine.invoke(
        name,
        paths.map((path) => `http://127.0.0.1:${port}${path}`),
      );
    const refused = {
      code: 'NetworkLimitExceeded',
      message:
        /The request to http:\/\/127\.0\.0\.1:\d+ took longer than 60 ms; raise network\.timeoutMs if that is meant/,
    };
    t.match(await ask('/silent'), [refused]);
    t.match(await ask('/drip'), [refused]);
    t.match(await ask('/silent', '/silent', '/silent'), [refused, refused, refused]);
    await Promise.all(closed);
    t.pass('every connection was closed');
  });

  t.test(`${lane}: chunks of a body do not use up the host calls of an instance`, async (t) => {
    const size = 20_000_000;
    const port = await serve(t, async (request, response) => void response.end(await readAll(request)));
    const name = await define(
      engine,
      lane,
      'const piece = new Uint8Array(5000); const stream = new ReadableStream({ pull(c) { if ((event.size -= 5000) < 0) c.close(); else c.enqueue(piece); } }); const r = await fetch(event.url, { method: "POST", body: stream, duplex: "half" }); let got = 0; for await (const chunk of r.body) got += chunk.length; return got;',
      { ...LOCAL, maxRequestBytes: size },
    );
    t.equal(await engine.invoke(name, { url: `http://127.0.0.1:${port}/`, size }), size);
  });
}
