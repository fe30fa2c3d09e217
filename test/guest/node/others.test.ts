import t from 'tap';
import { compare, inGuest } from './compare.ts';

compare('os', "import os from 'node:os';", {
  facts: `return [os.EOL, os.platform(), os.type(), typeof os.hostname(), os.tmpdir(), os.endianness(), Array.isArray(os.cpus()), typeof os.totalmem(), os.devNull, os.constants.signals.SIGTERM, os.constants.errno.ENOENT, os.loadavg().length, typeof os.userInfo().username];`,
});

compare('diagnostics_channel', "import dc, { channel, tracingChannel } from 'node:diagnostics_channel';", {
  publish: `const seen = []; const c = channel('x'); const f = (m, n) => seen.push([m, n]); c.subscribe(f); c.publish(1); c.unsubscribe(f); c.publish(2); return [seen, c.hasSubscribers, channel('x') === c, dc.hasSubscribers('y')];`,
  trace: `const seen = []; const t = tracingChannel('t'); const on = Object.fromEntries(['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((k) => [k, (m) => seen.push([k, m.id])])); t.subscribe(on); t.traceSync(() => 1, { id: 1 }); await t.tracePromise(async () => 2, { id: 2 }); try { t.traceSync(() => { throw new Error('x'); }, { id: 3 }); } catch {} await new Promise((r) => t.traceCallback((done) => done(null, 1), 0, { id: 4 }, null, r)); return seen;`,
  'no name': `channel(1);`,
});

compare(
  'module, vm, v8 and console',
  "import { createRequire, isBuiltin, builtinModules } from 'node:module'; import vm from 'node:vm'; import nodeConsole, { Console } from 'node:console'; import consts from 'node:constants'; import { Writable } from 'node:stream'; const require = createRequire('file:///code/x.js');",
  {
    require: `return [require('node:path').join('a', 'b'), require('util').format('%s', 1), typeof require('events'), isBuiltin('fs'), isBuiltin('node:path'), isBuiltin('nope'), builtinModules.includes('fs')];`,
    'what is not there': `try { require('./nothing'); } catch (e) { return e.code; }`,
    vm: `return [vm.runInThisContext('1 + 1'), new vm.Script('2 + 2').runInThisContext(), vm.isContext({})];`,
    console: `const lines = []; const c = new Console({ stdout: new Writable({ write(x, e, done) { lines.push(x.toString()); done(); } }) }); c.log('%s!', 'a'); c.info({ b: 1 }); return [lines, nodeConsole.log === console.log];`,
    constants: `return [consts.O_RDONLY, consts.SIGTERM, consts.RSA_PKCS1_PADDING];`,
  },
);

t.test('each file knows its place below /code', async (t) => {
  const root = t.testdir({
    'index.mjs':
      "import { place } from './lib/inner.cjs'; import url from 'node:url'; export const handler = () => [import.meta.url, import.meta.dirname, url.fileURLToPath(import.meta.url), place, new URL('./x.txt', import.meta.url).pathname];",
    lib: {
      'inner.cjs':
        "'use strict'; exports.place = [__dirname, __filename, (function () { return this === undefined; })()];",
    },
  });
  t.same(await inGuest('', { code: { dir: root } }), [
    'file:///code/index.mjs',
    '/code',
    '/code/index.mjs',
    ['/code/lib', '/code/lib/inner.cjs', true],
    '/code/x.txt',
  ]);
});

t.test('what does not exist says what to use instead', async (t) => {
  const calls = {
    http: "import http from 'node:http'; export const handler = () => http.createServer();",
    worker: "import { Worker } from 'node:worker_threads'; export const handler = () => new Worker('x');",
    vm: "import vm from 'node:vm'; export const handler = () => vm.createContext({});",
    watch: "import fs from 'node:fs'; export const handler = () => fs.watch('/tmp');",
    v8: "import v8 from 'node:v8'; export const handler = () => v8.serialize(1);",
  };
  for (const [name, source] of Object.entries(calls)) {
    t.match(
      await inGuest(source).catch((error: unknown) => error),
      { message: /does not exist in an isolate: \w+/ },
      name,
    );
  }
});
