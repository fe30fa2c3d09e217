/** Host functions granted to guests: what crosses, who may call what how often, and what becomes of calls nobody waits for. */
import t from 'tap';
import { z } from 'zod';
import {
  type Bindings,
  binding,
  createEngine,
  type Engine,
  type HostCallContext,
  type IsopodError,
  type StandardSchema,
} from '../../lib/index.ts';
import { at, PLACES, type Place } from './places.ts';

const warnings: { message: string; facts: Record<string, unknown> | undefined }[] = [];
let engine: Engine;
t.before(async () => {
  engine = await createEngine({
    workers: 1,
    maxPayloadBytes: 1_000_000,
    logger: {
      info: () => undefined,
      warn: (message, facts) => warnings.push({ message, facts }),
      error: () => undefined,
    },
  });
});
t.after(() => engine.close());

let count = 0;
async function define(place: Place, source: string, bindings: Bindings, more: object = {}): Promise<string> {
  const functionName = `b${count++}_${place}`;
  await engine.createFunction({ functionName, ...at(place), code: { source }, bindings, ...more });
  return functionName;
}

const failure = (call: Promise<unknown>): Promise<IsopodError> =>
  call.then(
    () => t.fail('it should have failed') as never,
    (error: IsopodError) => error,
  );

/** Calls `h.f` with the arguments the source of an expression gives, and tells what it came to. */
const tellOutcome = (args: string): string =>
  `export const handler = async (e, c) => { try { return { value: await c.bindings.h.f(${args}) }; } catch (error) { return { ...error, name: error.name, message: error.message, hasStack: /host|\\.ts|node:/.test(error.stack) }; } };`;

