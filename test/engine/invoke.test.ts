import t from 'tap';
import { createEngine, type Engine, type InvokeStatus, IsopodError } from '../../lib/index.ts';
import { at, inTime, PLACES, type Place } from './places.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 2 });
});
t.after(() => engine.close());

let count = 0;
/** Declares a function on a lane and gives its name. */
async function define(place: Place, source: string, more: object = {}): Promise<string> {
  const functionName = `f${count++}_${place}`;
  await engine.createFunction({ functionName, ...at(place), code: { source }, ...more });
  return functionName;
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: IsopodError) => error.code,
  );

for (const place of PLACES) {
  t.test(`${place}: a synchronous, an asynchronous and a callback handler give their value`, async (t) => {
    const sync = await define(place, 'export const handler = (event) => ({ got: event });');
    t.same(await engine.invoke(sync, { a: [1, null, 'x'] }), { got: { a: [1, null, 'x'] } });
    const late = await define(
      place,
      'export const handler = async (e) => { await new Promise((r) => setTimeout(r, 5)); return e + 1; };',
    );
    t.equal(await engine.invoke(late, 1), 2);
    const callback = await define(
      place,
      'exports.handler = (event, context, done) => { setTimeout(() => done(null, event), 1); };',
    );
    t.equal(await engine.invoke(callback, 'x'), 'x');
    const nothing = await define(place, 'export const handler = () => undefined;');
    t.equal(await engine.invoke(nothing), undefined);
    const nul = await define(place, 'export const handler = (event) => event;');
    t.equal(await engine.invoke(nul), null, 'no event is null inside');
  });

  t.test(`${place}: binary events and results stay bytes`, async (t) => {
    const name = await define(
      place,
      'export const handler = (e) => e instanceof Uint8Array ? e.map((b) => 255 - b) : new Uint8Array(2);',
    );
    t.same(await engine.invoke(name, new Uint8Array([0, 1, 128, 255])), new Uint8Array([255, 254, 127, 0]));
    t.same(await engine.invoke(name, 'json'), new Uint8Array(2));
    const all = Uint8Array.from({ length: 70_000 }, (_, at) => at & 255);
    const same = await define(place, 'export const handler = async (e) => e;');
    t.same(await engine.invoke(same, all), all);
    const view = await define(place, 'export const handler = () => new Uint8Array([9, 8, 7, 6]).subarray(1, 3);');
    t.same(await engine.invoke(view), new Uint8Array([8, 7]));
  });

  t.test(`${place}: a call with bytes may come to anything, however often it is made`, async (t) => {
    const name = await define(
      place,
      `const awaits = (ms) => new Promise((done) => setTimeout(done, ms));
       const ways = [(e) => [...e], () => undefined, () => 'text', () => { throw new RangeError('bad'); }, async (e) => e.length,
         async () => { await awaits(1); return 'late'; }, (e) => { console.log('told'); return e; }, () => 'x'.repeat(2000), () => 1n];
       export const handler = (e) => ways[e[0]](e);`,
    );
    for (let round = 0; round < 3; round++) {
      const call = (way: number): Promise<unknown> => engine.invoke(name, new Uint8Array([way, 255]));
      t.same(await call(0), [0, 255]);
      t.equal(await call(1), undefined);
      t.equal(await call(2), 'text');
      await t.rejects(call(3), { code: 'UnhandledInvocationError', errorType: 'RangeError', message: 'bad' });
      t.equal(await call(4), 2);
      t.equal(await call(5), 'late');
      t.same(await call(6), new Uint8Array([6, 255]));
      t.equal(await call(7), 'x'.repeat(2000));
      t.equal(await codeOf(call(8)), 'ResultNotSerializable');
      t.same(await engine.invoke(name, [2]), 'text', 'an event that is no bytes, on the same instance');
    }
    if (place !== 'direct') return;
    t.same(engine.invokeSync(name, new Uint8Array([0])), [0]);
    t.throws(() => engine.invokeSync(name, new Uint8Array([5])), { code: 'NotSynchronous' });
  });

  t.test(`${place}: a thrown error tells its code, type, message and the place in the source`, async (t) => {
    const name = await define(
      place,
      'class Declined extends Error { name = "Declined"; }\n\nexport const handler = (e) => {\n  throw new Declined("no " + e);\n};',
    );
    const error = await engine.invoke(name, 'money').catch((thrown: unknown) => thrown);
    t.ok(error instanceof IsopodError);
    t.match(error, {
      code: 'UnhandledInvocationError',
      kind: 'function',
      errorType: 'Declined',
      message: 'no money',
      requestId: /^[\da-f-]{36}$/,
    });
    t.match((error as IsopodError).stackTrace?.[1], /index\.ts:4:\d+/);
    t.notMatch((error as IsopodError).stackTrace?.join('\n'), /kernel|file:/, 'nothing of the kernel or the host');
    const handled = await define(place, 'exports.handler = (e, c, done) => done(new RangeError("told"));');
    t.match(await engine.invoke(handled).catch((thrown: unknown) => thrown), {
      code: 'HandledInvocationError',
      errorType: 'RangeError',
    });
    const odd = await define(
      place,
      'export const handler = (e) => { if (e === 1) throw "text"; if (e === 2) throw null; if (e === 3) throw { code: 7 }; throw { get message() { throw 1; } }; };',
    );
    for (const which of [1, 2, 3, 4]) t.equal(await codeOf(engine.invoke(odd, which)), 'UnhandledInvocationError');
  });

  t.test(
    `${place}: a deadline ends loops, microtask floods and awaits that never settle, and the next call works`,
    async (t) => {
      const source = `export const handler = (e) => {
      if (e === 'loop') for (;;);
      if (e === 'filled') for (const kept = [];;) { kept.push(new Array(1000).fill(e)); if (kept.length > 100) kept.length = 0; }
      if (e === 'micro') { const again = () => Promise.resolve().then(again); again(); return 1; }
      if (e === 'wait') return new Promise(() => {});
      if (e === 'finally') { try { for (;;); } finally { for (;;); } }
      if (e === 'json') return { toJSON() { for (;;); } };
      if (e === 'getter') throw { get message() { for (;;); } };
      if (e === 'then') return { get then() { for (;;); } };
      return e;
    };`;
      const name = await define(place, source, { timeout: 0.5 });
      t.equal(await inTime(() => engine.invoke(name, 'ok')), 'ok');
      for (const way of ['loop', 'filled', 'micro', 'wait', 'finally', 'json', 'getter', 'then']) {
        t.equal(await codeOf(engine.invoke(name, way)), 'FunctionTimeout', way);
        t.equal(await inTime(() => engine.invoke(name, 'ok')), 'ok', `after ${way}`);
      }
    },
  );

  t.test(`${place}: a guest that needs more memory than it may have ends, its neighbours do not`, async (t) => {
    const hungry = await define(
      place,
      'export const handler = (e) => { if (!e) return 1; const all = []; for (;;) all.push("x".repeat(1000) + all.length); };',
      { memorySize: 16 },
    );
    const neighbour = await define(place, 'let calls = 0; export const handler = () => ++calls;');
    await engine.invoke(neighbour);
    t.equal(await codeOf(engine.invoke(hungry, true)), 'FunctionOutOfMemory');
    t.equal(await engine.invoke(hungry), 1);
    t.equal(await engine.invoke(neighbour), 2);
  });

  t.test(`${place}: a rejection nobody handles is logged, and costs neither the call nor the instance`, async (t) => {
    const name = await define(
      place,
      'let calls = 0; export const handler = (e) => { calls++; if (e) Promise.reject(new Error("stray")); return calls; };',
    );
    t.equal(await engine.invoke(name), 1);
    const status: InvokeStatus = {};
    t.equal(await engine.invoke(name, true, { status }), 2);
    t.match(status.logs?.join(), /\[ERROR\] Unhandled promise rejection: Error: stray/);
    t.equal(await engine.invoke(name, true), 3, 'also where nobody asks for logs');
    t.equal(await engine.invoke(name), 4);
  });

  t.test(`${place}: a function can listen for rejections nobody handles`, async (t) => {
    const name = await define(
      place,
      'const heard = []; addEventListener("unhandledrejection", (event) => { heard.push(event.reason.message); event.preventDefault(); }); export const handler = async (e) => { if (e) Promise.reject(new TypeError("stray")); await new Promise((r) => setTimeout(r, 1)); return heard; };',
    );
    const status: InvokeStatus = {};
    t.match(await engine.invoke(name, true, { status }), [/TypeError: stray/]);
    t.same(status.logs, [], 'it was taken care of');
  });

  t.test(
    `${place}: a listener for such rejections that never ends is over at the deadline, as the function's fault`,
    async (t) => {
      const name = await define(
        place,
        'addEventListener("unhandledrejection", () => { for (;;); }); export const handler = () => { Promise.reject(new Error("heard")); return 1; };',
        { timeout: 0.3 },
      );
      t.equal(await codeOf(engine.invoke(name)), 'FunctionTimeout');
    },
  );

  t.test(
    `${place}: the initializer runs once per instance before its first call, and again after it failed`,
    async (t) => {
      const name = await define(
        place,
        'let ready = 0; export const init = async (c) => { await new Promise((r) => setTimeout(r, 2)); ready++; c.logger.info("made"); }; export const handler = () => ready;',
        { instanceLifecycleConfig: { initializer: { handler: 'index.init' } } },
      );
      const status: InvokeStatus = {};
      t.equal(await engine.invoke(name, null, { status }), 1);
      t.ok((status.stages?.initializerMs ?? 0) > 0);
      t.equal(await engine.invoke(name), 1);
      const broken = await define(
        place,
        'export const init = () => { throw new TypeError("not yet"); }; export const handler = () => 1;',
        {
          instanceLifecycleConfig: { initializer: { handler: 'index.init' } },
        },
      );
      for (let time = 0; time < 2; time++) {
        t.match(await engine.invoke(broken).catch((error: unknown) => error), {
          code: 'InitializerFailed',
          errorType: 'TypeError',
          message: 'not yet',
        });
      }
    },
  );

  t.test(`${place}: logs of console and context.logger come with the call that asked for them, bounded`, async (t) => {
    const name = await define(
      place,
      'export const handler = (e, c) => { console.log("a", { b: 1 }); c.logger.warn("w"); if (e) for (let i = 0; i < 5000; i++) console.log("x".repeat(100)); };',
    );
    const status: InvokeStatus = {};
    await engine.invoke(name, null, { status });
    t.equal(status.logs?.length, 2);
    t.match(status.logs?.[0], new RegExp(`^\\d{4}-.*Z ${status.requestId} \\[INFO\\] a {"b":1}$`));
    t.match(status.logs?.[1], /\[WARN\] w$/);
    const flooded: InvokeStatus = {};
    await engine.invoke(name, true, { status: flooded });
    t.ok((flooded.logs?.join('').length ?? 0) < 80_000);
    t.match(flooded.logs?.at(-1), /log lines over the limit were left out/);
  });

  t.test(`${place}: granted host functions can be called, others do not exist`, async (t) => {
    const bindings = {
      db: {
        get: async (key: string) => ({ key }),
        fail: () => {
          throw new RangeError('no row');
        },
      },
    };
    const name = await define(
      place,
      'export const handler = async (e, c) => { if (e === "fail") return c.bindings.db.fail(); return [await c.bindings.db.get("k"), Object.keys(c.bindings.db), typeof c.bindings.fs]; };',
      { bindings },
    );
    t.same(await engine.invoke(name), [{ key: 'k' }, ['get', 'fail'], 'undefined']);
    t.match(await engine.invoke(name, 'fail').catch((error: unknown) => error), {
      errorType: 'RangeError',
      message: 'no row',
    });
  });

  t.test(`${place}: an abort signal and a shorter timeout give a call up`, async (t) => {
    const name = await define(place, 'export const handler = (e) => e ? new Promise(() => {}) : 1;');
    await engine.invoke(name);
    const abort = new AbortController();
    const call = engine.invoke(name, true, { signal: abort.signal });
    setImmediate(() => abort.abort());
    t.equal(await codeOf(call), 'InvocationAborted');
    t.equal(await codeOf(engine.invoke(name, true, { timeout: 0.05 })), 'FunctionTimeout');
    t.equal(await codeOf(engine.invoke(name, true, { signal: AbortSignal.abort() })), 'InvocationAborted');
    t.equal(await engine.invoke(name), 1);
  });

  t.test(`${place}: one instance takes one call at a time, or as many as instanceConcurrency says`, async (t) => {
    const source =
      'let now = 0, most = 0; export const handler = async () => { most = Math.max(most, ++now); await new Promise((r) => setTimeout(r, 10)); now--; return most; };';
    const alone = await define(place, source, { maxInstances: 1 });
    t.same(await Promise.all([1, 2, 3].map(() => engine.invoke(alone))), [1, 1, 1]);
    // The first three let go when all of them are there.
    const { promise: together, resolve: all } = Promise.withResolvers<void>();
    let met = 0;
    const meet = (): Promise<void> => {
      if (++met === 3) all();
      return together;
    };
    const meeting = 'await context.bindings.test.meet(); await new Promise((r) => setTimeout(r, 10));';
    const shared = await define(
      place,
      `let now = 0, most = 0; export const handler = async (event, context) => { most = Math.max(most, ++now); ${meeting} now--; return most; };`,
      { maxInstances: 1, instanceConcurrency: 3, bindings: { test: { meet } } },
    );
    t.equal(Math.max(...((await Promise.all([1, 2, 3, 4, 5].map(() => engine.invoke(shared)))) as number[])), 3);
  });

  t.test(`${place}: what waits beyond maxWaiting is refused at once with ResourceExhausted`, async (t) => {
    await using small = await createEngine({ workers: 1, maxWaiting: 2 });
    await small.createFunction({
      functionName: 'slow',
      ...at(place),
      maxInstances: 1,
      code: { source: 'export const handler = () => new Promise((r) => setTimeout(r, 30));' },
    });
    await small.invoke('slow');
    const codes = await Promise.all([1, 2, 3, 4, 5].map(() => codeOf(small.invoke('slow'))));
    t.same(codes.sort(), ['ResourceExhausted', 'ResourceExhausted', 'no error', 'no error', 'no error']);
  });
}

