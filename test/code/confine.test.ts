/** Archives of strangers: nothing of the host gets into a bundle, or into an error. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t from 'tap';
import { loadCode } from '../../lib/code/load.ts';
import { isSupported, NODE_MODULES } from '../../lib/code/node-modules.ts';
import { WEB_GLOBAL_NAMES } from '../../lib/code/web-globals.ts';
import { zip } from '../http/zip.ts';

const load = async (files: Readonly<Record<string, string>>) =>
  loadCode({ zipFile: await zip(files) }, { handler: 'index.handler' });
const importing = (path: string): string => `import x from ${JSON.stringify(path)}; export const handler = () => x;`;

t.test('no import leads out of the package', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'isopod-host-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const secret = join(folder, 'secret.json');
  writeFileSync(secret, '{"token":"of the host"}');
  writeFileSync(join(folder, 'broken.json'), '{"token": of the host}');
  // Archives are unpacked into a folder beside it.
  const beside = `../${relative(tmpdir(), secret)}`;
  const manifest = (main: object): string => JSON.stringify({ name: 'p', ...main });
  const tries: Record<string, Record<string, string>> = {
    'an absolute path': { 'index.js': importing(secret) },
    'a relative path': { 'index.js': importing(beside) },
    'by way of a folder': { 'index.js': importing(`./a/../${beside}`) },
    'by way of /opt': { 'index.js': importing(`/opt/../..${secret}`) },
    "by way of a package's name": { 'index.js': importing(`p/../../${beside}`), 'node_modules/p/index.js': '' },
    require: { 'index.js': `exports.handler = () => require(${JSON.stringify(secret)});` },
    'a style sheet': { 'index.js': 'import "./s.css"; export const handler = 1;', 's.css': `@import "${secret}";` },
    "a package's entry": {
      'index.js': importing('p'),
      'node_modules/p/package.json': manifest({ main: `../../${beside}` }),
    },
    "a manifest's browser files": {
      'index.js': importing('./z.js'),
      'z.js': '',
      'package.json': manifest({ browser: { './z.js': `./${beside}` } }),
    },
    'paths of a tsconfig': {
      'index.js': importing('mapped'),
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { mapped: [secret] } } }),
    },
  };
  for (const [name, files] of Object.entries(tries)) {
    const error = await load(files).then(
      ({ script }) => new Error(script),
      (thrown: unknown) => thrown as Error,
    );
    t.match(error, { code: 'BuildFailed' }, name);
    t.notMatch(error.message, /token/);
  }
  const config = JSON.stringify({ extends: join(folder, 'broken.json') });
  const built = await load({ 'index.ts': 'export const handler = () => 1;', 'tsconfig.json': config });
  t.match(built.warnings.join(), /tsconfig\.json that extends another/, 'and none is read that a tsconfig extends');
});

t.test('a package may have everything that is in the isolate', async (t) => {
  const modules = Object.keys(NODE_MODULES).filter(isSupported);
  const source = [
    ...modules.map((name, at) => `import * as m${at} from 'node:${name}'; console.log(Object.keys(m${at}).length);`),
    ...WEB_GLOBAL_NAMES.map((name) => `console.log(${name});`),
    'console.log(Buffer, process.exit, awslambda); export const handler = () => 1; export const fetch = () => 1;',
  ];
  const { script } = await load({ 'index.mjs': source.join('\n') });
  t.ok(script.length > 500_000);
});
