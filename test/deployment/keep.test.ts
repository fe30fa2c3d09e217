/** Functions that are kept, over the end of their engine. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import yazl from 'yazl';
import { createEngine, type Engine, type EngineOptions } from '../../lib/index.ts';

const open = (dataDir: string, more: EngineOptions = {}): Promise<Engine> =>
  createEngine({ workers: 0, dataDir, keepFunctions: true, ...more });

const says = (text: string): { source: string } => ({
  source: `export const handler = () => ${JSON.stringify(text)};`,
});

const filesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

/** What a replaced deployment had is let go once its calls are over. */
async function left(folder: string, count: number): Promise<void> {
  while (filesIn(folder) !== count) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [name, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text), name);
  archive.end();
  return buffer(archive.outputStream);
}

t.test('functions, versions and aliases are there again, and nothing is built', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const first = await open(dataDir);
  await first.createFunction({ functionName: 'acme/f', code: says('one'), environmentVariables: { A: '1' } });
  await first.publishVersion('acme/f', { description: 'first' });
  await first.createFunction({ functionName: 'acme/g', code: says('g') });
  await first.updateFunction('acme/f', { code: says('two'), timeout: 7 });
  await first.publishVersion('acme/f');
  await first.createAlias('acme/f', { aliasName: 'live', versionId: '1', additionalVersionWeight: { 2: 0.1 } });
  await first.createAlias('acme/f', { aliasName: 'gone', versionId: '2' });
  await first.deleteAlias('acme/f', 'gone');
  await first.updateAlias('acme/f', 'live', { versionId: '2', additionalVersionWeight: {} });
  await first.publishVersion('acme/f');
  await first.deleteVersion('acme/f', '3');
  const told = [first.listFunctions(), first.listVersions('acme/f'), first.listAliases('acme/f')];
  await first.close();

  await using second = await open(dataDir);
  t.same([second.listFunctions(), second.listVersions('acme/f'), second.listAliases('acme/f')], told);
  const status = {};
  t.equal(await second.invoke('acme/f', null, { status }), 'two');
  t.match(status, { coldStart: true, stages: { bundleMs: 0, imageBuildMs: 0 } });
  t.equal(await second.invoke('acme/f', null, { qualifier: '1' }), 'one');
  t.equal(await second.invoke('acme/f', null, { qualifier: 'live' }), 'two');
  t.equal(second.invokeSync('acme/g'), 'g');
  t.equal((await second.publishVersion('acme/f')).versionId, '4', 'numbers go on');
  await second.deleteFunction('acme/f');
  await second.createFunction({ functionName: 'acme/f', code: says('new') });
  t.same([second.listVersions('acme/f'), second.listAliases('acme/f')], [[], []]);
});

t.test('what was deleted is gone, with its code', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const long = `${says('x').source} // ${'long '.repeat(1_000)}`;
  const first = await open(dataDir);
  await first.createFunction({ functionName: 'f', code: { source: long } });
  await first.createFunction({ functionName: 'same', code: { source: long } });
  t.equal(filesIn(join(dataDir, 'code')), 2, 'equal code is kept once: as it was given, and bundled');
  await first.deleteFunction('f');
  t.equal(filesIn(join(dataDir, 'code')), 2, 'as long as another function has it');
  await first.updateFunction('same', { code: says('y') });
  await left(join(dataDir, 'code'), 1);
  await first.deleteFunction('same');
  await left(join(dataDir, 'code'), 0);
  await first.close();
  await using second = await open(dataDir);
  t.same(second.listFunctions(), []);
});

t.test(
  'code is kept as it was: a folder that changes changes nothing, an archive is there for a later update',
  async (t) => {
    const folder = t.testdir({
      code: { 'index.mjs': 'export const handler = () => "folder"; export const other = () => "o";' },
    });
    const dataDir = join(folder, 'data');
    const first = await open(dataDir);
    await first.createFunction({ functionName: 'dir', code: { dir: join(folder, 'code') } });
    const zipFile = await zip({ 'a.mjs': 'export const one = () => "a1";', 'b.mjs': 'export const two = () => "b2";' });
    await first.createFunction({ functionName: 'zip', handler: 'a.one', code: { zipFile } });
    await first.close();
    rmSync(join(folder, 'code'), { recursive: true });
    await using second = await open(dataDir);
    t.equal(await second.invoke('dir'), 'folder');
    await second.updateFunction('dir', { handler: 'index.other', memorySize: 64 });
    t.equal(await second.invoke('dir'), 'o', 'another export of the same file needs no code again');
    await second.updateFunction('zip', { handler: 'b.two' });
    t.equal(await second.invoke('zip'), 'b2');
    await t.rejects(second.updateFunction('dir', { handler: 'other.handler' }), { code: 'CodeNotFound' });
    t.equal(await second.invoke('dir'), 'o');
  },
);

t.test('a function with host functions is not kept, the embedding program declares it again', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const warnings: string[] = [];
  const logger = { info() {}, warn: (message: string) => void warnings.push(message), error() {} };
  const first = await open(dataDir, { logger });
  await first.createFunction({ functionName: 'bound', code: says('x'), bindings: { a: { b: () => 1 } } });
  await first.createFunction({
    functionName: 'called',
    code: says('x'),
    asyncInvokeConfig: { onSuccess: () => undefined },
  });
  await first.createFunction({
    functionName: 'plain',
    code: says('x'),
    asyncInvokeConfig: { maxAsyncRetryAttempts: 0 },
  });
  await first.createFunction({ functionName: 'became', code: says('x') });
  await first.updateFunction('became', { bindings: { a: { b: () => 1 } } });
  t.equal(warnings.filter((text) => /not kept/.test(text)).length, 3);
  await first.close();
  await using second = await open(dataDir);
  t.same(
    second.listFunctions().map(({ functionName }) => functionName),
    ['plain'],
  );
});

t.test('images that are lost are built again from the code that was kept', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const first = await open(dataDir);
  await first.createFunction({ functionName: 'f', code: says('x') });
  await first.close();
  rmSync(join(dataDir, 'images'), { recursive: true });
  await using second = await open(dataDir);
  t.throws(() => second.invokeSync('f'), { code: 'NotSynchronous', message: /built again/ });
  t.equal(await second.invoke('f'), 'x');
  await t.rejects(second.createFunction({ functionName: 'f', code: says('y') }), { code: 'FunctionAlreadyExists' });
});

t.test('a function whose code is lost says so, and the others serve', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const first = await open(dataDir);
  await first.createFunction({ functionName: 'f', code: says('x') });
  await first.close();
  rmSync(join(dataDir, 'images'), { recursive: true });
  rmSync(join(dataDir, 'code'), { recursive: true });
  await using second = await open(dataDir);
  await second.createFunction({ functionName: 'g', code: says('g') });
  await t.rejects(second.invoke('f'), { code: 'CodeNotFound', message: /deploy it again/ });
  t.equal(await second.invoke('g'), 'g');
  await second.updateFunction('f', { code: says('again') });
  t.equal(await second.invoke('f'), 'again');
});

t.test('without keepFunctions nothing is kept, and without a dataDir it is refused', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const first = await createEngine({ workers: 0, dataDir });
  await first.createFunction({ functionName: 'f', code: says('x') });
  await first.close();
  await using second = await open(dataDir);
  t.same(second.listFunctions(), []);
  await t.rejects(createEngine({ keepFunctions: true }), {
    code: 'InvalidArgument',
    message: /keepFunctions: needs a dataDir/,
  });
});
