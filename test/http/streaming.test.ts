/** Results in pieces, through every way a client may ask for them. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import t from 'tap';
import { type Served, serve } from './served.ts';

const web = (body: string): string =>
  `export default { fetch: async (request, env, ctx) => { const encoder = new TextEncoder(); ${body} } };`;

const sources: Record<string, { source: string; runtime?: string }> = {
  // Ends when its client does, and not before.
  ticks: {
    source: web(`
      let timer;
      const body = new ReadableStream({
        start(controller) { timer = setInterval(() => controller.enqueue(encoder.encode('data: tick\\n\\n')), 5); },
        cancel() { clearInterval(timer); console.log('cancelled'); },
      });
      return new Response(body, { status: 201, headers: [['content-type', 'text/event-stream'], ['x-own', 'yes'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']] });`),
  },
  three: {
    source: web(`
      let count = 0;
      return new Response(new ReadableStream({
        async pull(controller) { await new Promise((resolve) => setTimeout(resolve, 1)); if (count++ < 3) controller.enqueue(encoder.encode('piece ' + count + ';')); else controller.close(); },
      }), { headers: { 'content-type': 'text/plain' } });`),
  },
  endless: {
    source: web(`
      return new Response(new ReadableStream({ pull(controller) { env.meter.made(65_536); controller.enqueue(new Uint8Array(65_536)); } }));`),
  },
  breaks: {
    source: web(`
      let count = 0;
      return new Response(new ReadableStream({ pull(controller) { if (count++ === 0) controller.enqueue(encoder.encode('first')); else throw new TypeError('broken in the middle'); } }));`),
  },
  late: {
    source: web(`
      return new Response(new ReadableStream({ start(controller) { controller.enqueue(encoder.encode('early')); } }));`),
  },
  bad: { source: web(`return new Response(new ReadableStream({}), { headers: { 'x-large': 'x'.repeat(9_000) } });`) },
  lambda: {
    runtime: 'nodejs22.x',
    source: `
      const { pipeline } = require('node:stream/promises');
      const { Readable } = require('node:stream');
      exports.handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
        if (event.http || event.rawPath) responseStream = awslambda.HttpResponseStream.from(responseStream, { statusCode: 418, headers: { 'x-kind': 'tea' }, cookies: ['c=3'] });
        else responseStream.setContentType('text/plain');
        if (event.fails) { await new Promise((resolve) => responseStream.write('some', resolve)); throw new TypeError('no more'); }
        await pipeline(Readable.from(['one,', 'two,', Buffer.from('three of ' + context.functionName)]), responseStream);
      });`,
  },
};

let served: Served;
let made = 0;
t.before(async () => {
  served = await serve({ anonymous: true, maxStreamBytes: 24_000_000 });
  for (const [functionName, { source, runtime = 'isopod' }] of Object.entries(sources)) {
    await served.engine.createFunction({
      functionName,
      runtime: runtime as 'isopod',
      code: { source },
      timeout: functionName === 'late' ? 1 : 60,
      bindings: {
        meter: {
          made: (bytes) => {
            made += bytes as number;
          },
        },
      },
    });
  }
});
t.after(() => served.close());

const open = (name: string): number | undefined =>
  served.engine.stats().functions.find(({ functionName }) => functionName === name)?.open;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function addressOf(functionName: string): Promise<string> {
  const url = `${served.base}/2023-03-30/functions/${functionName}/triggers`;
  const body = JSON.stringify({
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: JSON.stringify({ authType: 'anonymous' }),
  });
  const reply = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return ((await reply.json()) as { httpTrigger: { urlInternet: string } }).httpTrigger.urlInternet;
}

/** Without anything that reads ahead. */
async function get(url: string, method = 'GET'): Promise<IncomingMessage> {
  const request = httpRequest(url, { method, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

const invocation = (name: string, query = ''): string =>
  `${served.base}/2023-03-30/functions/${name}/invocations${query}`;

t.test(
  'an address sends pieces as they come, and a client that leaves ends the call but not the instance',
  async (t) => {
    const url = await addressOf('ticks');
    const instances: string[] = [];
    for (let round = 0; round < 2; round++) {
      const response = await get(url);
      t.match(response, { statusCode: 201, headers: { 'content-type': 'text/event-stream', 'x-own': 'yes' } });
      t.same(response.headers['set-cookie'], ['a=1', 'b=2']);
      t.match(response.headers['x-fc-request-id'], /^[\da-f-]{36}$/);
      let text = '';
      for await (const chunk of response) {
        text += chunk;
        if (text.split('tick').length > 3) break;
      }
      t.match(text, /^(data: tick\n\n)+/);
      await until(() => open('ticks') === 0);
      instances.push(...served.engine.listInstances('ticks').map(({ instanceId }) => instanceId));
    }
    t.equal(new Set(instances).size, 1);
  },
);

t.test('invocations of Function Compute give the body in pieces, with a qualifier or without', async (t) => {
  for (const query of ['', '?qualifier=LATEST']) {
    const response = await get(invocation('three', query), 'POST');
    t.match(response, { statusCode: 200, headers: { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' } });
    t.match(response.headers['x-fc-instance-id'], /^three-/);
    t.equal((await buffer(response)).toString(), 'piece 1;piece 2;piece 3;');
  }
  const { usage } = (await (await fetch(`${served.base}/isopod/v1/usage`)).json()) as {
    usage: { egressBytes: number; running: number }[];
  };
  t.match(usage[0], { running: 0 });
  t.ok((usage[0]?.egressBytes ?? 0) >= 48);
});

t.test('who wants the whole gets it', async (t) => {
  t.match(await served.engine.invoke('three'), { statusCode: 200, body: 'piece 1;piece 2;piece 3;' });
  const pieces: string[] = [];
  let head: unknown;
  const stream = {
    start: (given: object) => {
      head = given;
    },
    write: (piece: Uint8Array) => void pieces.push(Buffer.from(piece).toString()),
  };
  t.equal(await served.engine.invoke('three', undefined, { stream }), undefined);
  t.match(head, { statusCode: 200, versionId: 'LATEST', requestId: String });
  t.same(pieces, ['piece 1;', 'piece 2;', 'piece 3;']);
  await t.rejects(served.engine.invoke('three', undefined, { stream: {} as never }), { code: 'InvalidArgument' });
});

t.test('a function waits for a slow client, and gives no more than is allowed', async (t) => {
  const response = await get(invocation('endless'), 'POST');
  response.pause();
  let before = -1;
  // What sockets hold is filled at some time; then nothing is made any more.
  while (made !== before) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  t.ok(made > 0 && made < 24_000_000, `${made} bytes were made`);
  let bytes = 0;
  await t.rejects(
    async () => {
      for await (const chunk of response) bytes += chunk.length;
    },
    { code: 'ECONNRESET' },
  );
  t.ok(bytes <= 24_000_000);
  await until(() => open('endless') === 0);
});

t.test('what fails in the middle has no proper end', async (t) => {
  for (const name of ['breaks', 'late']) {
    const response = await get(invocation(name), 'POST');
    let text = '';
    await t.rejects(
      async () => {
        for await (const chunk of response) text += chunk;
      },
      { code: 'ECONNRESET' },
      name,
    );
    t.equal(text, name === 'breaks' ? 'first' : 'early');
    await until(() => open(name) === 0);
  }
  const bad = await get(await addressOf('bad'));
  t.equal(bad.statusCode, 502);
  t.match(JSON.parse((await buffer(bad)).toString()), { Code: 'BadResponse' });
});

t.test("Lambda's way: streamifyResponse, event streams and function URLs", async (t) => {
  const client = new LambdaClient({
    endpoint: served.base,
    region: 'us-east-1',
    credentials: {
      accessKeyId: 'ADMINKEYOFTESTS',
      accessKeySecret: '',
      secretAccessKey: 'a secret that only tests know',
    } as never,
  });
  t.teardown(() => client.destroy());
  const streamed = async (FunctionName: string, event: object) => {
    const reply = await client.send(
      new InvokeWithResponseStreamCommand({
        FunctionName,
        Payload: Buffer.from(JSON.stringify(event)),
        LogType: 'Tail',
      }),
    );
    const pieces: string[] = [];
    let complete: {
      ErrorCode?: string | undefined;
      ErrorDetails?: string | undefined;
      LogResult?: string | undefined;
    } = {};
    for await (const { PayloadChunk, InvokeComplete } of reply.EventStream ?? []) {
      if (PayloadChunk?.Payload !== undefined) pieces.push(Buffer.from(PayloadChunk.Payload).toString());
      if (InvokeComplete !== undefined) complete = InvokeComplete;
    }
    return { pieces, complete, version: reply.ExecutedVersion };
  };
  const plain = await streamed('lambda', {});
  t.same(plain.pieces, ['one,', 'two,', 'three of lambda']);
  t.equal(plain.version, '$LATEST');
  t.match(Buffer.from(plain.complete.LogResult ?? '', 'base64').toString(), /START RequestId/);
  const [prelude = ''] = (await streamed('lambda', { http: true })).pieces;
  t.same(JSON.parse(prelude.slice(0, -8)), { statusCode: 418, headers: { 'x-kind': 'tea' }, cookies: ['c=3'] });
  t.equal(prelude.slice(-8), '\0'.repeat(8));
  const failed = await streamed('lambda', { fails: true });
  t.same(failed.pieces, ['some']);
  t.equal(failed.complete.ErrorCode, 'Unhandled');
  t.match(JSON.parse(failed.complete.ErrorDetails ?? ''), { errorMessage: 'no more', errorType: 'TypeError' });
  t.match((await streamed('three', {})).pieces.join(''), /piece 1;piece 2;piece 3;$/);

  const whole = await fetch(`${served.base}/2015-03-31/functions/lambda/invocations`, { method: 'POST', body: '{}' });
  t.equal(await whole.text(), 'one,two,three of lambda');

  const config = async (method: string, InvokeMode: string) =>
    (await (
      await fetch(`${served.base}/2021-10-31/functions/lambda/url`, {
        method,
        body: JSON.stringify({ InvokeMode, ...(method === 'POST' && { AuthType: 'NONE' }) }),
      })
    ).json()) as { FunctionUrl: string; InvokeMode: string };
  for (const [method, mode] of [
    ['POST', 'BUFFERED'],
    ['PUT', 'RESPONSE_STREAM'],
  ] as const) {
    const { FunctionUrl, InvokeMode } = await config(method, mode);
    t.equal(InvokeMode, mode);
    const response = await get(FunctionUrl);
    t.match(response, { statusCode: 418, headers: { 'x-kind': 'tea', 'set-cookie': ['c=3'] } });
    t.equal(response.headers['transfer-encoding'], mode === 'BUFFERED' ? undefined : 'chunked');
    t.equal((await buffer(response)).toString(), 'one,two,three of lambda');
  }
});

t.test('from a child process, too', async (t) => {
  await served.engine.createFunction({
    functionName: 'apart',
    isolation: 'process',
    code: { source: sources.three?.source ?? '' },
    timeout: 60,
  });
  const response = await get(invocation('apart'), 'POST');
  t.equal((await buffer(response)).toString(), 'piece 1;piece 2;piece 3;');
  await served.engine.deleteFunction('apart');
});

// Connections that are kept open would hold the process.
t.end();
