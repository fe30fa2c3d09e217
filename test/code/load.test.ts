import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import yazl from 'yazl';
import { loadCode } from '../../lib/code/load.ts';
import type { IsopodError } from '../../lib/errors.ts';

const handler = 'index.handler';

/** A zip archive of names and texts. */
function zip(files: Record<string, string | Buffer>, mode = 0o100644): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text as string), name, { mode });
  archive.end();
  return buffer(archive.outputStream);
}

/** Replaces a name in an archive by another of the same length, which no zip writer would let one do. */
function rename(archive: Buffer, from: string, to: string): Buffer {
  return Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');
}

/** Evaluates an artifact's script and gives what the module exports. */
function evaluate(script: string): Record<string, (event: unknown) => unknown> {
  let found: unknown;
  // biome-ignore lint/security/noGlobalEval: the script is the product under test.
  eval(script)((exports: unknown) => {
    found = exports;
  });
  return found as Record<string, (event: unknown) => unknown>;
}

const failure = (load: Promise<unknown>): Promise<IsopodError> =>
  load.then(
    () => Promise.reject(new Error('it loaded')),
    (error: IsopodError) => error,
  );

t.test('TypeScript, ESM and CommonJS become one script that hands its exports over', async (t) => {
  for (const source of [
    'export const handler = (event: number): number => event + 1;',
    'exports.handler = (event) => event + 1;',
    'module.exports = { handler: (event) => event + 1 };',
    'export default { handler: (event) => event + 1 };',
  ]) {
    const { script } = await loadCode({ source }, { handler });
    const exports = evaluate(script);
    const run = exports.handler ?? (exports.default as unknown as typeof exports).handler;
    t.equal(run?.(1), 2, source);
  }
});

t.test('a top level that awaits becomes an asynchronous script', async (t) => {
  const { script, asyncTopLevel } = await loadCode(
    { source: 'const x = await Promise.resolve(2); export const handler = () => x;' },
    { handler },
  );
  t.ok(asyncTopLevel);
  t.ok(script.startsWith('(async function'));
});

t.test('ES modules are strict code, unless a CommonJS module beside them is not', async (t) => {
  const sloppy = '(function () { return this !== undefined; })()';
  const root = t.testdir({
    node_modules: {
      careless: { 'package.json': '{"name":"careless"}', 'index.js': `exports.sloppy = ${sloppy};` },
      careful: {
        'package.json': '{"name":"careful"}',
        'index.js': `/* MIT */\n'use strict';\nexports.sloppy = ${sloppy};`,
      },
    },
  });
  const cases: [source: string, answer: boolean[]][] = [
    [`export const handler = () => [${sloppy}];`, [false]],
    [`await 0; export const handler = () => [${sloppy}];`, [false]],
    [`import 'node:async_hooks'; await 0; export const handler = () => [${sloppy}];`, [false]],
    [`export const handler = () => [${sloppy}, URL.canParse('x')];`, [false, false]],
    [`exports.handler = () => [${sloppy}];`, [true]],
    [`'use strict'; exports.handler = () => [${sloppy}];`, [false]],
    [`import { sloppy } from 'careful'; export const handler = () => [${sloppy}, sloppy];`, [false, false]],
    [`import { sloppy } from 'careless'; export const handler = () => [${sloppy}, sloppy];`, [true, true]],
  ];
  for (const [source, answer] of cases) {
    const { script } = await loadCode({ source, resolveDir: root }, { handler });
    let run: (() => unknown) | undefined;
    // Indirect, because what a strict module evaluates directly is strict.
    // biome-ignore lint/security/noGlobalEval: the script is the product under test.
    // biome-ignore lint/complexity/noCommaOperator: makes it indirect.
    await (0, eval)(script)((exports: { handler: () => unknown }) => {
      run = exports.handler;
    });
    t.same(run?.(), answer, source);
  }
});

t.test('functions and classes keep the names they were given', async (t) => {
  const source = `exports.E = class NotFound extends Error { constructor() { super(); this.name = this.constructor.name; } };
    exports.handler = function main() { return [exports.handler.name, new exports.E().name]; };`;
  const { script } = await loadCode({ source }, { handler });
  t.same(evaluate(script).handler?.(0), ['main', 'NotFound']);
});

