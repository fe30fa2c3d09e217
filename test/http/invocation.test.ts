/** Invocations over a real engine, asked by plain HTTP without credentials. */
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import type { Engine } from '../../lib/index.ts';
import { type Served, serve } from './served.ts';

const sources: Record<string, string> = {
  echo: 'export const handler = (event) => event ?? undefined;',
  greet: 'export const handler = (event) => "Hej, " + event.name + " ☃";',
  invert: 'export const handler = (event) => event.map((byte) => 255 - byte);',
  chatty: 'export const handler = (event, context) => { context.logger.info("x".repeat(event)); return 1; };',
  throws: 'class Odd extends Error { name = "Odd"; }\nexport const handler = async () => { throw new Odd("no"); };',
  handled: 'exports.handler = (event, context, done) => done(new TypeError("bad input"));',
  forever: 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));',
  web: 'export default { fetch: async (request) => new Response(request.method + " " + request.url, { status: 201 }) };',
};

let served: Served;
let engine: Engine;
let base: string;

t.before(async () => {
  served = await serve({ anonymous: true, maxSyncBytes: 10_000 });
  ({ engine, base } = served);
  for (const [functionName, source] of Object.entries(sources)) {
    await engine.createFunction({
      functionName,
      code: { source },
      timeout: 60,
      asyncInvokeConfig: { retryBackoffMs: 1 },
    });
  }
});
t.after(() => served.close());

const call = (
  name: string,
  body?: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${base}/2023-03-30/functions/${name}/invocations`, { method: 'POST', headers, ...(body && { body }) });

/** Checks an API error: status, code and message in the body, a request id in both places. */
async function isFailure(t: Test, response: Response, status: number, code: string, message: RegExp): Promise<void> {
  t.equal(response.status, status);
  t.match(response.headers.get('content-type'), /^application\/json/);
  const body = (await response.json()) as Record<string, string>;
  t.equal(body.Code, code);
  t.equal(body.ErrorCode, code, 'and by the older name');
  t.match(body.Message, message);
  t.match(body.RequestId, /^[\da-f-]{36}$/);
  t.equal(response.headers.get('x-fc-request-id'), body.RequestId);
}

t.test('a JSON event gives a JSON result and what is known of the call', async (t) => {
  const response = await call('echo', '{"a":[1,"x",null]}', { 'content-type': 'application/json' });
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^application\/json/);
  t.same(await response.json(), { a: [1, 'x', null] });
  t.match(response.headers.get('x-fc-request-id'), /^[\da-f-]{36}$/);
  t.match(response.headers.get('x-fc-instance-id'), /^echo-/);
  t.match(response.headers.get('x-fc-invocation-duration'), /^\d+$/);
  t.match(response.headers.get('x-fc-max-memory-usage'), /^\d+\.\d\d$/);
  t.equal(response.headers.get('x-fc-error-type'), null);
  t.equal(response.headers.get('x-fc-log-result'), null);
});

t.test('text and bytes come back as they are, nothing as an empty body', async (t) => {
  const text = await call('greet', '{"name":"Åse"}', { 'content-type': 'application/octet-stream' });
  t.match(text.headers.get('content-type'), /^text\/plain/);
  t.equal(await text.text(), 'Hej, Åse ☃');
  const bytes = await call('invert', new Uint8Array([0, 1, 254, 255]), { 'content-type': 'application/octet-stream' });
  t.equal(bytes.headers.get('content-type'), 'application/octet-stream');
  t.same(new Uint8Array(await bytes.arrayBuffer()), new Uint8Array([255, 254, 1, 0]));
  const nothing = await call('echo');
  t.equal(nothing.status, 200);
  t.equal(await nothing.text(), '');
});

t.test('a fetch handler is called with the plain event', async (t) => {
  const event = { method: 'PUT', url: 'http://shop.example/items?x=1' };
  const response = await call('web', JSON.stringify(event));
  t.equal(response.status, 200, 'the status of the call, not of the Response');
  t.match(await response.json(), { statusCode: 201, body: 'PUT http://shop.example/items?x=1' });
});

t.test("a function's own failure is an answer with its kind in a header", async (t) => {
  const thrown = await call('throws', '1');
  t.equal(thrown.status, 200);
  t.equal(thrown.headers.get('x-fc-error-type'), 'UnhandledInvocationError');
  const body = (await thrown.json()) as { stackTrace: string[] };
  t.match(body, { errorMessage: 'no', errorType: 'Odd' });
  t.match(body.stackTrace.join('\n'), /index\.ts:2:\d/);
  const handled = await call('handled', '1');
  t.equal(handled.headers.get('x-fc-error-type'), 'HandledInvocationError');
  t.match(await handled.json(), { errorMessage: 'bad input', errorType: 'TypeError' });
});

t.test('the last 4 KB of log come back when asked for', async (t) => {
  const short = await call('chatty', '5', { 'x-fc-log-type': 'Tail' });
  t.match(Buffer.from(short.headers.get('x-fc-log-result') ?? '', 'base64').toString(), /\[INFO\] xxxxx$/m);
  const long = await call('chatty', '9000', { 'x-fc-log-type': 'Tail' });
  t.equal(Buffer.from(long.headers.get('x-fc-log-result') ?? '', 'base64').length, 4_096);
});

t.test('an asynchronous call is accepted with 202 and can be found by its task id', async (t) => {
  const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'job-1' };
  const response = await call('echo', '{"n":1}', headers);
  t.equal(response.status, 202);
  t.equal(await response.text(), '');
  t.equal(response.headers.get('x-fc-async-task-id'), 'job-1');
  await engine.whenIdle();
  const task = await engine.getAsyncTask('echo', 'job-1');
  t.equal(task.requestId, response.headers.get('x-fc-request-id'));
  t.equal(task.status, 'Succeeded');
  await isFailure(t, await call('echo', '1', headers), 409, 'AsyncTaskAlreadyExists', /job-1/);
  const bad = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': '1 2' };
  await isFailure(t, await call('echo', '1', bad), 400, 'InvalidArgument', /x-fc-async-task-id/);
  await isFailure(t, await call('echo', '1', { 'x-fc-invocation-type': 'Later' }), 400, 'InvalidArgument', /Later/);
});

t.test('what a caller gets wrong is told with a code', async (t) => {
  await isFailure(t, await call('nobody', '1'), 404, 'FunctionNotFound', /nobody/);
  await isFailure(t, await fetch(`${base}/else`), 404, 'PathNotSupported', /\/else/);
  await isFailure(
    t,
    await call('echo', '{', { 'content-type': 'application/json' }),
    400,
    'InvalidArgument',
    /not JSON/,
  );
  await isFailure(t, await call('%zz', '1'), 400, 'InvalidArgument', /percent-encoded/);
  const versioned = await fetch(`${base}/2023-03-30/functions/echo/invocations?qualifier=prod`, { method: 'POST' });
  await isFailure(t, versioned, 404, 'AliasNotFound', /prod/);
  const latest = await fetch(`${base}/2023-03-30/functions/echo/invocations?qualifier=LATEST`, { method: 'POST' });
  t.equal(latest.status, 200);
  for (const path of ['/healthz', '/2023-03-30/functions', '/2023-03-30/functions/echo/invocations']) {
    await isFailure(t, await fetch(base + path, { method: 'PATCH' }), 404, 'PathNotSupported', /PATCH/);
  }
});

t.test('a body over the limit is refused, whether its length was announced or not', async (t) => {
  await isFailure(t, await call('echo', 'x'.repeat(10_001)), 400, 'EntityTooLarge', /10000 bytes/);
  const chunks = async function* () {
    for (let chunk = 0; chunk < 20; chunk++) yield new Uint8Array(1_000);
  };
  const response = await fetch(`${base}/2023-03-30/functions/echo/invocations`, {
    method: 'POST',
    body: ReadableStream.from(chunks()),
    duplex: 'half',
  } as RequestInit);
  await isFailure(t, response, 400, 'EntityTooLarge', /10000 bytes/);
  t.equal(response.headers.get('connection'), 'close');
  t.equal((await call('echo', `"${'x'.repeat(9_998)}"`)).status, 200, 'the limit itself is taken');
});

/** Sends `request` as it is and gives the first line of the answer. */
async function raw(request: string): Promise<string> {
  const socket = connect(served.port, '127.0.0.1').setEncoding('utf8');
  socket.end(request);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text.split('\r\n')[0] ?? '';
}

t.test('odd request targets do not upset it', async (t) => {
  const rest = 'HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
  t.equal(await raw(`GET // ${rest}`), 'HTTP/1.1 302 Found', 'as /');
  t.equal(await raw(`GET http://other.example/healthz ${rest}`), 'HTTP/1.1 200 OK');
  t.equal(await raw(`OPTIONS * ${rest}`), 'HTTP/1.1 404 Not Found');
  t.equal(await raw(`GET /healthz?a=%zz ${rest}`), 'HTTP/1.1 200 OK');
});