t.test('a worker batch: the call that hangs fails, those not begun run on another instance', async (t) => {
  const name = await define('worker', 'export const handler = (e) => { if (e === 3) for (;;); return e; };', {
    timeout: 3,
    maxInstances: 1,
  });
  await Promise.all([1, 1, 1, 1].map((event) => inTime(() => engine.invoke(name, event))));
  const settled = await Promise.all(
    [1, 2, 3, 4, 5].map((event) => engine.invoke(name, event).catch((error: IsopodError) => error.code)),
  );
  t.equal(settled[2], 'FunctionTimeout');
  t.same(settled.slice(3), [4, 5]);
  for (const outcome of settled.slice(0, 2))
    t.ok(typeof outcome === 'number' || outcome === 'InstanceLost', String(outcome));
});

t.test('a call that another function keeps from its thread is not overdue', async (t) => {
  await using small = await createEngine({ workers: 1 });
  const put = async (functionName: string, timeout: number, source: string): Promise<void> => {
    await small.createFunction({ functionName, lane: 'worker', timeout, code: { source } });
    await inTime(() => small.invoke(functionName));
  };
  await put('hangs', 0.3, 'export const handler = (e) => { if (e) for (;;); };');
  await put(
    'takes',
    60,
    'export const handler = (e) => { if (e) for (const until = Date.now() + 700; Date.now() < until;); };',
  );
  await put('quick', 0.3, 'export const handler = (e) => e;');
  for (let round = 0; round < 5; round++) {
    await inTime(() => small.invoke('hangs'));
    const [hung, value] = await Promise.all([codeOf(small.invoke('hangs', 1)), small.invoke('quick', round)]);
    t.equal(hung, 'FunctionTimeout');
    t.equal(value, round);
  }
  t.same(await Promise.all([small.invoke('takes', 1), small.invoke('quick', 'late')]), [undefined, 'late']);
});

