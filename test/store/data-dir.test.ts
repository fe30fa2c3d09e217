import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
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
  const folder = t.testdir({ data: {} });
  const path = join(folder, 'data');
  chmodSync(path, 0o500);
  // The superuser may write everywhere: take another user's place.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) chmodSync(path, 0o555);
  const { stdout } = await promisify(execFile)(process.execPath, opener(path), { ...user, timeout: 20_000 }).catch(
    (error: { stdout?: string; stderr?: string }) => ({ stdout: `${error.stdout}${error.stderr}` }),
  );
  t.match(stdout, /^DataDirUnusable .*cannot be written to/);
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