const raiseThen = (): never => {
  throw new Error('then');
};
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
for (const place of PLACES) {
  t.test(`${place}: arguments and results are JSON values, bytes and undefined`, async (t) => {
    const seen: unknown[][] = [];
    const echo = (...args: unknown[]): unknown => {
      seen.push(args);
      return args[0];
    };
    const source =
      'export const handler = async (e, { bindings: { h } }) => { const bytes = await h.f(new Uint8Array([0, 200])); return [bytes instanceof Uint8Array && [...bytes], typeof await h.f(undefined, 1), await h.f({ $: 0, list: [undefined] }), await h.late(null), typeof await h.nothing()]; };';
    for (const f of [echo, binding({ call: (_context, ...args) => echo(...args) })]) {
      seen.length = 0;
      const name = await define(place, source, { h: { f, late: async (value) => value, nothing: () => undefined } });
      t.same(await engine.invoke(name), [[0, 200], 'undefined', { $: 0, list: [null] }, null, 'undefined']);
      t.strictSame(seen, [[new Uint8Array([0, 200])], [undefined, 1], [{ $: 0, list: [undefined] }]]);
      t.equal(Object.getPrototypeOf(seen[0]?.[0]), Uint8Array.prototype, 'no Buffer');
    }
  });

  t.test(`${place}: what does not cross is refused with its place, both ways`, async (t) => {
    let called = 0;
    const f = (): number => ++called;
    const refused = [
      ['1, { when: new Date() }', /^h\.f: arguments\[1\]\.when is a Date; pass JSON values/],
      ['[new Map()]', /arguments\[0\]\[0\] is a Map/],
      ['1n', /arguments\[0\] is a bigint/],
      ['() => 1', /arguments\[0\] is a function/],
      ['{ then() {} }', /arguments\[0\]\.then is a function/],
      ['NaN', /arguments\[0\] is NaN/],
      ['{ get a() { throw 1; } }', /threw an error while it was read/],
      ['(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()', /threw an error/],
      ['JSON.parse(\'{"__proto__":1}\')', /arguments\[0\]\.__proto__ is not a name/],
      ['"x".repeat(2000000)', /2000004 characters as JSON and 1000000 are allowed; raise the engine's maxPayloadBytes/],
    ] as const;
    const passing = tellOutcome(`...[${refused.map(([args]) => `() => [${args}]`)}][e]()`);
    const passes = await define(place, passing, { h: { f } });
    for (const [which, [args, message]] of refused.entries()) {
      const code = args.includes('repeat') ? 'BindingQuotaExceeded' : 'BindingArgumentInvalid';
      t.match(await engine.invoke(passes, which), { name: 'IsopodError', code, message }, args);
    }
    t.equal(called, 0);
    let result: unknown;
    for (const granted of [() => result, async () => result, binding({ call: () => result })]) {
      const gives = await define(place, tellOutcome(''), { h: { f: granted } });
      for (const [given, message] of [
        [{ rows: [{ at: new Date(0) }] }, /^h\.f: result\.rows\[0\]\.at is a Date; give JSON values/],
        [7n, /result is a bigint/],
        [new Map(), /result is a Map/],
        [
          Object.defineProperty({}, 'a', { enumerable: true, get: () => Promise.reject(1).catch(() => 1) }),
          /a Promise/,
        ],
        ['x'.repeat(2_000_000), /1000000 are allowed; raise .*maxPayloadBytes/],
      ] as const) {
        result = given;
        t.match(await engine.invoke(gives), { name: 'IsopodError', message });
      }
    }
  });

  t.test(`${place}: an uncaught refusal gives the invocation its code`, async (t) => {
    const source = (args: string): string => `export const handler = async (e, c) => c.bindings.h.f(${args});`;
    const argument = await failure(engine.invoke(await define(place, source('new Date()'), { h: { f: () => 1 } })));
    t.match(argument, { code: 'BindingArgumentInvalid', kind: 'function', errorType: 'IsopodError' });
    const result = await failure(engine.invoke(await define(place, source(''), { h: { f: () => 1n } })));
    t.match(result, { code: 'BindingResultInvalid', kind: 'system', retryable: false });
    const forged = await define(
      place,
      `export const handler = async (e, c) => { let made; try { await c.bindings.h.f(new Date()); } catch (error) { made = Object.assign(new error.constructor('x'), error); } throw made; };`,
      { h: { f: () => 1 } },
    );
    t.equal((await failure(engine.invoke(forged))).code, 'UnhandledInvocationError', 'a guest cannot make one');
    const posing = await define(place, source(''), {
      h: {
        f: () => {
          throw Object.assign(new Error('x'), { code: 'InstanceLost', engine: true });
        },
      },
    });
    t.equal((await failure(engine.invoke(posing))).code, 'UnhandledInvocationError', 'nor can a host function');
  });

  t.test(`${place}: errors of host functions cross as data, odd ones too`, async (t) => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const error = Object.assign(new RangeError('no row'), { code: 'E_ROW', status: 404, date: new Date(0) });
    for (const [thrown, told] of [
      [error, { name: 'RangeError', message: 'no row', code: 'E_ROW', status: 404, date: undefined, hasStack: false }],
      [null, { name: 'Error', message: 'null' }],
      [proxy, { name: 'Error', message: /without a message/ }],
      [
        {
          get message() {
            throw new Error('trap');
          },
        },
        { name: 'Error', message: /without a message/ },
      ],
    ] as const) {
      const raise = (): never => {
        throw thrown;
      };
      const schema: StandardSchema = { '~standard': { version: 1, vendor: 'own', validate: raise } };
      for (const f of [
        raise,
        async () => raise(),
        binding({ call: raise }),
        binding({ args: schema, call: () => 1 }),
        binding({ result: schema, call: () => 1 }),
      ]) {
        const name = await define(place, tellOutcome(''), { h: { f } });
        t.match(await engine.invoke(name), told);
      }
    }
    const getter = Object.defineProperty({}, 'then', { get: () => raiseThen() });
    const name = await define(place, tellOutcome(''), { h: { f: () => getter } });
    t.match(await engine.invoke(name), { message: 'then' }, 'a thenable whose then throws');
  });

  t.test(`${place}: schemas check arguments before the host function sees them`, async (t) => {
    const seen: unknown[][] = [];
    const f = binding({
      args: [z.string().trim(), z.object({ limit: z.number().max(10).default(5) }).optional()],
      call: (_context, sql, options) => {
        seen.push([sql, options]);
        return seen.length;
      },
    });
    const name = await define(
      place,
      'export const handler = (args, c) => c.bindings.h.f(...args).catch((error) => ({ code: error.code, message: error.message }));',
      { h: { f } },
    );
    t.equal(await engine.invoke(name, [' a ', {}]), 1);
    t.equal(await engine.invoke(name, ['b']), 2);
    t.strictSame(seen, [
      ['a', { limit: 5 }],
      ['b', undefined],
    ]);
    for (const [args, message] of [
      [[1], /^h\.f: arguments\[0\]: Invalid input: expected string, received number$/],
      [[], /arguments\[0\]: Invalid input/],
      [['a', { limit: 11 }], /arguments\[1\]\.limit: Too big/],
      [['a', {}, 3], /3 were given, and there are at most 2/],
    ] as const) {
      t.match(await engine.invoke(name, args), { code: 'BindingArgumentInvalid', message });
    }
    t.equal(seen.length, 2);
    const whole = binding({
      args: z.tuple([z.number()]).rest(z.number()),
      call: (_context, ...all) => all.reduce((sum, one) => sum + one, 0),
    });
    const sum = await define(place, 'export const handler = (args, c) => c.bindings.h.f(...args);', {
      h: { f: whole },
    });
    t.equal(await engine.invoke(sum, [1, 2, 3]), 6, 'one schema for the whole list');
    t.match(await failure(engine.invoke(sum, [1, 'x'])), { code: 'BindingArgumentInvalid', message: /arguments\[1\]/ });
    const later = binding({ args: [z.string().refine(async (text) => text !== 'no')], call: () => 'yes' });
    const async = await define(place, 'export const handler = (arg, c) => c.bindings.h.f(arg);', { h: { f: later } });
    t.equal(await engine.invoke(async, 'x'), 'yes', 'a schema may take its time');
    t.equal((await failure(engine.invoke(async, 'no'))).code, 'BindingArgumentInvalid');
  });

  t.test(`${place}: a result its schema refuses is the host's failure, and its value stays there`, async (t) => {
    const f = binding({
      result: z.object({ id: z.number() }),
      // A host function that is not what its types say.
      call: (): { id: number } => JSON.parse('{"id":"secret-4711"}'),
    });
    const name = await define(place, tellOutcome(''), { h: { f } });
    warnings.length = 0;
    const told = await engine.invoke(name);
    t.match(told, { code: 'BindingResultInvalid', message: /^h\.f gave a result its schema refuses/ });
    t.notMatch(JSON.stringify(told), /secret|4711|"id"/);
    t.match(warnings, [{ facts: { functionName: name, binding: 'h.f', problem: /result\.id: Invalid input/ } }]);
    const stripped = binding({ result: z.object({ id: z.number() }), call: () => ({ id: 1, password: 'x' }) });
    const strip = await define(place, tellOutcome(''), { h: { f: stripped } });
    t.same(await engine.invoke(strip), { value: { id: 1 } }, 'what the schema gives is what crosses');
  });

  t.test(`${place}: each quota holds per invocation and says how to raise it`, async (t) => {
    const many =
      'export const handler = async (n, c) => { let done = 0; let last; for (const one of await Promise.allSettled(Array.from({ length: n }, () => c.bindings.h.f()))) if (one.status === "fulfilled") done++; else last = one.reason; return { done, code: last?.code, message: last?.message }; };';
    const calls = await define(place, many, { h: { f: binding({ quota: { callsPerInvocation: 3 }, call: () => 1 }) } });
    t.match(await engine.invoke(calls, 5), {
      done: 3,
      code: 'BindingQuotaExceeded',
      message: /3 of 3 calls.*raise quota\.callsPerInvocation/,
    });
    t.match(await engine.invoke(calls, 3), { done: 3 }, 'the next invocation begins anew');
    const flight = await define(place, many, { h: { f: binding({ quota: { inFlight: 2 }, call: soon }) } });
    t.match(await engine.invoke(flight, 5), { done: 2, message: /2 of 2 calls are in flight.*raise quota\.inFlight/ });
    t.match(await engine.invoke(flight, 2), { done: 2 });
    const large = await define(place, tellOutcome('e'), {
      h: { f: binding({ quota: { maxArgBytes: 20 }, call: () => 1 }) },
    });
    t.match(await engine.invoke(large, 'é'.repeat(8)), { value: 1 });
    t.match(await engine.invoke(large, 'é'.repeat(9)), {
      code: 'BindingQuotaExceeded',
      message: /22 bytes as JSON and 20 are allowed; raise quota\.maxArgBytes/,
    });
    const wide = await define(place, tellOutcome('e'), {
      h: { f: binding({ quota: { maxResultBytes: 20 }, call: (_context, n) => 'x'.repeat(n) }) },
    });
    t.match(await engine.invoke(wide, 18), { value: 'x'.repeat(18) });
    t.match(await engine.invoke(wide, 19), { code: 'BindingQuotaExceeded', message: /21 bytes.*maxResultBytes/ });
    let reason: unknown;
    const slow = binding({
      quota: { timeoutMs: 20 },
      call: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve('too late');
          });
        }),
    });
    const name = await define(place, tellOutcome(''), { h: { f: slow } });
    t.match(await engine.invoke(name), { code: 'BindingQuotaExceeded', message: /20 ms.*quota\.timeoutMs/ });
    t.match(reason, { code: 'BindingQuotaExceeded' }, 'and the host function is told');
  });

  t.test(`${place}: invocations of one instance are told apart, and have facts`, async (t) => {
    const seen: HostCallContext[] = [];
    const f = binding({
      quota: { callsPerInvocation: 2 },
      call: async (context) => {
        seen.push(context);
        await soon();
        return context.requestId;
      },
    });
    const source =
      'export const init = async (c) => { await c.bindings.h.f(); }; export const handler = async (e, c) => { const { f } = c.bindings.h; await f(); const id = await f(); return [id === c.requestId, c.bindings === c.bindings, await f().catch((error) => error.code)]; };';
    const name = await define(
      place,
      source,
      { h: { f } },
      {
        instanceConcurrency: 5,
        maxInstances: 1,
        instanceLifecycleConfig: { initializer: { handler: 'index.init' } },
      },
    );
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => engine.invoke(name)));
    t.same(all, Array(5).fill([true, true, 'BindingQuotaExceeded']));
    t.equal(new Set(seen.map(({ requestId }) => requestId)).size, 6, 'the initializer is one of its own');
    t.match(seen[0], { functionName: name, instanceId: new RegExp(`^${name}-`) });
    t.equal(seen[0]?.signal.aborted, false);
  });

  t.test(`${place}: bindings kept beyond their invocation are refused`, async (t) => {
    let called = 0;
    const name = await define(
      place,
      'let kept; export const handler = async (e, c) => { if (kept) return kept.h.f().catch((error) => error.code + " " + error.message); kept = c.bindings; return c.bindings.h.f(); };',
      { h: { f: binding({ call: () => ++called }) } },
    );
    t.equal(await engine.invoke(name), 1);
    t.equal(await engine.invoke(name), 'InvocationEnded h.f was called after its invocation had ended');
    t.equal(called, 1);
  });

  t.test(`${place}: a fetch handler finds bindings in env, Lambda's and Function Compute's in context`, async (t) => {
    const grant = { db: { query: binding({ args: [z.string()], call: (_context, sql) => [sql] }) } };
    const web = await define(
      place,
      'export default { fetch: async (request, env) => Response.json([await env.db.query("a"), env.LOCALE]) };',
      grant,
      { environmentVariables: { LOCALE: 'en' } },
    );
    t.match(await engine.invoke(web), { body: '[["a"],"en"]' });
    for (const runtime of ['nodejs22.x', 'nodejs20']) {
      const name = await define(
        place,
        'exports.handler = async (e, c) => JSON.stringify(await c.bindings.db.query("a"));',
        grant,
        { runtime },
      );
      t.equal(await engine.invoke(name), '["a"]');
    }
  });
}