t.test(
  'invokeSync answers without a promise, starts an instance when there is none, and says when it cannot',
  async (t) => {
    const name = await define(
      'direct',
      'export const handler = (e) => { if (e === "later") return new Promise((r) => setTimeout(r, 1)); if (e === "soon") return Promise.resolve("settled"); return e; };',
    );
    t.equal(engine.invokeSync(name, 5), 5);
    const status: InvokeStatus = {};
    t.same(engine.invokeSync(name, new Uint8Array([1]), { status }), new Uint8Array([1]));
    t.equal(status.lane, 'direct');
    t.throws(() => engine.invokeSync(name, 'later'), { code: 'NotSynchronous' });
    t.equal(engine.invokeSync(name, 6), 6);
    t.throws(() => engine.invokeSync('nobody', 1), { code: 'FunctionNotFound' });
  },
);

t.test('auto: a quick function moves to the calling thread, a slow one stays on workers', async (t) => {
  const timeout = 60;
  await engine.createFunction({ functionName: 'quick', timeout, code: { source: 'export const handler = (e) => e;' } });
  await engine.createFunction({
    functionName: 'busy',
    timeout,
    code: { source: 'export const handler = () => { const until = Date.now() + 3; while (Date.now() < until); };' },
  });
  const laneOf = async (name: string): Promise<unknown> => {
    const status: InvokeStatus = {};
    await engine.invoke(name, 1, { status });
    return status.lane;
  };
  t.equal(await laneOf('quick'), 'worker');
  // On a busy machine calls are measured as slow for a while.
  while ((await laneOf('quick')) !== 'direct');
  for (let call = 0; call < 30; call++) t.equal(await laneOf('busy'), 'worker');
});

