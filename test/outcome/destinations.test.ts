import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import {
  type ConnectorMessage,
  createEngine,
  type Engine,
  type EngineOptions,
  type FunctionConfig,
} from '../../lib/index.ts';

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An endpoint that answers with `status` and keeps what it was sent. */
async function endpoint(
  t: Test,
): Promise<{ url: string; posted: Posted[]; answer: { status: number }; server: Server }> {
  const posted: Posted[] = [];
  const answer = { status: 200 };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      posted.push({ headers: request.headers, body });
      response.writeHead(answer.status).end('said the endpoint');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=1`, posted, answer, server };
}

const SOURCE = `export const handler = async (event, { bindings }) => {
  await bindings?.test?.hear(event);
  if (event === 'fail') throw new RangeError('no');
  return event;
};`;

async function start(t: Test, options: EngineOptions = {}): Promise<Engine> {
  const engine = await createEngine({ workers: 1, ...options });
  t.teardown(() => engine.close());
  return engine;
}

const define = (engine: Engine, functionName: string, more: Partial<FunctionConfig> = {}): Promise<unknown> =>
  engine.createFunction({
    functionName,
    code: { source: SOURCE },
    asyncInvokeConfig: { maxAsyncRetryAttempts: 0, retryBackoffMs: 1 },
    ...more,
  });

const to = (onSuccess: string, onFailure = onSuccess) => ({
  destinationConfig: { onSuccess: { destination: onSuccess }, onFailure: { destination: onFailure } },
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

t.test('an HTTP endpoint is sent the outcome as Function Compute publishes it, signed', async (t) => {
  const { url, posted } = await endpoint(t);
  const engine = await start(t);
  await define(engine, 'f');
  await engine.putAsyncInvokeConfig('f', to(url));
  const good = await engine.invokeAsync('f', { key: 'ü' });
  await until(() => posted.length === 1);
  const bad = await engine.invokeAsync('f', 'fail');
  await until(() => posted.length === 2);
  const verifier = new Webhook(engine.webhookSecret);
  for (const { headers, body } of posted) verifier.verify(body, headers as Record<string, string>);
  t.throws(() => verifier.verify('other', posted[0]?.headers as Record<string, string>));
  const [first, second] = posted.map(({ body }) => JSON.parse(body));
  t.match(first, {
    timestamp: Number,
    requestContext: {
      requestId: good.requestId,
      functionArn: 'acs:fc:cn-local::functions/f',
      condition: '',
      approximateInvokeCount: 1,
    },
    requestPayload: '{"key":"ü"}',
    responseContext: { statusCode: 200, functionError: '' },
    responsePayload: '{"key":"ü"}',
  });
  t.match(second, {
    requestContext: { requestId: bad.requestId, condition: 'UnhandledInvocationError', approximateInvokeCount: 1 },
    requestPayload: '"fail"',
    responseContext: { statusCode: 200, functionError: 'UnhandledInvocationError' },
  });
  t.match(JSON.parse(second.responsePayload), { errorMessage: 'no', errorType: 'RangeError', stackTrace: Array });
  t.equal(posted[0]?.headers['webhook-id'], `${good.requestId}-success`);
});

t.test('an endpoint that fails is tried again, is seen, and is remembered over a restart', async (t) => {
  const { url, posted, answer } = await endpoint(t);
  answer.status = 503;
  const dataDir = t.testdir();
  const warned: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: (_: string, facts: unknown) => warned.push(facts),
    error: () => undefined,
  };
  const first = await createEngine({ workers: 1, dataDir, logger });
  await define(first, 'f', { asyncInvokeConfig: { ...to(url) } });
  const { requestId } = await first.invokeAsync('f', 1, { taskId: 'one' });
  await until(async () => ((await first.listDestinationDeliveries('f')).deliveries[0]?.attempts ?? 0) >= 2);
  t.match(await first.listDestinationDeliveries('f'), {
    deliveries: [
      { functionName: 'f', requestId, success: true, destination: url, error: /status 503: said the endpoint/ },
    ],
  });
  t.match(warned[0], { functionName: 'f', destination: url, error: /503/ });
  const { webhookSecret } = first;
  await first.close();
  answer.status = 204;
  posted.length = 0;
  const second = await start(t, { dataDir });
  t.equal(second.webhookSecret, webhookSecret);
  await until(() => posted.length > 0);
  await until(async () => (await second.getAsyncTask('f', 'one')).destinationStatus === 'Succeeded');
  t.same((await second.listDestinationDeliveries('f')).deliveries, []);
});

t.test('what a destination does not take for too long is a dead letter, and can be sent again', async (t) => {
  const { url, posted, answer } = await endpoint(t);
  answer.status = 500;
  const engine = await start(t, { async: { deliveryRetentionSeconds: 0 } });
  await define(engine, 'f', { asyncInvokeConfig: { ...to(url) } });
  await engine.invokeAsync('f', 1, { taskId: 'one' });
  await until(async () => (await engine.listDeadLetters('f')).deadLetters.length > 0);
  const [letter] = (await engine.listDeadLetters('f')).deadLetters;
  t.match(letter, { kind: 'outcome', reason: 'DestinationDeliveryFailed', destination: url, message: /500/ });
  await until(async () => (await engine.getAsyncTask('f', 'one')).destinationStatus === 'Failed');
  answer.status = 200;
  posted.length = 0;
  t.equal(await engine.redriveDeadLetters('f'), 1);
  await until(() => posted.length === 1);
  t.same((await engine.listDeadLetters('f')).deadLetters, []);
});

t.test('another function is called with the outcome, in the same tenant only', async (t) => {
  const heard: { requestPayload: string }[] = [];
  const engine = await start(t);
  await define(engine, 'a/f');
  await define(engine, 'a/hears', {
    bindings: { test: { hear: (value: { requestPayload: string }) => void heard.push(value) } },
  });
  await engine.putAsyncInvokeConfig('a/f', to('functions/hears', 'acs:fc:cn-local:a:functions/hears/LATEST'));
  await engine.invokeAsync('a/f', 'good');
  await engine.invokeAsync('a/f', 'fail');
  await until(() => heard.length === 2);
  t.same(heard.map(({ requestPayload }) => requestPayload).sort(), ['"fail"', '"good"']);
  t.match(heard[0], { requestContext: { functionArn: 'acs:fc:cn-local:a:functions/f' } });
  await define(engine, 'b/f', { asyncInvokeConfig: { ...to('functions/hears') } });
  await engine.invokeAsync('b/f', 1);
  await until(async () => ((await engine.listDestinationDeliveries('b/f')).deliveries[0]?.attempts ?? 0) > 0);
  t.match((await engine.listDestinationDeliveries('b/f')).deliveries, [{ error: /no function "b\/hears"/ }]);
});

t.test('tenants do not reach private addresses unless they are let', async (t) => {
  const { url, posted } = await endpoint(t);
  const engine = await start(t);
  await define(engine, 'a/f', { asyncInvokeConfig: { ...to(url) } });
  await engine.invokeAsync('a/f', 1);
  await until(async () => ((await engine.listDestinationDeliveries('a/f')).deliveries[0]?.attempts ?? 0) > 0);
  t.match((await engine.listDestinationDeliveries('a/f')).deliveries, [{ error: /loopback/ }]);
  t.equal(posted.length, 0);
  const open = await start(t, { async: { allowPrivateDestinations: true } });
  await define(open, 'a/f', { asyncInvokeConfig: { ...to(url) } });
  await open.invokeAsync('a/f', 1);
  await until(() => posted.length === 1);
  const { headers, body } = posted[0] as Posted;
  new Webhook(open.webhookSecretOf('a')).verify(body, headers as Record<string, string>);
  for (const other of [open.webhookSecret, open.webhookSecretOf('b')]) {
    t.throws(() => new Webhook(other).verify(body, headers as Record<string, string>), 'each tenant has its own');
  }
});

t.test('a connector takes what is written like its addresses', async (t) => {
  const sent: [string, ConnectorMessage][] = [];
  let broken = true;
  const connector = {
    name: 'test',
    accepts: (address: string) => address.startsWith('acs:mns:'),
    send: async (address: string, message: ConnectorMessage) => {
      if (broken) throw new Error('the broker is away');
      sent.push([address, message]);
    },
  };
  const engine = await start(t, { async: { connectors: [connector] } });
  const topic = 'acs:mns:cn-local:1:/topics/t/messages';
  await define(engine, 'f', { asyncInvokeConfig: { ...to(topic) } });
  const { requestId } = await engine.invokeAsync('f', 1);
  await until(async () => ((await engine.listDestinationDeliveries('f')).deliveries[0]?.attempts ?? 0) > 0);
  t.match((await engine.listDestinationDeliveries('f')).deliveries, [{ error: 'the broker is away' }]);
  broken = false;
  await until(() => sent.length === 1);
  t.match(sent, [
    [topic, { id: `${requestId}-success`, functionName: 'f', success: true, body: /"requestPayload":"1"/ }],
  ]);
  await define(engine, 'g', { asyncInvokeConfig: { ...to('nats://nowhere/x') } });
  await engine.invokeAsync('g', 1);
  await until(async () => ((await engine.listDestinationDeliveries('g')).deliveries[0]?.attempts ?? 0) > 0);
  t.match((await engine.listDestinationDeliveries('g')).deliveries, [{ error: /no connector takes nats/ }]);
});

t.test('one destination that does not answer holds up no other', async (t) => {
  const { url, posted } = await endpoint(t);
  const silent = createServer(() => undefined);
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => silent.closeAllConnections());
  t.teardown(() => silent.close());
  const engine = await start(t);
  await define(engine, 'f', {
    asyncInvokeConfig: { ...to(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`) },
  });
  await define(engine, 'g', { asyncInvokeConfig: { ...to(url) } });
  for (let at = 0; at < 100; at++) await engine.invokeAsync('f', at);
  await engine.invokeAsync('g', 1);
  await until(() => posted.length === 1);
  t.equal(posted.length, 1);
});

