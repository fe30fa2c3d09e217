/** `isopod start` as a server: it serves after the table, and ends well. */
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import t from 'tap';
import { address, isopod, launch } from './command.ts';

let folder: string;
t.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isopod-start-'));
  await cp('fixtures/functions/hello', join(folder, 'hello'), { recursive: true });
  await cp('fixtures/functions/slow', join(folder, 'slow'), { recursive: true });
});
t.after(() => rm(folder, { recursive: true, force: true }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`serves after the table until ${signal}, and lets a call in progress finish`, async (t) => {
    const child = launch('start', folder, '--port', '0');
    t.teardown(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    const base = await address(child);
    t.match(base, /^http:\/\/127\.0\.0\.1:\d+$/);
    const call = (name: string, body: string): Promise<Response> =>
      fetch(`${base}/2023-03-30/functions/${name}/invocations`, { method: 'POST', body });
    t.equal(await (await call('hello', '{"name":"Ada"}')).text(), 'Hello, Ada!');
    t.equal((await fetch(`${base}/healthz`)).status, 200);
    const slow = request(`${base}/2023-03-30/functions/slow/invocations`, { method: 'POST' }).end('{"looks":7}');
    const answer = once(slow, 'response') as Promise<[IncomingMessage]>;
    await once(slow, 'finish');
    // Asked when that was sent, and answered: so the slow call has arrived.
    t.equal((await call('hello', '{}')).status, 200);
    child.kill(signal);
    const [response] = await answer;
    t.equal(response.statusCode, 200);
    t.match(await json(response), { status: 'ready' });
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