t.test('status names every stage of a cold start, and a warm call has none', async (t) => {
  const name = await define('worker', 'export const handler = () => 1;');
  const cold: InvokeStatus = {};
  await engine.invoke(name, null, { status: cold });
  t.equal(cold.coldStart, true);
  t.same(Object.keys(cold.stages ?? {}), [
    'scheduleMs',
    'downloadCodeMs',
    'unzipMs',
    'bundleMs',
    'imageBuildMs',
    'startInstanceMs',
    'imageLoadMs',
    'restoreMs',
    'evaluateMs',
    'initializerMs',
    'handlerMs',
  ]);
  const { scheduleMs = 0, startInstanceMs = 0, restoreMs = 0, bundleMs = 0, handlerMs = 0 } = cold.stages ?? {};
  t.ok(restoreMs > 0 && bundleMs > 0 && handlerMs > 0);
  t.ok(startInstanceMs >= restoreMs);
  t.ok((cold.wallMs ?? 0) >= scheduleMs + startInstanceMs + handlerMs, 'the stages are parts of the whole');
  const warm: InvokeStatus = {};
  await engine.invoke(name, null, { status: warm });
  t.match(warm, { coldStart: false, lane: 'worker', instanceId: cold.instanceId, startKind: /snapshot|code-cache/ });
  t.notOk(warm.stages);
});
