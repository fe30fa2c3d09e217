/** `isopod start --once`: the table of all examples, and of functions that cannot be deployed. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isopod } from './command.ts';

t.test('--once deploys and tries every example and prints one table', async (t) => {
  const { code, out, err } = await isopod(['start', '--once']);
  t.equal(code, 0, 'a function that fails by itself is no failure of the command');
  const [titles = '', rule = '', ...lines] = out.split('\n');
  t.match(
    titles,
    /^function +start +image KB +cold ms +build +image +restore .*direct µs +worker µs +lane +async +result$/,
  );
  t.match(rule, /^[- ]+$/);
  const rows = lines.slice(0, 16);
  for (const row of rows) {
    const [name = '', start, bytes, cold] = row.split(/ +/);
    t.match(start, /^(snapshot|code-cache|plain)$/, `${name} has a start kind`);
    t.ok(Number(bytes) >= 0 && Number(cold) > 0, `${name} has an image and a cold start`);
    if (name === 'failing') t.match(row, /RetriesExhausted \(2\) +failed: PaymentDeclinedError: Card/);
    else t.match(row, /Success \(1\)/, `${name} succeeded asynchronously`);
  }
  t.match(out, /15 of 16 functions succeeded; 1 failed by an error of its own code \(failing\)\.\n$/);
  t.match(err, /^1\/16 .*binary\n/);
  t.notOk((out + err).includes(String.fromCharCode(27)), 'no colours where there is no terminal');
});

t.test('a function that cannot be deployed is a line of the table, and the exit code', async (t) => {
  const broken = await mkdtemp(join(tmpdir(), 'isopod-broken-'));
  t.teardown(() => rm(broken, { recursive: true, force: true }));
  const put = async (name: string, files: Record<string, string>): Promise<void> => {
    await mkdir(join(broken, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(broken, name, file), text);
  };
  await put('bad-manifest', { 'package.json': '{', 'index.js': '' });
  await put('bad-syntax', { 'index.js': 'export const handler = (' });
  await put('bad-timeout', {
    'package.json': '{"isopod":{"timeout":-1}}',
    'index.js': 'export const handler = () => 1',
  });
  await put('good', { 'index.js': 'export const handler = () => 1' });
  const { code, out } = await isopod(['start', broken, '--once']);
  t.equal(code, 2);
  t.match(out, /bad-manifest .*not deployed: InvalidArgument/);
  t.match(out, /bad-syntax .*not deployed: BuildFailed/);
  t.match(out, /bad-timeout .*not deployed: InvalidArgument/);
  t.match(out, /good .*Success \(1\) +1\n/);
  t.match(out, /1 of 4 functions succeeded; 3 could not be run/);
});