t.test(
  'invokeSync: host functions that return at once are answered in the same turn, others are NotSynchronous',
  async (t) => {
    let aborted = 0;
    const source =
      'export const handler = async (e, c) => { let sum = 0; for (let at = 0; at < e.times; at++) sum += (await c.bindings.h[e.method](at)).n; return sum; };';
    const name = await define(
      'direct',
      source,
      {
        h: {
          now: (n: number) => ({ n }),
          checked: binding({ args: [z.number()], result: z.object({ n: z.number() }), call: (_context, n) => ({ n }) }),
          fails: () => raiseThen(),
          later: async (n: number) => ({ n }),
          described: binding({
            call: ({ signal }) => {
              signal.addEventListener('abort', () => aborted++);
              return soon();
            },
          }),
        },
      },
      { timeout: 5 },
    );
    t.equal(engine.invokeSync(name, { method: 'now', times: 3 }), 3, 'on an instance that starts for it');
    t.equal(engine.invokeSync(name, { method: 'now', times: 20_000 }), 199_990_000);
    t.equal(await engine.invoke(name, { method: 'now', times: 3 }), 3);
    t.equal(engine.invokeSync(name, { method: 'checked', times: 3 }), 3);
    t.throws(() => engine.invokeSync(name, { method: 'fails', times: 1 }), { message: 'then' });
    for (const method of ['later', 'described']) {
      t.throws(() => engine.invokeSync(name, { method, times: 1 }), { code: 'NotSynchronous', message: /host call/ });
    }
    await soon();
    t.equal(aborted, 1, 'nobody waits for it');
    t.throws(() => engine.invokeSync(name, { method: 'now', times: 1e12 }), { code: 'FunctionTimeout' });
    t.equal(engine.invokeSync(name, { method: 'now', times: 3 }), 3);
  },
);

