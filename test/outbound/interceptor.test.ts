import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import t from 'tap';
import {
  createEngine,
  type InvokeStatus,
  IsopodError,
  type LaneSetting,
  type OutboundInterceptor,
  type OutboundRequest,
  type OutboundResponse,
} from '../../lib/index.ts';
import { define, echo, LOCAL, serve } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];
const FETCH =
  'return failure(fetch(event.url, event.init).then(async (r) => ({ status: r.status, header: r.headers.get("x-answer"), body: await r.text() })));';

async function intercepting(intercept: OutboundInterceptor) {
  const engine = await createEngine({ workers: 1, outbound: { intercept, lookup: async () => ['127.0.0.1'] } });
  return { engine, [Symbol.asyncDispose]: () => engine.close() };
}

for (const lane of lanes) {
  t.test(`${lane}: an interceptor sees every hop of what is allowed, secrets unfilled`, async (t) => {
    const seen: OutboundRequest[] = [];
    await using network = await intercepting((request, next) => {
      seen.push(request);
      return next();
    });
    const port = await serve(t, (request, response) =>
      request.url === '/a' ? response.writeHead(307, { location: '/b' }).end() : echo(request, response),
    );
    const name = await define(network.engine, lane, `event.init.headers = { key: process.env.KEY }; ${FETCH}`, {
      ...LOCAL,
      secrets: { KEY: { value: 'hush', hosts: ['127.0.0.1'] } },
    });
    const status: InvokeStatus = {};
    const url = `http://127.0.0.1:${port}/a`;
    const { none } = (await network.engine.invoke(
      name,
      { url, init: { method: 'POST', body: 'abc' } },
      { status },
    )) as { none: { body: string } };
    t.match(JSON.parse(none.body), { url: '/b', body: 'abc', headers: { key: 'hush' } });
    t.match(seen, [
      { functionName: name, requestId: status.requestId as string, method: 'POST', url },
      { url: `http://127.0.0.1:${port}/b` },
    ]);
    t.equal(Buffer.from(seen[0]?.body as Uint8Array).toString(), 'abc');
    t.match(seen[0]?.headers.find(([header]) => header === 'key')?.[1], /^isopod-secret:KEY:/);
    await network.engine.invoke(name, { url: 'http://10.0.0.1/', init: {} });
    t.equal(seen.length, 2, 'what is refused does not come by');
    const shared = await define(network.engine, lane, FETCH, LOCAL, { instanceConcurrency: 5 });
    await network.engine.invoke(shared, { url });
    t.equal(seen.at(-1)?.requestId, undefined, 'of calls that share an instance nobody knows whose a request is');
  });

  t.test(`${lane}: an interceptor may answer, change, refuse or fail`, async (t) => {
    let act: OutboundInterceptor = (_request, next) => next();
    await using network = await intercepting((request, next) => act(request, next));
    const port = await serve(t, echo);
    const name = await define(network.engine, lane, FETCH, {
      ...LOCAL,
      allow: [...LOCAL.allow, 'kv.internal'],
      maxResponseBytes: 1_000,
    });
    const ask = (url = `http://127.0.0.1:${port}/`) => network.engine.invoke(name, { url });
    const answers: [OutboundResponse, object][] = [
      [
        { status: 200, headers: [['X-Answer', 'yes']], body: 'text' },
        { status: 200, header: 'yes', body: 'text' },
      ],
      [
        { status: 418, body: new Uint8Array([104, 105]) },
        { status: 418, body: 'hi' },
      ],
      [{ status: 200, body: new Blob(['from a ', 'stream']).stream() }, { body: 'from a stream' }],
      [{ status: 200 }, { body: '' }],
      [
        { status: 204, body: 'dropped' },
        { status: 204, body: '' },
      ],
    ];
    for (const [answer, seen] of answers) {
      act = () => answer;
      t.match(await ask('http://kv.internal/key'), { none: seen });
    }
    act = (request, next) =>
      next({
        ...request,
        url: `${request.url}changed`,
        headers: [...request.headers, ['x-added', '1'], ['connection', 'x']],
      });
    const { none } = (await ask()) as { none: { body: string } };
    t.match(JSON.parse(none.body), { url: '/changed', headers: { 'x-added': '1', connection: 'keep-alive' } });
    act = async (request, next) => ({
      ...(await next(request)),
      status: 201,
      body: (async function* () {
        yield 'new';
      })(),
    });
    t.match(await ask(), { none: { status: 201, body: 'new' } });
    act = () => {
      throw new IsopodError('NetworkDenied', 'not today');
    };
    t.match(await ask(), { code: 'NetworkDenied', message: /fetch failed: not today/ });
    const failures: [unknown, RegExp][] = [
      [
        () => {
          throw new Error('broken');
        },
        /The interceptor failed: broken/,
      ],
      [() => Promise.reject('odd'), /The interceptor failed: odd/],
      [() => undefined, /The interceptor failed/],
      [() => ({ status: 99 }), /it gave the status 99/],
      [() => ({ status: 200, headers: [['a\n', 'b']] }), /The answer cannot be used/],
      [() => ({ status: 200, headers: 5 }), /The answer cannot be used/],
      [() => ({ status: 200, body: 5 }), /body/],
      [() => ({ status: 200, body: [5][Symbol.iterator]() }), /body/],
      [
        (request: OutboundRequest, next: (changed: object) => unknown) => next({ ...request, url: 'nonsense' }),
        /The interceptor failed/,
      ],
    ];
    for (const [fails, message] of failures) {
      act = fails as OutboundInterceptor;
      t.match(await ask(), { code: 'NetworkFailed', message }, String(fails));
    }
    act = (request, next) => next({ ...request, url: 'http://169.254.169.254/' });
    t.match(await ask(), { code: 'NetworkDenied' }, 'a change is checked too');
    act = () => ({ status: 200, body: 'x'.repeat(1_001) });
    t.match(await ask(), { code: 'NetworkLimitExceeded', message: /more than 1000 bytes/ });
  });

  t.test(`${lane}: an interceptor that never answers holds nothing up, and hears of the end`, async (t) => {
    const heard: Promise<unknown>[] = [];
    await using network = await intercepting(({ signal }) => {
      heard.push(once(signal, 'abort'));
      return new Promise<never>(() => undefined);
    });
    const timed = await define(network.engine, lane, FETCH, { ...LOCAL, timeoutMs: 30 });
    // On a busy machine the time may be over before the interceptor is asked.
    while (heard.length === 0) {
      t.match(await network.engine.invoke(timed, { url: 'http://127.0.0.1:1/' }), {
        code: 'NetworkLimitExceeded',
        message: /timeoutMs/,
      });
    }
    await Promise.all(heard.splice(0));
    const asked = async (): Promise<void> => {
      while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const left = await define(
      network.engine,
      lane,
      'void fetch("http://127.0.0.1:1/").catch(() => 0); await context.bindings.test.asked();',
      LOCAL,
      { bindings: { test: { asked } } },
    );
    await network.engine.invoke(left);
    await Promise.all(heard);
    t.equal(heard.length, 1);
  });

  t.test(`${lane}: answers an interceptor, or a redirect, leaves unread are let go of`, async (t) => {
    const closed: Promise<unknown>[] = [];
    const port = await serve(t, (request, response) => {
      if (request.url === '/end') return void response.end('good');
      closed.push(once(response, 'close'));
      response.writeHead(request.url === '/moved' ? 302 : 503, { location: '/end' });
      // Never ends by itself.
      response.write('x'.repeat(request.url === '/moved' ? 10 : 500_000));
    });
    let late: () => Promise<unknown> = () => Promise.resolve();
    await using network = await intercepting(async (request, next) => {
      if (request.url.endsWith('/retry')) await next();
      late = next;
      return next({ ...request, url: request.url.replace('/retry', '/end') });
    });
    const name = await define(network.engine, lane, FETCH, LOCAL);
    for (const path of ['/retry', '/moved']) {
      t.match(await network.engine.invoke(name, { url: `http://127.0.0.1:${port}${path}` }), {
        none: { body: 'good' },
      });
      await closed.pop();
      await t.rejects(late(), { code: 'NetworkFailed', message: /is over/ }, 'and no more can be sent');
    }
  });

  t.test(`${lane}: a stream of the interceptor's is ended when the guest wants no more of it`, async (t) => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    await using network = await intercepting(() => ({
      status: 200,
      body: (async function* () {
        try {
          for (;;) yield 'x'.repeat(100_000);
        } finally {
          ended();
        }
      })(),
    }));
    const name = await define(network.engine, lane, 'globalThis.kept = await fetch("http://127.0.0.1:1/");', LOCAL);
    await network.engine.invoke(name);
    await end;
    t.pass('its finally block has run');
  });
}

t.test('the network costs nothing until the first request', async (t) => {
  const port = await serve(t, echo);
  const script = `
    import { createRequire } from 'node:module';
    import { createEngine } from ${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)};
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('undici'));
    const engine = await createEngine({ workers: 0 });
    await engine.createFunction({ functionName: 'f', timeout: 60, code: { source: 'export const handler = async (url) => url && (await fetch(url)).status;' }, network: { allow: ['127.0.0.1:*'], allowPrivate: true } });
    await engine.invoke('f');
    const before = loaded();
    const status = await engine.invoke('f', 'http://127.0.0.1:${port}/');
    console.log(JSON.stringify([before, status, loaded()]));
    await engine.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: process.env.PATH } });
  t.same(JSON.parse(await text(child.stdout)), [false, 200, true]);
});
