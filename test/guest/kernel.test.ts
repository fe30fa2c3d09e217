import t from 'tap';
import { createEngine, type Engine, type InvokeStatus, type IsopodError, type LaneSetting } from '../../lib/index.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

let count = 0;
async function define(
  source: string,
  more: { lane?: LaneSetting; timeout?: number; handler?: string; environmentVariables?: Record<string, string> } = {},
): Promise<string> {
  const functionName = `k${count++}`;
  await engine.createFunction({ functionName, lane: 'direct', timeout: 60, code: { source }, ...more });
  return functionName;
}

/** Each is run while the module loads, and again inside the first call. */
const sabotage: Record<string, string> = {
  JSON: 'JSON.parse = JSON.stringify = () => { throw new Error("mine"); };',
  Promise:
    'Promise.prototype.then = Promise.resolve = () => { throw new Error("mine"); }; globalThis.Promise = class {};',
  'Array.prototype':
    'for (const key of ["push", "map", "slice", "join", Symbol.iterator]) Array.prototype[key] = () => { throw new Error("mine"); }; Object.defineProperty(Array.prototype, "0", { set() { throw new Error("mine"); }, configurable: true });',
  'Object.prototype':
    'Object.defineProperty(Object.prototype, "toJSON", { get() { throw new Error("mine"); } }); Object.prototype.then = undefined;',
  'String.prototype':
    'String.prototype.slice = String.prototype.indexOf = String.prototype.padStart = () => { throw new Error("mine"); };',
  'Map.prototype': 'Map.prototype.get = Map.prototype.set = Map.prototype.delete = () => { throw new Error("mine"); };',
  Error: 'globalThis.Error = undefined; TypeError.prototype.toString = null;',
  Reflect:
    'Reflect.apply = Reflect.construct = () => { throw new Error("mine"); }; Function.prototype.call = Function.prototype.apply = null;',
  Date: 'Date.now = () => { throw new Error("mine"); }; Date.prototype.toISOString = null;',
};

for (const [what, code] of Object.entries(sabotage)) {
  t.test(`a guest that rewrites ${what} harms the kernel neither while it loads nor later`, async (t) => {
    const handler = `
      const tick = () => new (async () => {})().constructor((resolve) => setTimeout(resolve, 1));
      export const handler = async (event, context) => {
        if (event.again) { ${code} }
        if (event.fail) throw { name: "Custom", message: "told" };
        if (event.log) context.logger.info("line");
        return "text " + event.n;
      };`;
    for (const early of [true, false]) {
      const name = await define(early ? `${code}\n${handler}` : handler);
      const status: InvokeStatus = {};
      t.equal(await engine.invoke(name, { n: 1, again: !early }), 'text 1');
      t.equal(await engine.invoke(name, { n: 2, log: true }, { status }), 'text 2');
      t.match(status.logs?.[0], /line$/);
      t.match(await engine.invoke(name, { fail: true }).catch((error: unknown) => error), {
        code: 'UnhandledInvocationError',
        errorType: 'Custom',
        message: 'told',
      });
    }
  });
}

t.test('the guest cannot reach the kernel, the door, or anything of the host', async (t) => {
  const name = await define(`
    export const handler = () => {
      const found = [];
      for (const key of Object.getOwnPropertyNames(globalThis)) if (/isopod|door|kernel|ivm/i.test(key)) found.push(key);
      let stack = ''; try { null.x; } catch (error) { stack = error.stack; }
      return { found, require: typeof globalThis.require, ivm: typeof globalThis.ivm, node: typeof process.binding, host: /file:|node:|\\/lib\\//.test(stack), wasm: typeof WebAssembly, sab: typeof SharedArrayBuffer, atomics: typeof Atomics };
    };`);
  t.same(await engine.invoke(name), {
    found: [],
    require: 'undefined',
    ivm: 'undefined',
    node: 'undefined',
    host: false,
    wasm: 'undefined',
    sab: 'undefined',
    atomics: 'undefined',
  });
});

t.test('what cannot cross is refused with a code', async (t) => {
  const name = await define(`
    const loop = {}; loop.loop = loop;
    export const handler = (which) => ({ loop, big: 1n, fn: () => 1, symbol: Symbol('x'), nested: { a: 1n } })[which];`);
  for (const which of ['loop', 'big', 'fn', 'symbol', 'nested']) {
    t.equal(await engine.invoke(name, which).catch((error: IsopodError) => error.code), 'ResultNotSerializable', which);
  }
  await using small = await createEngine({ workers: 1, maxPayloadBytes: 2_000 });
  for (const lane of ['direct', 'worker'] as const) {
    await small.createFunction({
      functionName: lane,
      lane,
      code: { source: 'export const handler = async (n) => "x".repeat(n);' },
    });
    t.equal(((await small.invoke(lane, 1_000)) as string).length, 1_000);
    t.equal(await small.invoke(lane, 5_000).catch((error: IsopodError) => error.code), 'ResultTooLarge');
    t.equal(await small.invoke(lane, 'y'.repeat(5_000)).catch((error: IsopodError) => error.code), 'PayloadTooLarge');
  }
});

