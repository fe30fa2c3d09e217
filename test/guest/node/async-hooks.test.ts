import t from 'tap';
import { compare, inGuest, sharedEngine } from './compare.ts';

const imports =
  "import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks'; import { EventEmitter } from 'node:events'; import { promisify } from 'node:util'; const als = new AsyncLocalStorage(); const tick = (ms = 1) => new Promise((r) => setTimeout(r, ms));";

compare('AsyncLocalStorage', imports, {
  await: `return als.run(1, async () => { const seen = [als.getStore()]; await null; seen.push(als.getStore()); await tick(); seen.push(als.getStore()); return seen; });`,
  nested: `return als.run('a', async () => { await tick(); const inner = await als.run('b', async () => { await tick(); return als.getStore(); }); return [inner, als.getStore()]; });`,
  'several at a time': `return Promise.all([1, 2, 3, 4].map((n) => als.run(n, async () => { await tick(5 - n); await tick(n); return [n, als.getStore()]; })));`,
  'outside again': `als.run(1, () => tick()); return [als.getStore() ?? 'none', await tick().then(() => als.getStore() ?? 'none')];`,
  timers: `return als.run('t', () => new Promise((r) => setTimeout(() => setImmediate(() => queueMicrotask(() => process.nextTick(() => r(als.getStore())))), 1)));`,
  'then, catch and finally': `return als.run(3, () => Promise.reject(new Error('x')).catch(() => als.getStore()).finally(() => null).then((v) => [v, als.getStore()]));`,
  'async iteration': `async function* numbers() { for (let n = 0; n < 3; n++) { await tick(); yield [n, als.getStore()]; } } return als.run('it', async () => { const all = []; for await (const n of numbers()) all.push(n, als.getStore()); return all; });`,
  'a foreign promise': `return als.run('f', async () => { const v = await { then(ok) { ok(als.getStore()); } }; return [v, als.getStore()]; });`,
  exit: `return als.run(1, () => als.exit(() => als.getStore() ?? 'none'));`,
  enterWith: `return als.run(1, async () => { als.enterWith(2); await tick(); return als.getStore(); });`,
  disable: `return als.run(1, () => { als.disable(); return als.getStore() ?? 'none'; });`,
  'default value': `return new AsyncLocalStorage({ defaultValue: 7, name: 'n' }).getStore();`,
  bind: `const f = als.run(1, () => AsyncLocalStorage.bind(() => als.getStore())); return als.run(2, () => f());`,
  snapshot: `const s = als.run('s', () => AsyncLocalStorage.snapshot()); return als.run('o', () => s((x) => [x, als.getStore()], 5));`,
  resource: `const r = als.run('r', () => new AsyncResource('X')); return als.run('q', () => [r.runInAsyncScope(function (a) { return [this.k, a, als.getStore()]; }, { k: 1 }, 2), als.getStore(), typeof r.asyncId()]);`,
  'resource bind': `const f = als.run('r', () => AsyncResource.bind(() => als.getStore())); return f();`,
  'events keep the frame of who emits': `const e = new EventEmitter(); let seen; als.run('on', () => e.on('x', () => { seen = als.getStore(); })); als.run('emit', () => e.emit('x')); return seen;`,
  'a throw restores': `try { als.run(1, () => { throw new Error('x'); }); } catch {} return als.getStore() ?? 'none';`,
  'async arrow functions, methods and arguments': `const o = { k: 4, async m() { await tick(); return [this.k, arguments.length, als.getStore()]; } }; return als.run(9, async () => [await o.m(1, 2), await (async (x) => { await tick(); return x; })(3)]);`,
});

t.test('concurrent calls of one instance keep their stores apart', async (t) => {
  const engine = await sharedEngine();
  for (const lane of ['direct', 'worker'] as const) {
    const functionName = `concurrent-${lane}`;
    await engine.createFunction({
      functionName,
      lane,
      timeout: 60,
      instanceConcurrency: 20,
      code: {
        source: `import { AsyncLocalStorage } from 'node:async_hooks';
          const als = new AsyncLocalStorage();
          const deep = async (n) => { if (n === 0) return als.getStore().id; await null; return deep(n - 1); };
          export const handler = ({ id, ms }) => {
            const before = als.getStore();
            als.enterWith({ id: 'entered' + id });
            return als.run({ id }, async () => {
              await new Promise((r) => setTimeout(r, ms));
              return [await deep(5), before ?? null, als.getStore().id];
            });
          };`,
      },
    });
    const results = await Promise.all(
      Array.from({ length: 40 }, (_none, id) => engine.invoke(functionName, { id, ms: (id * 7) % 11 })),
    );
    t.same(
      results,
      results.map((_value, id) => [id, null, id]),
      lane,
    );
  }
});

t.test('a module that awaits at its top level keeps stores as well, and its errors point at the source', async (t) => {
  const source = `import { AsyncLocalStorage } from 'node:async_hooks';
const als = await Promise.resolve(new AsyncLocalStorage());
export const handler = () => als.run(5, async () => { await null;
  const { stack } = new Error('here'); return [als.getStore(), typeof stack]; });`;
  t.same(await inGuest(source), [5, 'string']);
  const failing = source.replace('const { stack } =', 'throw').replace('return [als.getStore(), typeof stack];', '');
  t.match(await inGuest(failing).catch((error: unknown) => error), {
    message: 'here',
    stackTrace: [/here/, /index\.js:4:\d+/],
  });
});