t.test('dead letters are listed, looked at, redriven and purged', async (t) => {
  const dataDir = t.testdir();
  let engine = await createEngine({ workers: 1, dataDir });
  await define(engine, 'f');
  await engine.putAsyncInvokeConfig('f', { destinationConfig: { onFailure: { destination: 'dead-letter' } } });
  const receipts = [];
  for (let at = 0; at < 25; at++) receipts.push(await engine.invokeAsync('f', 'fail'));
  await engine.invokeAsync('f', 'good');
  await engine.whenIdle();
  await engine.close();
  engine = await start(t, { dataDir });
  await define(engine, 'f');
  const page = await engine.listDeadLetters('f');
  t.equal(page.deadLetters.length, 20);
  const rest = await engine.listDeadLetters('f', { nextToken: page.nextToken });
  t.equal(rest.deadLetters.length, 5);
  t.notOk(rest.nextToken);
  const [first = { id: '' }, second = { id: '' }] = page.deadLetters;
  t.match(first, {
    kind: 'event',
    functionName: 'f',
    qualifier: 'LATEST',
    requestId: receipts[0]?.requestId,
    reason: 'UnhandledInvocationError',
    message: 'no',
    attempts: 1,
  });
  t.match(await engine.getDeadLetter('f', first.id), {
    event: '"fail"',
    record: { requestContext: { condition: 'UnhandledInvocationError' } },
  });
  t.equal(await engine.purgeDeadLetters('f', { ids: [first.id] }), 1);
  await t.rejects(engine.getDeadLetter('f', first.id), { code: 'DeadLetterNotFound' });
  await t.rejects(engine.redriveDeadLetters('f', { ids: [first.id] }), { code: 'DeadLetterNotFound' });
  await engine.updateFunction('f', { code: { source: 'export const handler = () => 1;' } });
  t.equal(await engine.redriveDeadLetters('f', { ids: [second.id] }), 1);
  t.equal(await engine.redriveDeadLetters('f'), 23);
  await engine.whenIdle();
  t.same((await engine.listDeadLetters('f')).deadLetters, []);
  t.equal(await engine.purgeDeadLetters('f'), 0);
});