t.test('a caller who goes away ends the call', async (t) => {
  const gone = new AbortController();
  const url = `${base}/2023-03-30/functions/forever/invocations`;
  const pending = fetch(url, { method: 'POST', signal: gone.signal });
  const open = () => engine.stats().functions.find(({ functionName }) => functionName === 'forever')?.open;
  await until(() => open() === 1);
  gone.abort();
  await t.rejects(pending, { name: 'AbortError' });
  await until(() => open() === 0);
});

t.test('it lists the functions and tells that it lives', async (t) => {
  const { functions } = (await (await fetch(`${base}/2023-03-30/functions`)).json()) as { functions: object[] };
  t.equal(functions.length, Object.keys(sources).length);
  t.match(functions[0], { functionName: 'chatty', handler: 'index.handler', memorySize: 128 });
  t.same(await (await fetch(`${base}/healthz`)).json(), { status: 'ok' });
});

t.test('a full engine says so, a closed one too', async (t) => {
  const small = await serve({ anonymous: true }, { workers: 0, maxConcurrency: 1 });
  t.teardown(() => small.close());
  await small.engine.createFunction({ functionName: 'forever', code: { source: sources.forever ?? '' }, timeout: 60 });
  const url = `${small.base}/2023-03-30/functions/forever/invocations`;
  const gone = new AbortController();
  const first = fetch(url, { method: 'POST', signal: gone.signal }).catch(() => undefined);
  await until(() => small.engine.stats().open === 1);
  const refused = await fetch(url, { method: 'POST' });
  t.equal(refused.headers.get('retry-after'), '1');
  await isFailure(t, refused, 429, 'ResourceExhausted', /./);
  gone.abort();
  await first;
  await small.engine.close();
  await isFailure(t, await fetch(url, { method: 'POST' }), 503, 'EngineClosed', /./);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

// Connections that are kept open would hold the process.
t.end();