t.test('a directory brings its files and npm packages, and the same code has the same hash anywhere', async (t) => {
  const files = {
    'index.ts':
      "import { double } from './double.ts'; import pad from 'pad'; import data from './data.json';\nexport const handler = (n: number) => pad(double(n) + data.more);",
    'double.ts': 'export const double = (n: number): number => n * 2;',
    'data.json': '{"more":1}',
  };
  const make = (root: string): string => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    mkdirSync(join(root, 'node_modules/pad'), { recursive: true });
    writeFileSync(join(root, 'node_modules/pad/package.json'), '{"name":"pad","version":"1.2.3","main":"pad.js"}');
    writeFileSync(join(root, 'node_modules/pad/pad.js'), "module.exports = (n) => '<' + n + '>';");
    return root;
  };
  const one = await loadCode({ dir: make(t.testdir()) }, { handler });
  const other = t.testdir({ deep: { folder: {} } });
  const two = await loadCode({ dir: make(join(other, 'deep/folder')) }, { handler });
  t.equal(evaluate(one.script).handler?.(4), '<9>');
  t.same(one.packages, ['pad@1.2.3']);
  t.equal(one.hash, two.hash);
  t.equal(one.sourceMap, two.sourceMap);
  t.notMatch(one.script + one.sourceMap, other, 'nothing of the machine in it');
  t.ok(one.stages.bundleMs > 0);
});

