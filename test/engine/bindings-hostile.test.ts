/** Guests that try to get more out of bindings than they were granted. */
import t from 'tap';
import { type Bindings, binding, createEngine, type Engine } from '../../lib/index.ts';
import { at, PLACES, type Place } from './places.ts';

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

let called: unknown[][] = [];
const note = (...args: unknown[]): number => called.push(args);
const bindings: Bindings = {
  h: {
    plain: note,
    limited: binding({
      quota: { callsPerInvocation: 5, inFlight: 2 },
      call: async (_context, ...args) => note(...args),
    }),
  },
};

let count = 0;
/** What the statements, with `h` at hand, return. */
async function run(place: Place, statements: string, event: unknown = null): Promise<unknown> {
  const functionName = `h${count++}_${place}`;
  const source = `export const handler = async (event, context) => { const { h } = context.bindings; ${statements} };`;
  await engine.createFunction({ functionName, ...at(place), code: { source }, bindings });
  called = [];
  return engine.invoke(functionName, event);
}

for (const place of PLACES) {
  t.test(`${place}: names that were not granted do not exist`, async (t) => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'call', 'apply', '__defineGetter__', ''];
    const found = await run(
      place,
      'return event.flatMap((name) => [typeof context.bindings[name], typeof h[name]]);',
      names,
    );
    t.same(new Set(found as string[]), new Set(['undefined']));
    t.same(
      await run(
        place,
        'for (const attempt of [() => { h.more = 1; }, () => { delete h.plain; }, () => { context.bindings.x = {}; }, () => Object.defineProperty(h, "plain", { value: 1 })]) try { attempt(); } catch {} return [Object.keys(context.bindings), Object.keys(h), typeof h.plain, Object.isFrozen(h), Object.isFrozen(context.bindings)];',
      ),
      [['h'], ['plain', 'limited'], 'function', true, true],
      'and what was granted cannot be changed',
    );
  });

  t.test(`${place}: thousands of calls at once are refused beyond the limits, and the instance goes on`, async (t) => {
    const flood =
      'const all = await Promise.allSettled(Array.from({ length: 5000 }, () => h[event]())); const codes = {}; for (const one of all) { const code = one.reason?.code ?? "fine"; codes[code] = (codes[code] ?? 0) + 1; } codes.again = await h.plain().then(() => "fine"); return codes;';
    t.same(await run(place, flood, 'plain'), { fine: 1_000, HostCallLimitExceeded: 4_000, again: 'fine' });
    t.equal(called.length, 1_001);
    t.same(await run(place, flood, 'limited'), {
      fine: 2,
      BindingQuotaExceeded: 998,
      HostCallLimitExceeded: 4_000,
      again: 'fine',
    });
    t.equal(called.length, 3);
    t.equal(await run(place, 'for (let at = 0; at < 5000; at++) h.plain(at); return "left";'), 'left');
  });

  t.test(`${place}: patched intrinsics give a guest nothing`, async (t) => {
    const patches = [
      'JSON.stringify = () => "[\\"forged\\"]"; JSON.parse = () => 0;',
      'Promise.prototype.then = function () { throw 1; };',
      'Array.prototype.toJSON = () => "x"; Object.prototype.toJSON = () => ({ a: 1 });',
      'Object.defineProperty(Array.prototype, 0, { set() { throw 1; }, configurable: true });',
      'Object.defineProperty(Object.prototype, "$", { get: () => "x", set() { throw 1; }, configurable: true });',
      'Object.prototype.extra = () => 1;',
      'Object.keys = () => ["__proto__"]; Array.isArray = () => true; Object.getPrototypeOf = () => null;',
      'Error.prototype.code = 1; Object.defineProperty(Error.prototype, "name", { set() { throw 1; } });',
      'Map.prototype.get = Map.prototype.set = () => { throw 1; }; WeakMap.prototype.get = () => "InternalError";',
      'Symbol.prototype[Symbol.toPrimitive]; String.prototype.slice = () => "%";',
      'RegExp.prototype.exec = () => null; Object.prototype.toString = () => "[object Object]";',
    ];
    for (const patch of patches) {
      const outcome = await run(
        place,
        `${patch} const made = []; for (const one of [h.limited({ a: [1] }, undefined), h.plain(new Date())]) { try { await one; } catch {} } return 1;`,
      ).catch((error: { code: string }) => error.code);
      t.ok(
        [1, 'UnhandledInvocationError', 'ResultNotSerializable'].includes(outcome as number) ||
          typeof outcome === 'object',
        patch,
      );
      for (const args of called) {
        t.ok(Array.isArray(args) && args.every((one) => typeof one !== 'function'), patch);
        t.equal(Object.getPrototypeOf(args[0] ?? {}), Object.prototype, patch);
      }
      t.ok(called.length <= 1, `no Date reaches the host: ${patch}`);
    }
  });

  t.test(`${place}: arguments that change while they are looked at cross as data or not at all`, async (t) => {
    const tricks = [
      'let n = 0; const value = { get a() { return n++ ? new Date(0) : 1; } };',
      'let n = 0; const value = new Proxy({}, { ownKeys: () => ["__proto__", "a"], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: () => n++ });',
      'let n = 0; const value = new Proxy([], { get: (target, key) => key === "length" ? (n++ ? 3 : 0) : key === "toJSON" ? undefined : { $: "x" } });',
      'let n = 0; const value = { get toJSON() { return n++ ? () => JSON.parse(\'{"__proto__":{"polluted":1}}\') : undefined; } };',
      'const value = { $: { $: { $: "x" } }, then: undefined };',
    ];
    for (const trick of tricks) {
      const outcome = await run(place, `${trick} return h.plain(value).then(() => "fine", (error) => error.code);`);
      t.ok(['fine', 'BindingArgumentInvalid'].includes(outcome as string), `${outcome}: ${trick}`);
      const merged = Object.assign({}, called[0]?.[0]) as { polluted?: unknown };
      t.equal(merged.polluted, undefined);
      t.equal(Object.getPrototypeOf(merged), Object.prototype);
      t.notMatch(JSON.stringify(called), '__proto__');
    }
    t.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
}
