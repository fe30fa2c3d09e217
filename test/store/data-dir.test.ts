import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { DataDir } from '../../lib/store/data-dir.ts';

const lib = new URL('../../lib/store/data-dir.ts', import.meta.url).href;
const opener = (path: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { DataDir } from ${JSON.stringify(lib)};
   try { await DataDir.open(${JSON.stringify(path)}); console.log('open'); setInterval(() => {}, 1000); }
   catch (error) { console.log(error.code, error.message); }`,
];

t.test('a second opener is refused in this process and in another, until the first closes', async (t) => {
  const path = join(t.testdir(), 'data');
  const first = await DataDir.open(path);
  const refused = { code: 'DataDirInUse', message: new RegExp(`in use by process ${process.pid} since 20`) };
  await t.rejects(DataDir.open(path), refused);
  const { stdout } = await promisify(execFile)(process.execPath, opener(path));
  t.match(stdout, /^DataDirInUse /);
  await first.close();
  await (await DataDir.open(path)).close();
});

t.test('a process that is killed leaves no lock behind', async (t) => {
  const path = join(t.testdir(), 'data');
  const child = spawn(process.execPath, opener(path), { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await t.rejects(DataDir.open(path), { code: 'DataDirInUse', message: new RegExp(`process ${child.pid} `) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await DataDir.open(path)).close();
});

t.test('a folder that cannot be used is refused, saying why', async (t) => {
  const folder = t.testdir();
  await t.rejects(DataDir.open(join(folder, 'a', 'b')), {
    code: 'DataDirUnusable',
    message: /the folder .*a does not exist; create it first/,
  });
  writeFileSync(join(folder, 'file'), '');
  await t.rejects(DataDir.open(join(folder, 'file')), { code: 'DataDirUnusable', message: /it is not a folder/ });
  await t.rejects(createEngine({ dataDir: join(folder, 'a', 'b') }), { code: 'DataDirUnusable' });
});

t.test('a folder that may not be written to is refused', async (t) => {
  // Not a folder of the checkout: there may be no way to it for the user whose place is taken below.
  const folder = mkdtempSync(join(tmpdir(), 'isopod-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'data');
  mkdirSync(path, { mode: 0o555 });
  chmodSync(folder, 0o755);
  // The superuser may write everywhere: with everything loaded, it takes another user's place.
  const asAnother = `if (process.getuid() === 0) process.seteuid(65534);`;
  const [, , script] = opener(path) as [string, string, string];
  const code = script.replace('try {', `${asAnother} try {`);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code]);
  t.match(stdout, /^DataDirUnusable .*it cannot be (written to|created)/);
});

t.test('an engine holds its folder until it is closed, and a temporary one is removed', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const engine = await createEngine({ workers: 0, dataDir });
  await t.rejects(createEngine({ dataDir }), { code: 'DataDirInUse' });
  await engine.close();
  await using again = await createEngine({ workers: 0, dataDir });
  t.ok(again);
  const temporary = await DataDir.open(undefined);
  t.ok(existsSync(temporary.path));
  await temporary.close();
  t.notOk(existsSync(temporary.path));
});

t.test('a temporary folder is removed while files still come into it', async (t) => {
  const folder = await DataDir.open(undefined);
  const writing = (async () => {
    for (let no = 0; no < 100; no++) await writeFile(join(folder.path, `${no}`), '').catch(() => undefined);
  })();
  await Promise.all([folder.close(), writing]);
  t.notOk(existsSync(folder.path));
});

t.test('an engine that cannot start lets go of its folder', async (t) => {
  const dataDir = t.testdir({ images: 'not a folder' });
  await t.rejects(createEngine({ workers: 0, dataDir }));
  rmSync(join(dataDir, 'images'));
  await using engine = await createEngine({ workers: 0, dataDir });
  t.ok(engine);
});
