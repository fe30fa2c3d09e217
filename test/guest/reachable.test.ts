/** Walks everything a guest can touch: no object of isolated-vm, no prototype, error or function of the host is among it. */
import { readFileSync } from 'node:fs';
import ivm from 'isolated-vm';
import t from 'tap';
import { binding, createEngine, type FunctionConfig } from '../../lib/index.ts';
import { at, PLACES } from '../engine/places.ts';

interface Found {
  /** `name/parameters path` of native functions. */
  readonly natives: readonly string[];
  /** Objects whose prototypes end in another realm's. */
  readonly foreign: readonly string[];
  readonly handles: readonly string[];
  readonly count: number;
}

const crawl = readFileSync(new URL('./crawl.js', import.meta.url), 'utf8');

/** Native functions of the language itself, by name and number of parameters: what a bare isolate has. */
function ofTheLanguage(): Set<string> {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const text =
    context.evalSync(`${crawl}; JSON.stringify(crawl({ global: globalThis, kinds: [async () => {}, function* () {},
    async function* () {}, [][Symbol.iterator](), new Map().entries(), ''.matchAll(/a/g), (function* () {})(), new Intl.Segmenter()] }))`);
  isolate.dispose();
  return new Set((JSON.parse(text as string) as Found).natives.map(nameOf));
}

const nameOf = (native: string): string => native.slice(0, native.indexOf(' ', native.indexOf('/')));

/** Touches all it is given, makes host functions fail, is refused, and walks from there. */
const source = `
import * as assert from 'node:assert'; import * as buffer from 'node:buffer'; import * as crypto from 'node:crypto';
import * as events from 'node:events'; import * as fs from 'node:fs'; import * as process_ from 'node:process';
import * as stream from 'node:stream'; import * as url from 'node:url'; import * as util from 'node:util';
import * as zlib from 'node:zlib'; import * as hooks from 'node:async_hooks'; import * as timers from 'node:timers/promises';
${crawl}
const modules = { assert, buffer, crypto, events, fs, process_, stream, url, util, zlib, hooks, timers };
const caught = (run) => { try { return run(); } catch (error) { return error; } };
export async function handler(event, context) {
  const { host } = context.bindings;
  const roots = { global: globalThis, event, context, modules, args: arguments, self: this };
  const deep = () => deep();
  roots.errors = [
    caught(() => null.x), caught(deep), caught(() => new Array(-1)), caught(() => new ArrayBuffer(1e15)),
    caught(() => 'x'.repeat(2 ** 30)), caught(() => BigInt('x')), caught(() => new RegExp('(')), caught(() => eval('(')),
    caught(() => crypto.createHash('none')), caught(() => fs.readFileSync('/etc/passwd')), caught(() => zlib.gunzipSync('x')),
    caught(() => structuredClone(() => {})), caught(() => new URL('::')), caught(() => atob('*')),
  ];
  roots.later = await Promise.allSettled([
    host.echo({ a: [1, new Uint8Array(2)] }), host.fail(), host.odd(), host.strict('x'), host.echo(1n), host.echo(() => 1),
    fetch('http://denied.example/'), fetch('::'), import(\`\${'no'}ne\`).catch((error) => error), WebAssembly_(),
  ]);
  return crawl(roots);
}
const WebAssembly_ = async () => typeof WebAssembly === 'undefined' ? undefined : WebAssembly.compile(new Uint8Array(1));
`;

class Secret extends Error {
  readonly inner = { of: 'the host' };
}

const bindings: NonNullable<FunctionConfig['bindings']> = {
  host: {
    echo: (value: unknown) => value,
    fail: () => {
      throw Object.assign(new Secret('no'), { code: 'E_SECRET', more: new Map([[1, process]]) });
    },
    odd: () => Promise.reject(() => process),
    strict: binding({ call: () => new Date(), quota: { maxArgBytes: 2 } }),
  },
};

t.test('a guest reaches nothing of the host, whatever it touches', async (t) => {
  const known = ofTheLanguage();
  await using engine = await createEngine({ workers: 1 });
  for (const place of PLACES) {
    for (const webAssembly of [false, true]) {
      const functionName = `${place}_${webAssembly}`;
      await engine.createFunction({
        functionName,
        ...at(place),
        code: { source },
        bindings,
        network: { allow: ['api.example.com'] },
        webAssembly,
      });
      const found = (await engine.invoke(functionName, { a: [1, { b: null }] })) as Found;
      t.ok(found.count > 2_000, `${functionName}: walked over ${found.count} objects`);
      t.same(found.handles, [], `${functionName}: no object of isolated-vm`);
      t.same(found.foreign, [], `${functionName}: no prototype of another realm`);
      const strange = found.natives.filter((native) =>
        // Those of the language that have no name are accessors; a host function has none either.
        native.startsWith('/')
          ? !/\.(stack|caller|callee|arguments)\.(get|set)$/.test(native)
          : !known.has(nameOf(native)) && !/\bWebAssembly\b/.test(native),
      );
      t.same(strange, [], `${functionName}: no native function but the language's`);
    }
  }
});
