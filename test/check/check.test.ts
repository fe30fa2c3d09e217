/** `checkFunction`: what it finds in code, where, and what it makes of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { type CompatibilityReport, checkFunction, type FunctionConfig } from '../../lib/index.ts';

const inline = (source: string, more: Partial<FunctionConfig> = {}): Promise<CompatibilityReport> =>
  checkFunction({ functionName: 'f', code: { source }, ...more });

const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

t.test('code that needs nothing is compatible, and its start is told', async (t) => {
  const report = await inline('export const handler = () => 1;');
  t.match(report, { functionName: 'f', handler: 'index.handler', compatible: true, problems: [], warnings: [] });
  t.match(report, { packages: [], modules: [], unresolved: [], globals: [], error: undefined });
  t.match(report.start?.kind, /^(snapshot|code-cache)$/);
  t.ok((report.start?.bytes ?? 0) > 0 && (report.start?.startMs ?? 0) > 0 && (report.bundleBytes ?? 0) > 0);
  t.ok((report.start?.measuredMs['code-cache'] ?? 0) > 0, 'measured by the builder');
});

t.test('a start without a snapshot has its reason', async (t) => {
  const { start } = await inline('const at = Date.now(); export const handler = () => at;');
  t.match(start, { kind: 'code-cache', reason: 'the top level of the module uses Date.now' });
});

t.test('modules of Node.js are told with tier, note and place', async (t) => {
  const report = await inline(`import { readFileSync } from 'node:fs';
import net from 'net';
import { join } from 'path';
export const handler = () => [readFileSync, net, join];`);
  t.match(report.modules, [
    { name: 'fs', tier: 'partial', note: /read-only/, places: [{ file: 'index.ts', line: 1 }] },
    { name: 'net', tier: 'missing', note: 'use fetch', places: [{ file: 'index.ts', line: 2 }] },
    { name: 'path', tier: 'polyfilled', places: [{ file: 'index.ts', line: 3 }] },
  ]);
  t.equal(report.compatible, false);
  t.match(report.problems, [{ kind: 'module', name: 'net', message: /does not exist.*use fetch/ }]);
  t.equal(report.problems.length, 1, 'the failed build is the same problem');
  t.match(report.error, { code: 'BuildFailed' });
});

t.test('every global is told with its tier and place; names that code declares itself are none', async (t) => {
  const { globals, compatible } = await inline(`
type Unused = Window;
const own = (document: string, { localStorage }: { localStorage: number }) => document + localStorage;
class WebSocket {}
export const handler = async () => {
  const response = new Response('x');
  return [own('a', { localStorage: 1 }), new WebSocket(), Buffer.from(await response.text()), globalThis.URL];
};`);
  t.same(
    globals.map(({ name, tier, places }) => [name, tier, places.map(({ line, mention }) => `${line} ${mention}`)]),
    [
      ['Buffer', 'node', ['7 plain']],
      ['Response', 'web', ['6 plain']],
      ['URL', 'web', ['7 property']],
    ],
  );
  t.equal(compatible, true);
});

t.test('a missing global is a problem unless the file tests for it or reads it as a property', async (t) => {
  const plain = await inline('export const handler = () => document.title;');
  t.match(plain.problems, [{ kind: 'global', name: 'document', message: /no global "document".*linkedom/ }]);
  t.match(plain.problems[0]?.places, [{ file: 'index.ts', line: 1, column: 30 }]);
  t.ok(plain.start, 'it starts nevertheless');
  const guarded = await inline(
    `export const handler = () => typeof WebSocket === 'undefined' ? globalThis.localStorage : new WebSocket('x');`,
  );
  t.same(guarded.problems, []);
  t.same(names(guarded.warnings), ['WebSocket', 'localStorage']);
});

t.test('code that is left out of the bundle does not count', async (t) => {
  const { globals } = await inline(`
    const unused = () => new Worker('x');
    if (process.env.NODE_ENV !== 'production') window.alert('x');
    export const handler = () => 1;`);
  t.same(names(globals), []);
});

t.test('WebAssembly is missing unless it is declared', async (t) => {
  const source = 'export const handler = () => WebAssembly.validate(new Uint8Array(8));';
  t.match((await inline(source)).problems, [{ name: 'WebAssembly', message: /declare webAssembly: true/ }]);
  const granted = await inline(source, { webAssembly: true });
  t.equal(granted.compatible, true);
  t.match(granted.globals, [{ name: 'Uint8Array' }, { name: 'WebAssembly', tier: 'language' }]);
});

t.test('what packages ask for is a warning, and says which package', async (t) => {
  const dir = t.testdir({
    'package.json': '{}',
    'index.js': `import a from 'a';\nimport './sub/more.js';\nexport const handler = () => a();`,
    sub: { 'more.js': `import os from 'node:os';\nimport b from '@s/b';\nconsole.log(os, b);` },
  });
  await putPackage(dir, 'a', '1.2.3', {
    'index.js': `const tls = require('tls'), b = require('@s/b'), os = require('os');
let extra; try { extra = require('not-there'); } catch {}
module.exports = () => [tls, b, os, extra, new Worker('x')];`,
  });
  await putPackage(dir, '@s/b', '4.5.6', { 'index.js': 'module.exports = 1;' });
  const report = await checkFunction({ functionName: 'f', code: { dir } });
  t.equal(report.compatible, true);
  t.match(report.packages, [
    { name: '@s/b', version: '4.5.6', places: [{ file: 'sub/more.js', line: 2 }], dependants: ['a'] },
    { name: 'a', version: '1.2.3', places: [{ file: 'index.js', line: 1 }], dependants: [] },
  ]);
  t.match(report.modules, [
    {
      name: 'os',
      places: [
        { file: 'sub/more.js', line: 1 },
        { package: 'a', file: 'node_modules/a/index.js', line: 1 },
      ],
    },
    { name: 'tls', places: [{ package: 'a' }] },
  ]);
  t.match(report.unresolved, [{ name: 'not-there', places: [{ package: 'a', line: 2 }] }]);
  t.match(report.warnings, [
    { kind: 'module', name: 'tls' },
    { kind: 'import', name: 'not-there', message: /the code tries without it/ },
    { kind: 'global', name: 'Worker', places: [{ package: 'a', line: 3 }] },
  ]);
  t.same(names(report.globals), ['Worker', 'console'], 'stand-ins of ours are not the code');
});

t.test('what a package disables for bundlers is not taken for an import', async (t) => {
  const dir = t.testdir({ 'index.js': `import a from 'a';\nexport const handler = () => a;` });
  await putPackage(dir, 'a', '1.0.0', { 'index.js': `module.exports = [require('net'), require('big')];` }, [
    'net',
    'big',
  ]);
  await putPackage(dir, 'big', '1.0.0', { 'index.js': 'module.exports = document.title;' });
  const report = await checkFunction({ functionName: 'f', code: { dir } });
  t.same([names(report.packages), names(report.modules), names(report.globals)], [['a'], [], []]);
});

t.test('all that is missing is found at once, however many', async (t) => {
  const gone = Array.from({ length: 7 }, (_, at) => `gone${at}`);
  const dir = t.testdir({
    'index.js': `${gone.map((name) => `import ${name} from '${name}';`).join('\n')}
import './nowhere.js';
import dgram from 'dgram';
export const handler = () => [${gone}, dgram, window];`,
  });
  const { problems } = await checkFunction({ functionName: 'f', code: { dir } });
  t.same(names(problems), ['dgram', './nowhere.js', ...gone, 'window']);
});

t.test('a syntax error is a problem of its own, with its place', async (t) => {
  const report = await inline('export const handler = (');
  t.match(report.problems, [{ kind: 'build', name: 'BuildFailed', message: /index\.ts:1:25: Unexpected end of file/ }]);
  t.equal(report.start, undefined);
});

t.test('a top level that throws is told with its own frames alone, awaited or not', async (t) => {
  const thrown = await inline(`const load = () => { throw new RangeError('no config'); };
load();
export const handler = () => 1;`);
  t.match(thrown.problems, [{ kind: 'top-level', name: 'TopLevelFailed', message: 'no config' }]);
  t.match(thrown.error, {
    errorType: 'RangeError',
    stackTrace: [/no config/, /at load \(index\.ts:1:28\)/, /index\.ts:2:1/],
  });
  t.equal(thrown.error?.stackTrace?.length, 3);
  const late = await inline(`await null;\nthrow new Error('late');\nexport const handler = () => 1;`);
  t.match(late.error, { code: 'TopLevelFailed', message: 'late', stackTrace: [/late/, /index\.ts:2:7/] });
});

t.test('a handler or a hook that is not there is a problem', async (t) => {
  const handler = await inline('export const other = () => 1;');
  t.match(handler.problems, [{ kind: 'handler', name: 'HandlerNotFound', message: /does not export "handler"/ }]);
  const hook = await inline('export const handler = () => 1;', {
    instanceLifecycleConfig: { initializer: { handler: 'index.begin' } },
  });
  t.match(hook.problems, [{ kind: 'handler', message: /does not export "begin"/ }]);
  const file = await checkFunction({ functionName: 'f', code: { dir: t.testdir({}) } });
  t.match(file.problems, [{ kind: 'handler', name: 'CodeNotFound' }]);
});

t.test('neither the handler nor the initializer is called', async (t) => {
  const report = await inline(
    `export const handler = () => { throw new Error('called'); };
     export const begin = () => { throw new Error('called'); };`,
    { instanceLifecycleConfig: { initializer: { handler: 'index.begin' } } },
  );
  t.equal(report.compatible, true);
});

t.test('a wrong declaration is no report but an error', async (t) => {
  await t.rejects(inline('', { timeout: -1 }), { code: 'InvalidArgument', message: /timeout/ });
  await t.rejects(checkFunction({ functionName: 'f', code: { dir: t.testdir({}) }, handler: '../x.handler' }), {
    code: 'CodeUnsafe',
  });
});

async function putPackage(
  dir: string,
  name: string,
  version: string,
  files: Record<string, string>,
  disabled: readonly string[] = [],
): Promise<void> {
  const folder = join(dir, 'node_modules', name);
  await mkdir(folder, { recursive: true });
  const browser = Object.fromEntries(disabled.map((module) => [module, false]));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version, browser }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
}