t.test('events that are redriven and fail again are dead letters for the next time', async (t) => {
  const engine = await start(t, { dataDir: t.testdir() });
  await define(engine, 'f', { asyncInvokeConfig: { maxAsyncRetryAttempts: 0, ...to('dead-letter') } });
  const count = 5_000;
  await Promise.all(Array.from({ length: count }, () => engine.invokeAsync('f', 'fail')));
  await engine.whenIdle();
  t.equal(await engine.redriveDeadLetters('f'), count);
  await engine.whenIdle();
  t.equal(await engine.purgeDeadLetters('f'), count);
});

t.test('an event that is too old, or stopped, is told as such', async (t) => {
  const { url, posted } = await endpoint(t);
  const engine = await start(t);
  await define(engine, 'f', {
    asyncInvokeConfig: { ...to(url), maxAsyncRetryAttempts: 8, retryBackoffMs: 600, maxAsyncEventAgeInSeconds: 1 },
  });
  await engine.invokeAsync('f', 'fail', { taskId: 'old' });
  await until(() => posted.length === 1);
  t.match(JSON.parse(posted[0]?.body ?? ''), {
    requestContext: { condition: 'EventAgeExceeded' },
    requestPayload: '"fail"',
  });
  t.equal((await engine.getAsyncTask('f', 'old')).status, 'Expired');
  await engine.invokeAsync('f', 1, { taskId: 'later', delaySeconds: 100 });
  await engine.stopAsyncTask('f', 'later');
  await until(() => posted.length === 2);
  t.match(JSON.parse(posted[1]?.body ?? ''), { requestContext: { condition: '', approximateInvokeCount: 0 } });
});

