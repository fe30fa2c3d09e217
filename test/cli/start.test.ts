/** `isopod start`: the table of all examples, the endpoint after it, the end of it. */
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isopod, launch } from './command.ts';

let folder: string;
t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isopod-start-'));
  await cp('fixtures/functions/hello', join(folder, 'hello'), { recursive: true });
  await cp('fixtures/functions/slow', join(folder, 'slow'), { recursive: true });
});
t.after(() => rm(folder, { recursive: true, force: true }));

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

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`serves after the table until ${signal}, and lets a call in progress finish`, async (t) => {
    const child = launch('start', folder, '--port', '0');
    t.teardown(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    while (!out.includes('Ctrl+C')) await once(child.stdout, 'data');
    const base = /Serving on (http:\/\/127\.0\.0\.1:\d+)/.exec(out)?.[1];
    const call = (name: string, body: string): Promise<Response> =>
      fetch(`${base}/2023-03-30/functions/${name}/invocations`, { method: 'POST', body });
    t.equal(await (await call('hello', '{"name":"Ada"}')).text(), 'Hello, Ada!');
    t.equal((await fetch(`${base}/healthz`)).status, 200);
    const slow = call('slow', '{"looks":6}');
    await new Promise((resolve) => setTimeout(resolve, 250));
    child.kill(signal);
    const response = await slow;
    t.equal(response.status, 200);
    t.match(await response.json(), { status: 'ready' });
    t.same(await exit, [0, null]);
    await t.rejects(call('hello', '{}'), 'nobody listens any more');
  });
}

t.test('a signal while it deploys ends it, too', async (t) => {
  const child = launch('start', '--port', '0');
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  await once(child.stderr, 'data');
  child.kill('SIGTERM');
  t.same(await exit, [0, null]);
});

t.test('a port that is taken is told at once', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, err, out } = await isopod(['start', folder, '--port', String(port)]);
  t.equal(code, 2);
  t.match(err, /^InvalidArgument: Cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\); choose another with --port\n$/);
  t.equal(out, '');
});
