/** `isopod serve`, the real command: keys from the environment, a folder that is kept, TLS, and its end. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { isopod, launch as launchClient } from './command.ts';

function launch(args: readonly string[], environment: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const { FORCE_COLOR: _, ...env } = process.env;
  return spawn(process.execPath, ['lib/cli/main.ts', 'serve', '--port', '0', ...args], {
    env: { ...env, ...environment },
  });
}

async function address(child: ChildProcessWithoutNullStreams): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    const found = /Serving on (https?:\/\/\S+)/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`It ended instead of serving: ${text}${(await buffer(child.stderr)).toString()}`);
}

t.test('it serves a folder to this machine, and ends well', async (t) => {
  const folder = t.testdir({
    hello: { 'index.mjs': 'export const handler = (event) => "Hello, " + event.name + "!";' },
  });
  const child = launch([folder, '--anonymous']);
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const base = await address(child);
  const response = await fetch(`${base}/2023-03-30/functions/hello/invocations`, {
    method: 'POST',
    body: '{"name":"Ada"}',
  });
  t.equal(await response.text(), 'Hello, Ada!');
  t.equal((await fetch(`${base}/readyz`)).status, 200);
  child.kill('SIGTERM');
  t.same(await exit, [0, null]);
});

t.test('a result in pieces is shown while it is made', async (t) => {
  const source = `export default {
    fetch: () => new Response(new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      pull: () => new Promise(() => {}),
    })),
  };`;
  const folder = t.testdir({ pieces: { 'index.mjs': source } });
  const child = launch([folder, '--anonymous']);
  t.teardown(() => child.kill('SIGKILL'));
  const client = launchClient('invoke', 'pieces', '--server', await address(child));
  t.teardown(() => client.kill('SIGKILL'));
  const [piece] = (await once(client.stdout, 'data')) as [Buffer];
  t.equal(piece.toString(), 'first');
  t.equal(client.exitCode, null, 'though the call goes on');
});

t.test('with TLS it speaks HTTP/2 and HTTP/1.1', async (t) => {
  const certificate = 'test/outbound/certificate.pem';
  const child = launch(['--anonymous', '--tls-cert', certificate, '--tls-key', 'test/outbound/key.pem']);
  t.teardown(() => child.kill('SIGKILL'));
  const base = await address(child);
  const session = connect(base, { rejectUnauthorized: false });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/healthz' });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  t.equal(headers[':status'], 200);
  t.equal((await buffer(stream)).toString(), '{"status":"ok"}');
  t.equal(session.alpnProtocol, 'h2');
});

t.test('what makes no sense is told before it starts', async (t) => {
  const refused = async (args: string[], told: RegExp, environment: Record<string, string> = {}): Promise<void> => {
    const child = launch(args, environment);
    const [err, [code]] = await Promise.all([buffer(child.stderr), once(child, 'exit')]);
    t.equal(code, 2, args.join(' '));
    t.match(err.toString(), told);
  };
  await Promise.all([
    refused([], /Nobody could use this server: set ISOPOD_ADMIN_ACCESS_KEY_ID/),
    refused(['--anonymous', '--host', '0.0.0.0'], /anonymous is for loopback addresses only/),
    refused(['--port', 'x'], /port/),
    refused(['--anonymous', '--tls-cert', 'none.pem'], /belong together/),
    refused([], /belong together/, { ISOPOD_ADMIN_ACCESS_KEY_ID: 'a' }),
  ]);
  t.match((await isopod(['serve', '--help'])).out, /--max-sync-bytes <bytes>.*ISOPOD_MAX_SYNC_BYTES/s);
});

// Connections that are kept open would hold the process.
t.end();
