/** `isopod check`: its report, its JSON and its exit codes. */
import { join } from 'node:path';
import t from 'tap';
import { checkFunction } from '../../lib/check/check.ts';
import { listFunctionFolders, readFunction } from '../../lib/cli/function-folder.ts';
import { isopod } from './command.ts';

const HANDLER = 'export const handler = () => 1;';

t.test('every example works in an isolate', async (t) => {
  // By the API: a process of the command for each would take a minute. The command itself is tried below.
  for (const folder of await listFunctionFolders('fixtures/functions')) {
    const { compatible, problems, start } = await checkFunction(await readFunction(folder));
    t.same(problems, [], folder);
    t.ok(compatible && start !== undefined);
  }
  const { code, out, err } = await isopod(['check', 'fixtures/functions/hello']);
  t.equal(code, 0);
  t.equal(err, '');
  t.match(out, /\nstart\n {2}kind +(snapshot|code-cache)/);
  t.match(out, /works in an isolate: nothing it needs is missing; \d+ warnings?\.\n$/);
});

t.test('the report lists packages, globals by tier, the start and warnings', async (t) => {
  const { out } = await isopod(['check', 'fixtures/functions/csv-to-json']);
  t.match(
    out,
    /^csv-to-json \(index\.handler\)\n\npackage +version +imported by\n-+ .*\npapaparse +[\d.]+ +index\.js:3\n\n/,
  );
  t.match(out, /\nglobals\n {2}language {6}Array, .*\n(.*\n)*? {2}web-standard {2}.*Blob.*\n {2}missing {7}.*window\n/);
  t.match(out, /\n {2}size +\d+ KB, from a bundle of \d+ KB\n {2}measured +.*start as chosen [\d.]+ ms\n/);
  t.match(
    out,
    /\nwarnings\n(.*\n)* {2}There is no global "XMLHttpRequest" in an isolate: use fetch \(package "papaparse"\)\n/,
  );
});

t.test('what does not work ends with 4 and says what decides', async (t) => {
  const bad: Record<string, readonly [text: string, ...says: RegExp[]]> = {
    net: [
      `import net from 'node:net';\nexport const handler = () => net;`,
      /^net +missing +index\.js:1 +use fetch$/m,
      /the module "net" is missing/,
    ],
    child: [
      `const { exec } = require('child_process');\nexports.handler = () => exec;`,
      /context\.bindings/,
      /the module "child_process" is missing/,
    ],
    page: ['export const handler = () => document.title;', /\(index\.js:1\)/, /the global "document" is missing/],
    syntax: ['export const handler = (', /index\.js:1:25: Unexpected end of file/, /it cannot be built/],
    package: [
      `import x from 'not-installed';\nexport const handler = () => x;`,
      /cannot be found \(index\.js:1\)/,
      /the import "not-installed" leads nowhere/,
    ],
    throws: [
      `null.x;\n${HANDLER}`,
      /TypeError: Cannot read.*\n +at index\.js:1:6\n/,
      /its top level fails \(TopLevelFailed\)/,
    ],
    handler: ['export const other = 1;', /does not export "handler"/, /its handler is missing/],
  };
  const dir = t.testdir(Object.fromEntries(Object.entries(bad).map(([name, [text]]) => [name, { 'index.js': text }])));
  for (const [name, [, ...says]] of Object.entries(bad)) {
    const { code, out, err } = await isopod(['check', join(dir, name)]);
    t.equal(code, 4, name);
    t.equal(err, '');
    for (const said of says) t.match(out, said);
    t.match(out, new RegExp(`\\n${name} does not work in an isolate: [^\\n]*; 0 warnings\\.\\n$`));
  }
});

t.test('a top level that never ends is ended and told', async (t) => {
  const dir = t.testdir({ 'index.js': `for (;;);\n${HANDLER}` });
  const { code, out } = await isopod(['check', dir]);
  t.equal(code, 4);
  t.match(out, /did not load within 10000 ms/);
});

t.test('--json prints the report as one object; --handler and single files are as for run', async (t) => {
  const dir = t.testdir({ 'job.mjs': `import 'node:tls';\nexport const handler = () => 1;\nexport const no = 1;` });
  const { code, out } = await isopod(['check', join(dir, 'job.mjs'), '--json']);
  t.equal(code, 4);
  const report = JSON.parse(out);
  t.match(report, {
    functionName: 'job',
    handler: 'job.handler',
    compatible: false,
    problems: [{ kind: 'module', name: 'tls', places: [{ file: 'job.mjs', line: 1, column: 8 }] }],
    modules: [{ name: 'tls', tier: 'missing', note: 'use fetch with an https address' }],
    error: { code: 'BuildFailed' },
  });
  const good = await isopod(['check', 'fixtures/functions/hello', '--handler', 'index.nothing', '--json']);
  t.equal(good.code, 4);
  t.match(JSON.parse(good.out).problems, [{ kind: 'handler', name: 'HandlerNotFound' }]);
});

t.test('nothing to check, or a wrong declaration, is wrong use', async (t) => {
  const missing = await isopod(['check', join(t.testdir({}), 'nowhere')]);
  t.equal(missing.code, 2);
  t.match(missing.err, /^CodeNotFound: There is nothing at/);
  const dir = t.testdir({ 'package.json': '{"isopod":{"timeout":-1}}', 'index.js': HANDLER });
  t.equal((await isopod(['check', dir])).code, 2);
});