t.test('a configuration is put, merged, listed, taken away, and kept', async (t) => {
  const dataDir = t.testdir();
  const first = await createEngine({ workers: 1, dataDir });
  await define(first, 'f');
  await define(first, 'g');
  await first.publishVersion('f');
  await t.rejects(first.getAsyncInvokeConfig('f'), { code: 'AsyncConfigNotExists' });
  await first.putAsyncInvokeConfig('f', { maxAsyncRetryAttempts: 5, asyncTask: true });
  t.match(await first.putAsyncInvokeConfig('f', { maxAsyncRetryAttempts: 2 }), {
    functionName: 'f',
    qualifier: 'LATEST',
    maxAsyncRetryAttempts: 2,
    asyncTask: true,
    createdTime: String,
  });
  await first.putAsyncInvokeConfig('f', { systemErrorPolicy: 'none' }, { qualifier: '1' });
  await first.putAsyncInvokeConfig('g', { maxAsyncEventAgeInSeconds: 60 });
  for (const [settings, message] of [
    [{ maxAsyncRetryAttempts: 9 }, /maxAsyncRetryAttempts.*8, got 9/],
    [{ systemErrorPolicy: 'x' }, /systemErrorPolicy/],
    [{ destinationConfig: { onSuccess: { destination: 'somewhere' } } }, /destination: must be "functions/],
    [{ destinationConfig: { onSuccess: { destination: 'https://a:b@c/' } } }, /destination: must be/],
    [{ onSuccess: () => undefined }, /onSuccess/],
  ] as const) {
    await t.rejects(first.putAsyncInvokeConfig('f', settings as object), { code: 'InvalidArgument', message });
  }
  await t.rejects(first.putAsyncInvokeConfig('h', {}), { code: 'FunctionNotFound' });
  await t.rejects(first.putAsyncInvokeConfig('f', {}, { qualifier: 'no' }), { code: 'AliasNotFound' });
  await first.close();
  const second = await start(t, { dataDir });
  const all = await second.listAsyncInvokeConfigs({ limit: 2 });
  t.same(
    all.configs.map(({ functionName, qualifier }) => `${functionName} ${qualifier}`),
    ['f 1', 'f LATEST'],
  );
  const { nextToken } = all;
  t.match(await second.listAsyncInvokeConfigs({ nextToken }), {
    configs: [{ functionName: 'g', maxAsyncEventAgeInSeconds: 60 }],
  });
  t.equal((await second.listAsyncInvokeConfigs({ functionName: 'f' })).configs.length, 2);
  await define(second, 'f');
  await second.deleteAsyncInvokeConfig('f');
  await t.rejects(second.deleteAsyncInvokeConfig('f'), { code: 'AsyncConfigNotExists' });
  await second.deleteFunction('f');
  await until(async () => (await second.listAsyncInvokeConfigs()).configs.length === 1);
});
