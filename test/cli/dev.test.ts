/** `isopod dev`, the real command, while files change under it. */
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { watchedDev } from './dev-process.ts';

const greeting = (word: string): string =>
  `import { end } from '../end.ts'; export const handler = (event: { name: string }) => '${word}, ' + event.name + end;`;

t.test('a change takes over, a mistake is told with its place and harms nothing', async (t) => {
  const dir = t.testdir({
    'end.ts': 'export const end: string = "";',
    greet: { 'index.ts': greeting('Hello') },
    other: { 'index.mjs': 'export const handler = () => { console.warn("careful"); throw new RangeError("never"); };' },
  });
  const { child, seen, call, base } = await watchedDev(t, dir);
  t.equal(await call('greet'), 'Hello, Ada');
  await seen(/ok {3}greet [\d.]+ ms worker cold: .*start [\d.]+/);

  await writeFile(join(dir, 'greet/index.ts'), greeting('Bye'));
  await seen(/reloaded greet \(\d+ ms/);
  t.equal(await call('greet'), 'Bye, Ada');

  await writeFile(join(dir, 'greet/index.ts'), 'export const handler = (event => ;');
  await seen(/failed {3}.*greet\n\S*BuildFailed.*index\.ts:1/s);
  t.equal(await call('greet'), 'Bye, Ada', 'what ran goes on');
  await writeFile(join(dir, 'greet/index.ts'), greeting('Bye'));
  await seen(/reloaded greet/);

  await writeFile(join(dir, 'end.ts'), 'export const end: string = "!";');
  await seen(/reloaded greet[\s\S]*reloaded other/);
  t.equal(await call('greet'), 'Bye, Ada!', 'what functions share');

  await mkdir(join(dir, 'late'));
  await writeFile(join(dir, 'late/index.js'), 'export const handler = () => "late"');
  await seen(/ready {4}late/);
  t.equal(await call('late'), 'late', 'a function that came');
  await rm(join(dir, 'late'), { recursive: true });
  await seen(/removed {2}late/);
  t.match(await call('late'), /FunctionNotFound/);

  await call('other');
  await seen(/other \| careful/);
  await seen(/fail other [\s\S]*RangeError: never\n.*index\.mjs:1:\d+/);
  t.equal((await fetch(`${base}/console`)).status, 200);
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  t.same(await exit, [0, null]);
});
