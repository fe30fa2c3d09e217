/** WebSockets of functions with web-standard handlers, from a client of its own to the function and back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { WebSocket } from 'ws';
import { labelOf } from '../../../lib/http/gateway/targets.ts';
import { type Served, serve } from '../served.ts';

const ECHO = `export default {
  fetch(request) {
    if (request.headers.get('upgrade') !== 'websocket') return new Response('plain');
    if (new URL(request.url).pathname === '/no') return new Response('not here', { status: 403 });
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => {
      if (data === 'close') return server.close(4000, 'as asked');
      if (data === 'loop') for (;;);
      if (data === 'grow') for (const all = []; ; ) all.push(new Array(100_000).fill(all.length));
      if (data === 'throw') throw new Error('as asked');
      server.send(typeof data === 'string' ? 'echo ' + data : data);
    });
    server.onclose = ({ code, reason, wasClean }) => console.log('closed ' + [code, reason, wasClean, server.readyState]);
    server.send('hello');
    return new Response(null, { status: 101, webSocket: client, headers: { 'x-mine': 'yes' } });
  },
};`;

async function withFunction(
  source: string,
  more: object = {},
  trigger: object = {},
): Promise<{ served: Served; url: string }> {
  const served = await serve();
  await served.engine.createFunction({ functionName: 'f', code: { source }, ...more });
  const made = await served.engine.createTrigger('f', {
    triggerName: 'web',
    triggerType: 'http',
    triggerConfig: { authType: 'anonymous', ...trigger },
  });
  return { served, url: `ws://127.0.0.1:${served.port}/url/${labelOf(made)}` };
}

const text = async (socket: WebSocket): Promise<string> => String((await once(socket, 'message'))[0]);

t.test('messages of both kinds go both ways, and the client may close', async (t) => {
  const { served, url } = await withFunction(ECHO);
  t.teardown(() => served.close());
  const socket = new WebSocket(url);
  const [[{ headers }], first] = await Promise.all([once(socket, 'upgrade'), text(socket)]);
  t.equal(headers['x-mine'], 'yes');
  t.equal(first, 'hello');
  socket.send('grüße');
  t.equal(await text(socket), 'echo grüße');
  socket.send(new Uint8Array([0, 255, 7]));
  const [data, isBinary] = await once(socket, 'message');
  t.same([[...data], isBinary], [[0, 255, 7], true]);
  t.equal(served.engine.stats('f').functions[0]?.open ?? 0, 1, 'the socket is a call in progress');
  const told = new Promise<string>((resolve) => {
    served.engine.observe({ log: ({ line }) => line.includes('closed') && resolve(line) });
  });
  socket.close(4_321, 'bye');
  await once(socket, 'close');
  t.match(await told, /closed 4321,bye,true,3$/, 'the function hears of it');
  await served.engine.whenIdle();
  while ((served.engine.stats('f').functions[0]?.open ?? 0) > 0) await new Promise(setImmediate);
});

t.test('the function may close, and answer without one', async (t) => {
  const { served, url } = await withFunction(ECHO);
  t.teardown(() => served.close());
  const socket = new WebSocket(url);
  await text(socket);
  socket.send('close');
  const [code, reason] = await once(socket, 'close');
  t.same([code, String(reason)], [4_000, 'as asked']);
  const refused = new WebSocket(`${url}/no`);
  const [, response] = await once(refused, 'unexpected-response');
  t.equal(response.statusCode, 403);
  response.destroy();
  t.equal(await (await fetch(url.replace('ws', 'http'))).text(), 'plain');
});

t.test('a function that runs out of time closes with 1011, looping or waiting', async (t) => {
  const { served, url } = await withFunction(ECHO, { timeout: 1 });
  t.teardown(() => served.close());
  for (const message of ['loop', 'wait']) {
    const socket = new WebSocket(url);
    await text(socket);
    socket.send(message);
    const [code, reason] = await once(socket, 'close');
    t.same([code, String(reason)], [1_011, 'FunctionTimeout'], message);
  }
});

t.test('a function that outgrows its memory closes with 1011; one whose listener throws goes on', async (t) => {
  const { served, url } = await withFunction(ECHO, { memorySize: 64 });
  t.teardown(() => served.close());
  const lines: string[] = [];
  served.engine.observe({ log: ({ line }) => void lines.push(line) });
  const socket = new WebSocket(url);
  t.equal(await text(socket), 'hello');
  socket.send('throw');
  socket.send('more');
  t.equal(await text(socket), 'echo more');
  t.match(lines.join('\n'), /as asked/, 'what it threw is in the log');
  socket.send('grow');
  const [code] = await once(socket, 'close');
  t.equal(code, 1_011);
  const next = new WebSocket(url);
  t.equal(await text(next), 'hello', 'another instance takes the next');
  next.close();
  await once(next, 'close');
});

t.test('a message that is too large closes with 1009; many at once are all answered', async (t) => {
  const { served, url } = await withFunction(ECHO);
  t.teardown(() => served.close());
  const large = new WebSocket(url);
  await text(large);
  large.send('x'.repeat(1_048_577));
  t.equal((await once(large, 'close'))[0], 1_009);
  const socket = new WebSocket(url);
  await text(socket);
  const answers: string[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (answers.push(String(data)) === 500) resolve();
    });
  });
  for (let at = 0; at < 500; at++) socket.send(`${at}`);
  await all;
  t.same(
    answers,
    Array.from({ length: 500 }, (_, at) => `echo ${at}`),
  );
  socket.terminate();
});

t.test('rules of the trigger hold, and what is no handshake is refused', async (t) => {
  const { served, url } = await withFunction(ECHO, {}, { methods: ['POST'] });
  t.teardown(() => served.close());
  const [, response] = await once(new WebSocket(url), 'unexpected-response');
  t.equal(response.statusCode, 405);
  response.destroy();
  const raw = connect(served.port, '127.0.0.1');
  raw.write(
    `POST /url/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n`,
  );
  const [bytes] = await once(raw, 'data');
  t.match(String(bytes), /^HTTP\/1\.1 (400|404)/);
  raw.destroy();
});

t.test('a handshake without its key is refused, and the call ends', async (t) => {
  const { served, url } = await withFunction(ECHO);
  t.teardown(() => served.close());
  const raw = connect(served.port, '127.0.0.1');
  raw.write(`GET ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const [bytes] = await once(raw, 'data');
  t.match(String(bytes), /^HTTP\/1\.1 400/);
  raw.destroy();
  while ((served.engine.stats('f').functions[0]?.open ?? 0) > 0) await new Promise(setImmediate);
});

t.test('a 101 for a request that asked for no WebSocket fails the call', async (t) => {
  const source = `export default { fetch: () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }) };`;
  const { served, url } = await withFunction(source);
  t.teardown(() => served.close());
  const response = await fetch(url.replace('ws', 'http'));
  t.equal(response.status, 502);
  t.match(await response.text(), /answers a request to upgrade/);
});

t.test('a server that stops tells its clients', async (t) => {
  const { served, url } = await withFunction(ECHO);
  const socket = new WebSocket(url);
  await text(socket);
  const closed = once(socket, 'close');
  await served.close();
  t.equal((await closed)[0], 1_001);
});

t.test('in a cell and on a worker it is the same', async (t) => {
  for (const more of [{ isolation: 'process' }, { lane: 'worker' }]) {
    const { served, url } = await withFunction(ECHO, more);
    const socket = new WebSocket(url);
    t.equal(await text(socket), 'hello');
    socket.send('there');
    t.equal(await text(socket), 'echo there');
    socket.close();
    await once(socket, 'close');
    await served.close();
  }
});

t.test('a request that offers another protocol is answered as if it did not', async (t) => {
  const { served, url } = await withFunction(
    "export default { fetch: async (request) => new Response(request.headers.get('upgrade') + ' ' + (await request.text())) };",
  );
  t.teardown(() => served.close());
  const raw = connect(served.port, '127.0.0.1');
  const head = `POST ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n`;
  raw.write(`${head}Content-Length: 4\r\n\r\nbody`);
  const [bytes] = await once(raw, 'data');
  t.match(String(bytes), /^HTTP\/1\.1 200.*null body$/s);
  raw.destroy();
});

// Connections that are kept open would hold the process.
t.end();