t.test('async invocations call bindings, and a retry is an invocation of its own', async (t) => {
  const seen: string[] = [];
  const f = binding({
    quota: { callsPerInvocation: 1 },
    call: ({ requestId }) => {
      seen.push(requestId);
      if (seen.length === 1) throw new Error('first');
      return 'done';
    },
  });
  const outcome = await new Promise((resolve) => {
    void define(
      'worker',
      'export const handler = (e, c) => c.bindings.h.f();',
      { h: { f } },
      {
        asyncInvokeConfig: { retryBackoffMs: 1, onSuccess: resolve, onFailure: resolve },
      },
    ).then((name) => engine.invokeAsync(name, {}));
  });
  t.match(outcome, { condition: 'Success', attempts: 2, result: 'done' });
  t.equal(seen.length, 2);
});

t.test('a described method is checked when it is declared', async (t) => {
  const wrong: [method: unknown, message: RegExp][] = [
    [{}, /bindings\.h\.f\.call: must be a function, got nothing/],
    [{ call: () => 1, args: 5 }, /bindings\.h\.f\.args: must be a Standard Schema, or a list of them, got 5/],
    [{ call: () => 1, args: [5] }, /bindings\.h\.f\.args/],
    [{ call: () => 1, result: {} }, /bindings\.h\.f\.result: must be a Standard Schema/],
    [{ call: () => 1, quota: { inFlight: 0 } }, /bindings\.h\.f\.quota\.inFlight: .*got 0/],
    [{ call: () => 1, quota: { calls: 1 } }, /bindings\.h\.f\.quota: Unrecognized key: "calls"/],
    [{ call: () => 1, more: 1 }, /bindings\.h\.f: Unrecognized key: "more"/],
    [null, /bindings\.h\.f: must be a function, or an object/],
  ];
  for (const [f, message] of wrong) {
    t.match(await failure(define('direct', 'export const handler = () => 1;', { h: { f } } as Bindings)), {
      code: 'InvalidArgument',
      message,
    });
  }
  const schema = { '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) }, own: {} };
  await define('direct', 'export const handler = () => 1;', {
    h: { f: { call: () => 1, args: [schema as StandardSchema] } },
  });
  t.notOk(Object.isFrozen(schema.own), "a library's schema is left as it is");
});

for (const place of PLACES) {
  t.test(
    `${place}: every host function is called that a handler does not wait for, however fast calls come`,
    async (t) => {
      let told = 0;
      const functionName = await define(place, 'export const handler = (n, c) => void c.bindings.h.tell(n);', {
        h: { tell: () => void told++ },
      });
      const count = 2_500;
      for (let at = 0; at < count; at++) await engine.invoke(functionName, at);
      // Fewer than an instance may have open.
      const atOnce = 900;
      await Promise.all(Array.from({ length: atOnce }, (_, at) => engine.invoke(functionName, at)));
      while (told < count + atOnce) await new Promise((resolve) => setImmediate(resolve));
      t.equal(told, count + atOnce);
    },
  );
}