t.test('a zip archive is taken from memory, from a file, and from an address', async (t) => {
  const bytes = await zip({
    'index.js': 'exports.handler = (e) => e * 3;',
    'node_modules/x/index.js': 'module.exports = 1;',
  });
  const root = t.testdir({ 'code.zip': bytes, 'single.mjs': 'export const handler = (e) => e * 4;' });
  const server = createServer((request, response) => {
    if (request.url === '/code.zip') response.end(bytes);
    else if (request.url === '/moved') response.writeHead(302, { location: '/code.zip' }).end();
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const code of [
    { zipFile: bytes },
    { zipFile: join(root, 'code.zip') },
    { url: `${base}/code.zip` },
    { url: `${base}/moved` },
  ]) {
    t.equal(evaluate((await loadCode(code, { handler })).script).handler?.(2), 6);
  }
  t.equal(
    evaluate((await loadCode({ url: pathToFileURL(join(root, 'single.mjs')).href }, { handler })).script).handler?.(2),
    8,
  );
  t.match(await failure(loadCode({ url: `${base}/nothing` }, { handler })), {
    code: 'CodeFetchFailed',
    message: /status 404/,
  });
  t.match(await failure(loadCode({ url: `${base}/loop` }, { handler })), {
    code: 'CodeFetchFailed',
    message: /redirects more than 5/,
  });
  t.match(await failure(loadCode({ url: `${base}/file` }, { handler })), { code: 'CodeUnsafe' });
  t.match(await failure(loadCode({ url: `${base}/code.zip` }, { handler, limits: { packageBytes: 50 } })), {
    code: 'CodeTooLarge',
  });
  t.match(await failure(loadCode({ url: 'http://example.com/x.zip' }, { handler })), { code: 'CodeUnsafe' });
  t.match(await failure(loadCode({ url: 'not an address' }, { handler })), { code: 'InvalidArgument' });
});

t.test('an archive that reaches outside, links, repeats itself or explodes is refused', async (t) => {
  const good = await zip({ 'index.js': 'exports.handler = 1;', 'aa/bb.js': '' });
  for (const name of ['../bb.js', '/a/bb.js', 'aa\\bb.js', 'C:/bb.js']) {
    t.match(
      await failure(loadCode({ zipFile: rename(good, 'aa/bb.js', name.padEnd(8, 'x').slice(0, 8)) }, { handler })),
      { code: 'CodeUnsafe' },
      name,
    );
  }
  t.match(await failure(loadCode({ zipFile: rename(good, 'aa/bb.js', 'index.js') }, { handler })), {
    code: 'CodeUnsafe',
    message: /twice/,
  });
  t.match(await failure(loadCode({ zipFile: await zip({ 'index.js': '/etc/passwd' }, 0o120777) }, { handler })), {
    code: 'CodeUnsafe',
    message: /link/,
  });
  const bomb = await zip({ 'index.js': Buffer.alloc(5_000_000) });
  t.ok(bomb.length < 10_000);
  t.match(await failure(loadCode({ zipFile: bomb }, { handler, limits: { unpackedBytes: 1_000_000 } })), {
    code: 'CodeTooLarge',
  });
  t.match(await failure(loadCode({ zipFile: await zip({ a: '', b: '', c: '' }) }, { handler, limits: { files: 2 } })), {
    code: 'CodeTooLarge',
  });
  t.match(await failure(loadCode({ zipFile: await zip({ [`${'d/'.repeat(70)}x.js`]: '' }) }, { handler })), {
    code: 'CodeTooLarge',
  });
  t.match(await failure(loadCode({ zipFile: good.subarray(0, 60) }, { handler })), {
    code: 'BuildFailed',
    message: /cannot be read/,
  });
  t.match(await failure(loadCode({ zipFile: Buffer.from('no zip at all') }, { handler })), { code: 'BuildFailed' });
});

t.test('what is missing or too large is said so', async (t) => {
  const root = t.testdir({ 'index.js': 'exports.handler = 1;' });
  t.match(await failure(loadCode({ dir: join(root, 'none') }, { handler })), { code: 'CodeNotFound' });
  t.match(await failure(loadCode({ dir: root }, { handler: 'main.handler' })), {
    code: 'CodeNotFound',
    message: /main\.\{mjs,js/,
  });
  t.match(await failure(loadCode({ zipFile: join(root, 'none.zip') }, { handler })), { code: 'CodeNotFound' });
  t.match(await failure(loadCode({ dir: root }, { handler: '../index.handler' })), { code: 'CodeUnsafe' });
  t.match(await failure(loadCode({ source: 'x'.repeat(101) }, { handler, limits: { sourceLength: 100 } })), {
    code: 'CodeTooLarge',
  });
  symlinkSync('/etc/hostname', join(root, 'away.js'));
  t.match(await failure(loadCode({ dir: root }, { handler: 'away.handler' })), { code: 'CodeUnsafe', message: /link/ });
});

t.test('a build error shows file, line, column and the place', async (t) => {
  const root = t.testdir({
    'index.ts': "import { x } from './x.ts';\nexport const handler = () => x;",
    'x.ts': 'export const x = 1;\nconst y = ;\n',
  });
  const error = await failure(loadCode({ dir: root }, { handler }));
  t.equal(error.code, 'BuildFailed');
  t.match(error.message, /x\.ts:2:11: Unexpected ";"\n {4}const y = ;\n {14}\^/);
  t.notMatch(error.message, root);
  t.match(
    await failure(loadCode({ source: 'import net from "node:net"; export const handler = () => net;' }, { handler })),
    {
      code: 'BuildFailed',
      message: /index\.ts:1:17: The Node\.js module "net" does not exist in an isolate: use fetch/,
    },
  );
  t.match(await failure(loadCode({ source: 'import "left-pad"; export const handler = 1' }, { handler })), {
    message: /code\.resolveDir/,
  });
});

t.test("a package's own use of a Node.js module is a warning, and throws only when it is used", async (t) => {
  const root = t.testdir({
    'index.cjs': "exports.handler = require('needs-net');",
    node_modules: {
      'needs-net': {
        'package.json': '{"name":"needs-net","version":"1.0.0"}',
        'index.js': "const net = require('net'); module.exports = (use) => use ? net.connect(1) : 'fine';",
      },
    },
  });
  const { script, warnings } = await loadCode({ dir: root }, { handler });
  const run = evaluate(script).handler as (use: boolean) => unknown;
  t.equal(run(false), 'fine');
  t.throws(() => run(true), { message: /"net" does not exist in an isolate: use fetch/ });
  t.match(warnings, [/"net"/]);
});

t.test('web-standard globals are bundled in only when the code mentions them', async (t) => {
  const without = await loadCode({ source: 'export const handler = () => 1;' }, { handler });
  t.ok(without.script.length < 1_500, `${without.script.length} characters`);
  t.same(without.packages, []);
  const withUrl = await loadCode({ source: 'export const handler = (e) => new URL(e).hostname;' }, { handler });
  t.match(withUrl.packages, [/whatwg-url-minimum/]);
  t.equal(evaluate(withUrl.script).handler?.('https://a.example/x'), 'a.example');
  t.notMatch(withUrl.script, /class Response/);
});