t.test('a first text of a log line may have specifiers', async (t) => {
  const name = await define(`export const handler = (e, c) => {
    console.log('%s is %d years, %i%% of %f', 'Ada', 36.5, '12.7px', '3.5', { more: 1 });
    console.log('%j %o %O', { a: 1 }, [1], 'x', '%s');
    console.log('a %c b %x %', 'color: red');
    console.log('100%', 1);
    console.log('%s %s', 1n);
    console.log('%d %d', { valueOf() { throw new Error('mine'); } }, Symbol('x'));
    c.logger.warn('handled %d', 2);
    console.log({ a: 1 }, '%s', 'x');
  };`);
  const status: InvokeStatus = {};
  await engine.invoke(name, null, { status });
  t.same(
    status.logs?.map((line) => line.replace(/^.*?\] /, '')),
    [
      'Ada is 36.5 years, 12% of 3.5 {"more":1}',
      '{"a":1} [1] x %s',
      'a  b %x %',
      '100% 1',
      '1n %s',
      'NaN NaN',
      'handled 2',
      '{"a":1} %s x',
    ],
  );
});

t.test('timers fire in order, repeat, and can be cleared', async (t) => {
  const name = await define(`
    export const handler = () => new Promise((resolve) => {
      const seen = [];
      setTimeout(() => seen.push('b'), 10); setTimeout(() => seen.push('a'), 1);
      const gone = setTimeout(() => seen.push('never'), 5); clearTimeout(gone);
      let ticks = 0;
      const each = setInterval(() => { if (++ticks === 3) { clearInterval(each); seen.push('c'); resolve(seen); } }, 8);
      queueMicrotask(() => seen.push('first'));
    });`);
  t.same(await engine.invoke(name), ['first', 'a', 'b', 'c']);
});

t.test('the context names the request and the function, and the environment is there', async (t) => {
  const name = await define(
    'export const handler = (event, context) => [context.requestId, context.function, process.env.MODE];',
    {
      environmentVariables: { MODE: 'test' },
    },
  );
  const status: InvokeStatus = {};
  t.same(await engine.invoke(name, null, { status }), [
    status.requestId,
    { name, handler: 'index.handler', memory: 128, timeout: 60 },
    'test',
  ]);
});

t.test('a missing handler, and one under the default export', async (t) => {
  t.match(await engine.invoke(await define('export const other = 1;')).catch((error: unknown) => error), {
    code: 'HandlerNotFound',
    message: /does not export "handler"/,
  });
  t.equal(
    await engine.invoke(await define('export default { factor: 2, handler(e) { return e * this.factor; } };'), 4),
    8,
  );
});

t.test('a web-standard fetch handler gets a Request and its Response comes back in parts', async (t) => {
  const name = await define(
    `export default { async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname === '/bytes') return new Response(new Uint8Array([1, 2, 255]), { headers: { 'content-type': 'image/png' } });
    return Response.json({ method: request.method, query: url.searchParams.get('q'), body: request.method === 'POST' ? await request.text() : null, agent: request.headers.get('User-Agent'), env: env.MODE }, { status: 201, headers: { 'x-a': 'b' } });
  } };`,
    { environmentVariables: { MODE: 'web' } },
  );
  t.match(await engine.invoke(name, { method: 'POST', url: '/p?q=1', headers: { 'user-agent': 'tap' }, body: 'hi' }), {
    statusCode: 201,
    headers: { 'content-type': 'application/json', 'x-a': 'b' },
    body: JSON.stringify({ method: 'POST', query: '1', body: 'hi', agent: 'tap', env: 'web' }),
    isBase64Encoded: false,
  });
  t.match(await engine.invoke(name, { url: '/bytes' }), { statusCode: 200, body: 'AQL/', isBase64Encoded: true });
  t.match(await engine.invoke(name), { statusCode: 201, body: /"method":"GET"/ });
  for (const event of ['text', 5, new Uint8Array(2)]) {
    t.match(await engine.invoke(name, event).catch((error: unknown) => error), {
      errorType: 'TypeError',
      message: /takes an event/,
    });
  }
  const named = await define('export default { fetch: () => new Response(new Uint8Array([0, 255, 128])) };', {
    handler: 'index.fetch',
  });
  t.match(await engine.invoke(named), { statusCode: 200, body: 'AP+A', isBase64Encoded: true }, 'no UTF-8, so no text');
  const none = await define('export default { fetch: () => ({ status: new Response().status }) };');
  t.match(await engine.invoke(none).catch((error: unknown) => error), {
    message: 'The fetch handler did not return a Response',
  });
});

t.test('host calls that pile up beyond the limit fail with a code, and the instance goes on', async (t) => {
  const functionName = 'piling';
  let asked = 0;
  await engine.createFunction({
    functionName,
    lane: 'direct',
    timeout: 60,
    code: {
      source:
        'export const handler = (n, c) => Promise.all(Array.from({ length: n }, () => c.bindings.host.ask())).then((all) => all.length);',
    },
    bindings: { host: { ask: () => ++asked } },
  });
  t.equal(await engine.invoke(functionName, 1_000), 1_000);
  t.match(await engine.invoke(functionName, 1_001).catch((error: unknown) => error), {
    code: 'HostCallLimitExceeded',
    message: /at most 1000 host calls/,
  });
  // The answers of the failed call go in with the next turn.
  while (asked < 2_000) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(await engine.invoke(functionName, 2), 2);
});
