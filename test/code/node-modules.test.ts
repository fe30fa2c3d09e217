import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import t from 'tap';
import { loadCode } from '../../lib/code/load.ts';
import { builtinName, isSupported, missingMessage, NODE_MODULES } from '../../lib/code/node-modules.ts';
import type { IsopodError } from '../../lib/errors.ts';
import { createEngine, type Engine } from '../../lib/index.ts';
import { page } from '../../scripts/node-modules-page.ts';

const handler = 'index.handler';
const names = Object.keys(NODE_MODULES);
const supported = names.filter(isSupported);

let engine: Engine;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.after(() => engine.close());

t.test('the table has every public module of this Node.js, and its page is up to date', async (t) => {
  const known = builtinModules.filter((name) => !name.startsWith('_')).map((name) => name.replace(/^node:/, ''));
  t.same(
    known.filter((name) => !names.includes(name)),
    [],
  );
  t.equal(readFileSync('docs/node-modules.md', 'utf8'), page(), 'else: node scripts/node-modules-page.ts');
});

t.test('names are told with and without node:', async (t) => {
  t.equal(builtinName('fs'), 'fs');
  t.equal(builtinName('node:fs/promises'), 'fs/promises');
  t.equal(builtinName('node:nothing'), 'nothing');
  t.equal(builtinName('lodash'), undefined);
  t.equal(builtinName('constructor'), undefined);
});

t.test('the user’s own import of a missing module fails the build and names the alternative', async (t) => {
  for (const name of [...names.filter((each) => !isSupported(each)), 'nothing']) {
    const source = `import * as all from 'node:${name}'; export const handler = () => all;`;
    const error = await loadCode({ source }, { handler }).catch((thrown: IsopodError) => thrown);
    t.match(error, { code: 'BuildFailed' }, name);
    t.ok((error as IsopodError).message.includes(missingMessage(name)), name);
  }
});

t.test('every other module loads by import and by require, and starts from a heap snapshot', async (t) => {
  const imports = supported.map((name, at) => `import * as m${at} from '${at % 2 === 0 ? 'node:' : ''}${name}';`);
  const list = supported.map((_name, at) => `Object.keys(m${at}).length > 0 && m${at}.default !== undefined`);
  const required = supported.map((name) => `require('${name}') === require('node:${name}')`);
  for (const [functionName, source] of [
    ['imported', `${imports.join('\n')}\nexport const handler = () => [${list.join(', ')}];`],
    ['required', `const all = [${required.join(', ')}]; exports.handler = () => all;`],
  ] as const) {
    await engine.createFunction({ functionName, lane: 'direct', timeout: 60, code: { source, language: 'js' } });
    const { image } = engine.getFunction(functionName);
    t.equal(image?.kind, 'snapshot', `${functionName}: ${image?.reason}`);
    const held = (await engine.invoke(functionName, {})) as boolean[];
    t.same(
      supported.filter((_name, at) => held[at] !== true),
      [],
      functionName,
    );
  }
});

t.test('a module of Node.js gives by import and by require the same functions', async (t) => {
  const source = `import fs, { readFileSync } from 'node:fs'; import events from 'node:events'; import path from 'path';
    const all = [require('fs') === fs, fs.readFileSync === readFileSync, require('events') === events, typeof events, require('path').posix === path];
    export const handler = () => all;`;
  await engine.createFunction({ functionName: 'same', lane: 'direct', timeout: 60, code: { source, language: 'js' } });
  t.same(await engine.invoke('same', {}), [true, true, true, 'function', true]);
});

t.test('a package of that name comes before the module, by its bare name only', async (t) => {
  const root = t.testdir({
    'index.cjs': "exports.handler = () => [require('events').mine === true, typeof require('node:events').once];",
    node_modules: {
      events: { 'package.json': '{"name":"events","version":"9.0.0"}', 'index.js': 'exports.mine = true;' },
    },
  });
  await engine.createFunction({ functionName: 'own', lane: 'direct', timeout: 60, code: { dir: root } });
  t.same(await engine.invoke('own', {}), [true, 'function']);
});

t.test('a bundle that imports nothing of Node.js carries nothing of it', async (t) => {
  const { script } = await loadCode({ source: 'export const handler = () => process.env.X;' }, { handler });
  t.ok(script.length < 1_500, `${script.length} characters`);
  const path = await loadCode(
    { source: "import { join } from 'node:path'; export const handler = join;" },
    { handler },
  );
  t.notMatch(path.script, /EventEmitter|ERR_ASSERTION/);
});

t.test('a package that goes without a module in browsers gets ours, or nothing where there is none', async (t) => {
  const root = t.testdir({
    'index.cjs': "exports.handler = () => require('shy');",
    node_modules: {
      shy: {
        'package.json': '{"name":"shy","version":"1.0.0","browser":{"fs":false,"net":false}}',
        'index.js': "module.exports = [typeof require('fs').readFileSync, Object.keys(require('net')).length];",
      },
    },
  });
  await engine.createFunction({ functionName: 'shy', lane: 'direct', timeout: 60, code: { dir: root } });
  t.same(await engine.invoke('shy', {}), ['function', 0]);
});

t.test('a file too large for node:fs is a warning', async (t) => {
  const root = t.testdir({
    'index.cjs': "exports.handler = () => require('fs').readdirSync('/code');",
    'large.txt': 'x'.repeat(2_200_000),
  });
  t.match((await loadCode({ dir: root }, { handler })).warnings, [/"large\.txt" is too large/]);
});
