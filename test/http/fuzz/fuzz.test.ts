/**
 * The server under hostile HTTP: whatever comes, it lives, what it answers is HTTP and never a 5xx, and it leaves nothing
 * behind. `ISOPOD_FUZZ_SEED` and `ISOPOD_FUZZ_REQUESTS` repeat and lengthen a run.
 */
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { ADMIN, type Served, serve } from '../served.ts';
import { attack, randomFrom } from './attacks.ts';

const seed = Number(process.env.ISOPOD_FUZZ_SEED ?? Math.floor(Math.random() * 1e9));
const count = Number(process.env.ISOPOD_FUZZ_REQUESTS ?? 600);
/** Milliseconds to wait for an answer to what may have none. */
const PATIENCE = 400;

let served: Served;
t.before(async () => {
  served = await serve({ headersTimeoutSeconds: 2, requestTimeoutSeconds: 2, maxSyncBytes: 10_000 });
  await served.engine.createFunction({ functionName: 'f', code: { source: 'export const handler = () => 1;' } });
});
t.after(() => served.close());

/** Sends bytes, and gives what came back until the connection ended or nothing more came. */
function send(bytes: Buffer, patience = PATIENCE): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(served.port, '127.0.0.1');
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(patience, done);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', done).on('close', done);
    socket.write(bytes);
  });
}

const alive = async (t: Test): Promise<void> => {
  t.equal((await fetch(`${served.base}/healthz`)).status, 200, 'it lives');
};

t.test(`hostile requests (seed ${seed})`, { timeout: 110_000 }, async (t) => {
  const random = randomFrom(seed);
  const wrong: string[] = [];
  let answered = 0;
  const one = async (): Promise<void> => {
    const { name, bytes } = attack(random);
    const text = await send(bytes);
    if (text === '') return;
    answered++;
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
    if (!(status >= 100 && status < 500)) wrong.push(`${name.slice(0, 100)} -> ${text.slice(0, 200)}`);
  };
  for (let at = 0; at < count; at += 50) await Promise.all(Array.from({ length: Math.min(50, count - at) }, one));
  t.ok(answered > 0, `${answered} of ${count} were answered`);
  t.same(wrong, [], "no answer is the server's own failure, and every answer is HTTP");
  await alive(t);
});

t.test('slow clients are cut off, and others are not held up', async (t) => {
  const slow = Array.from({ length: 50 }, () =>
    send(
      Buffer.from('POST /2023-03-30/functions/f/invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{'),
      20_000,
    ),
  );
  await alive(t);
  for (const text of await Promise.all(slow)) t.match(text, /^HTTP\/1\.1 4(08|03)|^$/);
  await alive(t);
});

t.test('clients that leave in the middle leave nothing behind', async (t) => {
  for (let round = 0; round < 200; round++) {
    const socket = connect(served.port, '127.0.0.1').on('error', () => undefined);
    socket.write('POST /2023-03-30/functions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab');
    if (round % 2 === 0) socket.destroy();
    else socket.on('connect', () => socket.resetAndDestroy());
  }
  await alive(t);
  const connections = (): Promise<number> =>
    new Promise((resolve) => served.server.server.getConnections((_error, open) => resolve(open)));
  while ((await connections()) > 5) await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(served.host.meterOf(served.host.tenants.get('default')).running, 0);
  t.pass('every connection is gone');
});

t.test('a signed body that is not the one that was signed changes nothing', async (t) => {
  const { signedHeaders } = await import('../../../lib/http/auth/sign.ts');
  const path = '/isopod/v1/tenants';
  const host = `127.0.0.1:${served.port}`;
  const headers = signedHeaders(
    'POST',
    path,
    { host, 'content-type': 'application/json' },
    Buffer.from('{"name":"a"}'),
    ADMIN,
  );
  const response = await fetch(served.base + path, { method: 'POST', headers, body: '{"name":"b"}' });
  t.equal(response.status, 403);
  t.equal(served.host.tenants.find('b'), undefined);
});

// Connections that are kept open would hold the process.
t.end();
