/** Bodies as streams: read when the guest reads, and ended with whatever wanted them. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { createEngine, type LaneSetting } from '../../lib/index.ts';
import { define, echo, LOCAL, serve } from './servers.ts';

const lanes: LaneSetting[] = ['direct', 'worker'];

/** A response that the test writes, and the promise of its end. */
interface Held {
  readonly response: ServerResponse;
  readonly closed: Promise<unknown>;
}

/** A server that hands its responses out: `hold` gives a new address, and the response to the first request that comes there. */
async function holding(t: { teardown(end: () => unknown): void }) {
  const waiting: ((held: Held) => void)[] = [];
  const port = await serve(t, ({ url }, response) =>
    waiting[Number(url?.slice(1))]?.({ response, closed: once(response, 'close') }),
  );
  const hold = (): { url: string; held: Promise<Held> } => {
    const { promise: held, resolve } = Promise.withResolvers<Held>();
    return { url: `http://127.0.0.1:${port}/${waiting.push(resolve) - 1}`, held };
  };
  return hold;
}

for (const lane of lanes) {
  t.test(`${lane}: a response is there before its body, and the body as it comes`, async (t) => {
    const told: string[] = [];
    let heard: () => void = () => undefined;
    await using engine = await createEngine({ workers: 1 });
    const tell = (line: string): void => {
      told.push(line);
      heard();
    };
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event); await context.bindings.test.tell("status " + r.status); const text = new TextDecoder(); for await (const chunk of r.body) await context.bindings.test.tell(text.decode(chunk)); return "end";',
      LOCAL,
      { bindings: { test: { tell } } },
    );
    const { url, held } = (await holding(t))();
    const result = engine.invoke(name, url);
    const { response } = await held;
    const hear = (): Promise<void> => new Promise((resolve) => (heard = resolve));
    let hearing = hear();
    response.flushHeaders();
    await hearing;
    for (const line of ['one', 'two', 'three']) {
      hearing = hear();
      response.write(line);
      await hearing;
    }
    response.end();
    t.equal(await result, 'end');
    t.same(told, ['status 200', 'one', 'two', 'three']);
  });

  t.test(`${lane}: a body nobody reads is not read ahead`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    let go: () => void = () => undefined;
    const name = await define(
      engine,
      lane,
      'const r = await fetch(event); await context.bindings.test.wait(); let size = 0; for await (const chunk of r.body) size += chunk.length; return size;',
      { ...LOCAL, maxResponseBytes: 1e9 },
      { bindings: { test: { wait: () => new Promise<void>((resolve) => (go = resolve)) } } },
    );
    const { url, held } = (await holding(t))();
    const result = engine.invoke(name, url);
    const { response } = await held;
    const chunk = Buffer.alloc(1_000_000);
    let written = 0;
    // Full: what the two ends of the socket hold, and the one portion both sides read ahead.
    while (written < 200) {
      written++;
      if (
        !response.write(chunk) &&
        !(await Promise.race([
          once(response, 'drain').then(() => true),
          new Promise((resolve) => setTimeout(resolve, 300, false)),
        ]))
      )
        break;
    }
    t.ok(written < 50, `${written} MB were taken`);
    go();
    response.end();
    t.equal(await result, written * chunk.length);
  });

  t.test(`${lane}: what the guest gives up is given up at the server`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const hold = await holding(t);
    const ways: Record<string, string> = {
      'before the response':
        'const c = new AbortController(); setTimeout(() => c.abort(), 100); return failure(fetch(event, { signal: c.signal }));',
      'in the body, by its signal':
        'const c = new AbortController(); const r = await fetch(event, { signal: c.signal }); setTimeout(() => c.abort(), 20); return failure(r.text());',
      'by cancelling the body':
        'const r = await fetch(event); await r.body.cancel(); await new Promise((end) => setTimeout(end, 20)); return failure(Promise.reject(new DOMException("x", "AbortError")));',
      'by leaving the loop':
        'const r = await fetch(event); for await (const chunk of r.body) break; return failure(Promise.reject(new DOMException("x", "AbortError")));',
      'by a time limit': 'return failure(fetch(event, { signal: AbortSignal.timeout(100) }).then((r) => r.text()));',
    };
    for (const [way, body] of Object.entries(ways)) {
      const name = await define(engine, lane, body, LOCAL);
      const { url, held } = hold();
      const result = engine.invoke(name, url);
      // A short time limit may be over before the request has left.
      const reached = await Promise.race([held, result.then(() => undefined)]);
      if (reached === undefined) {
        t.match(way, /before|limit/);
        continue;
      }
      const { response, closed } = reached;
      if (way !== 'before the response') response.write('x'.repeat(200_000));
      t.match(await result, { name: way === 'by a time limit' ? 'TimeoutError' : 'AbortError' }, way);
      await closed;
    }
  });

  t.test(`${lane}: an abort while the body is being sent ahead keeps the request from leaving`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    let requests = 0;
    const port = await serve(t, (request, response) => {
      requests++;
      echo(request, response);
    });
    const name = await define(
      engine,
      lane,
      'const c = new AbortController(); let cancelled = false; const body = new ReadableStream({ start(s) { s.enqueue(new Uint8Array(5)); setTimeout(() => c.abort(), 5); }, cancel() { cancelled = true; } }); const r = await failure(fetch(event, { method: "POST", body, duplex: "half", signal: c.signal })); await new Promise((end) => setTimeout(end, 20)); return [r.name, cancelled];',
      LOCAL,
    );
    t.same(await engine.invoke(name, `http://127.0.0.1:${port}/`), ['AbortError', true]);
    t.equal(requests, 0);
    const failing = await define(
      engine,
      lane,
      'const body = new ReadableStream({ pull(s) { s.error(new RangeError("source")); } }); return failure(fetch(event, { method: "POST", body, duplex: "half" }));',
      LOCAL,
    );
    t.match(await engine.invoke(failing, `http://127.0.0.1:${port}/`), { message: /source/ });
    t.equal(requests, 0);
  });

  t.test(`${lane}: what a call leaves under way ends with the call`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const hold = await holding(t);
    const ways: Record<string, string> = {
      'a body that is not read': 'globalThis.kept = await fetch(event); return 1;',
      'a request nobody awaits': 'void fetch(event).catch(() => 0); await context.bindings.test.arrived(); return 1;',
    };
    for (const [way, body] of Object.entries(ways)) {
      const { url, held } = hold();
      const arrived = (): Promise<void> => held.then(() => undefined);
      const name = await define(engine, lane, body, LOCAL, { bindings: { test: { arrived } } });
      const result = engine.invoke(name, url);
      const { response, closed } = await held;
      if (way.startsWith('a body')) response.write('x'.repeat(200_000));
      t.equal(await result, 1, way);
      await closed;
    }
    const late = await define(
      engine,
      lane,
      'if (event === undefined || event === null) return failure(globalThis.kept.text()); globalThis.kept = await fetch(event); return 1;',
      LOCAL,
    );
    const { url, held } = hold();
    const result = engine.invoke(late, url);
    (await held).response.write('x'.repeat(200_000));
    await result;
    t.match(
      await engine.invoke(late),
      { code: 'NetworkFailed', message: /its call or the time of the request is over/ },
      'the next call is told so',
    );
  });

  t.test(`${lane}: where calls share an instance, requests end with the last of them`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    const hold = await holding(t);
    const name = await define(
      engine,
      lane,
      'if (event.wait) return failure(fetch(event.url).then((r) => r.text())); globalThis.kept = await fetch(event.url); return 1;',
      LOCAL,
      { instanceConcurrency: 2, maxInstances: 1 },
    );
    const first = hold();
    const waiting = engine.invoke(name, { url: first.url, wait: true });
    const { response, closed } = await first.held;
    const second = hold();
    const leaving = engine.invoke(name, { url: second.url });
    const left = await second.held;
    left.response.write('x'.repeat(200_000));
    t.equal(await leaving, 1);
    response.end('done');
    t.match(await waiting, { none: 'done' }, 'the end of another call ended nothing of this one');
    await Promise.all([closed, left.closed]);
  });

  t.test(`${lane}: the end of an instance ends all its requests`, async (t) => {
    const hold = await holding(t);
    const engine = await createEngine({ workers: 1 });
    t.teardown(() => engine.close());
    const body = 'await fetch(event).then((r) => r.text());';
    /** On a busy machine a short deadline may be over before the request has come: so it is called until one has. */
    const endsByTimeout = async (name: string, text: string): Promise<void> => {
      const { url, held } = hold();
      let hasCome = false;
      const answered = held.then(({ response }) => {
        hasCome = true;
        response.write(text);
      });
      while (!hasCome) await t.rejects(engine.invoke(name, url), { code: 'FunctionTimeout' });
      await answered;
      await (await held).closed;
    };
    // By its timeout.
    await endsByTimeout(await define(engine, lane, body, LOCAL, { timeout: 0.3 }), 'x');
    // By its own doing.
    const lost = await define(
      engine,
      lane,
      `const r = await fetch(event); await r.body.getReader().read(); for (;;);`,
      LOCAL,
      { timeout: 0.3 },
    );
    await endsByTimeout(lost, 'x'.repeat(200_000));
    // With its engine, while the body streams.
    const name = await define(engine, lane, body, LOCAL);
    const { url, held } = hold();
    const result = engine.invoke(name, url);
    const { response, closed } = await held;
    response.write('x');
    const failing = t.rejects(result, { code: 'EngineClosed' });
    await engine.close({ timeoutMs: 10 });
    await Promise.all([failing, closed]);
  });

  t.test(`${lane}: initializer and preStop may fetch too`, async (t) => {
    const asked: string[] = [];
    const port = await serve(t, (request, response) => {
      asked.push(request.url as string);
      response.end(request.url);
    });
    const engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'hooks',
      timeout: 60,
      lane,
      network: LOCAL,
      environmentVariables: { BASE: `http://127.0.0.1:${port}` },
      instanceLifecycleConfig: { initializer: { handler: 'index.init' }, preStop: { handler: 'index.stop' } },
      code: {
        source:
          'let got; const get = async (path) => (await fetch(process.env.BASE + path)).text(); export const init = async () => { got = await get("/init"); }; export const stop = () => get("/stop"); export const handler = () => got;',
      },
    });
    t.equal(await engine.invoke('hooks'), '/init');
    await engine.close();
    t.same(asked, ['/init', '/stop']);
  });
}

t.test('a process that has closed its engine ends, whatever was under way', async (t) => {
  const hold = await holding(t);
  const { spawn } = await import('node:child_process');
  const each = lanes.map((lane) => ({ lane, ...hold() }));
  const script = `
    import { createEngine } from ${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)};
    const engine = await createEngine({ workers: 1 });
    for (const [lane, url] of ${JSON.stringify(each.map(({ lane, url }) => [lane, url]))}) {
      await engine.createFunction({ functionName: lane, lane, timeout: 600, code: { source: 'export const handler = async (url) => { const r = await fetch(url); await r.text(); }' }, network: { allow: ['127.0.0.1:*'], allowPrivate: true } });
      engine.invoke(lane, url).catch(() => undefined);
    }
    process.stdin.once('data', async () => { await engine.close({ timeoutMs: 1 }); process.stdin.destroy(); console.log('closed'); });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  });
  for (const { held } of each) (await held).response.write('x'.repeat(200_000));
  child.stdin.write('go\n');
  const [code] = (await once(child, 'exit')) as [number];
  t.equal(code, 0);
});
