import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudEvent, emitterFor, httpTransport, Mode } from 'cloudevents';
import t from 'tap';
import type { Engine } from '../../../lib/index.ts';
import { checkSender } from '../../../lib/trigger/webhook/sender.ts';
import { collectingEngine } from '../collector.ts';

async function serve(engine: Engine, t: { teardown(end: () => void): void }): Promise<string> {
  const handler = engine.eventSources.webhookHandler();
  const server = createServer((request, response) => void handler(request, response));
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', body: text, headers });
  return {
    status: response.status,
    body: (await response.json()) as { code?: string; message?: string; accepted?: number },
  };
};

t.test('CDN events that are posted come filtered, one by one', async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  const url = `${await serve(engine, t)}/hooks/f/cdn`;
  await engine.createTrigger('f', {
    triggerName: 'cdn',
    triggerType: 'cdn_events',
    sourceArn: 'acs:cdn:*:1000000000000001',
    triggerConfig: {
      eventName: 'CachedObjectsRefreshed',
      eventVersion: '1.0.0',
      notes: 'cdn events trigger',
      filter: { domain: ['img.example.com'] },
      webhookSecret: 'correct horse',
    },
  });
  const event = (domain: string, eventName = 'CachedObjectsRefreshed') => ({
    eventName,
    eventVersion: '1.0.0',
    eventSource: 'cdn',
    region: 'cn-hangzhou',
    eventTime: '2024-05-06T15:08:09+08:00',
    traceId: 'cf89e5a8-7d59-4bb5-a33e-4c3d08e25aaa',
    resource: { domain },
    eventParameter: {
      objectPath: ['/a/1.jpg'],
      createTime: 1_714_979_200,
      domain,
      completeTime: 1_714_979_280,
      objectType: 'File',
      taskId: 1,
    },
    userIdentity: { aliUid: '1000000000000001' },
  });
  const wanted = event('img.example.com');
  const body = { events: [wanted, event('other.example.com'), event('img.example.com', 'CdnDomainAdded')] };
  t.match(await post(url, body), { status: 403, body: { code: 'AccessDenied' } }, 'not without the secret');
  t.match(await post(url, { events: [{}] }, { authorization: 'Bearer correct horse' }), {
    status: 400,
    body: { code: 'InvalidArgument' },
  });
  t.match(await post(url, body, { authorization: 'Bearer correct horse' }), {
    status: 202,
    body: { accepted: 1, filtered: 2 },
  });
  t.same(await collector.count(1), [{ events: [wanted] }]);
  t.match(await post(url.replace('/cdn', '/other'), body), { status: 404 });
});

t.test('a signed post is checked for its signature and its time', (t) => {
  const body = Buffer.from('{"a":1}');
  const now = 1_700_000_000_000;
  const signed = (secret: string | Buffer, time: number) => ({
    method: 'POST',
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(time),
      'webhook-signature': `v1,${createHmac('sha256', secret).update(`msg_1.${time}.`).update(body).digest('base64')}`,
    },
    query: new URLSearchParams(),
    body,
    remoteAddress: '203.0.113.1',
  });
  t.doesNotThrow(() => checkSender(signed('correct horse', now / 1_000), 'correct horse', now));
  t.doesNotThrow(() =>
    checkSender(signed(Buffer.from('key'), now / 1_000), `whsec_${Buffer.from('key').toString('base64')}`, now),
  );
  t.throws(() => checkSender(signed('wrong horse!', now / 1_000), 'correct horse', now), { code: 'AccessDenied' });
  t.throws(() => checkSender(signed('correct horse', now / 1_000 - 301), 'correct horse', now), {
    code: 'AccessDenied',
  });
  t.throws(
    () => checkSender(signed('correct horse', now / 1_000), undefined, now),
    { code: 'AccessDenied' },
    'from elsewhere',
  );
  t.end();
});

t.test("the CloudEvents SDK's events go to the bus, and through each trigger's pattern", async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  const url = `${await serve(engine, t)}/hooks/f/orders`;
  const eventRuleFilterPattern = JSON.stringify({
    source: ['/shop'],
    type: [{ prefix: 'order.' }],
    data: { amount: [{ numeric: ['>', 10] }], state: [{ 'anything-but': ['draft'] }] },
  });
  await engine.createTrigger('f', {
    triggerName: 'orders',
    triggerType: 'eventbridge',
    triggerConfig: { eventRuleFilterPattern },
  });
  const event = (type: string, data: object) =>
    new CloudEvent({ type, source: '/shop', id: type, data, subject: 'ü 1' });
  const emit = emitterFor(httpTransport(url), { mode: Mode.BINARY });
  await emit(event('order.binary', { amount: 11, state: 'paid' }));
  await emit(event('order.small', { amount: 10, state: 'paid' }));
  await emit(event('order.draft', { amount: 11, state: 'draft' }));
  await emit(event('user.created', { amount: 11, state: 'paid' }));
  await emitterFor(httpTransport(url), { mode: Mode.STRUCTURED })(
    event('order.structured', { amount: 12, state: 'paid' }),
  );
  const batch = [event('order.batch1', { amount: 12, state: 'x' }), event('order.batch2', { amount: 12, state: 'x' })];
  t.match(await post(url, batch, { 'content-type': 'application/cloudevents-batch+json' }), {
    status: 202,
    body: { accepted: 2 },
  });
  const told = (await collector.count(4)) as { type: string }[];
  t.same(
    told.map(({ type }) => type),
    ['order.binary', 'order.structured', 'order.batch1', 'order.batch2'],
  );
  t.match(told[0], {
    specversion: '1.0',
    id: 'order.binary',
    source: '/shop',
    subject: 'ü 1',
    data: { amount: 11, state: 'paid' },
    aliyuneventbusname: 'default',
    aliyunregionid: 'cn-local',
  });
  t.match(await post(url, {}, { 'content-type': 'application/json' }), {
    status: 400,
    body: { message: /no CloudEvent/ },
  });
  t.match(await post(url, { specversion: '1.0', id: '1' }, { 'content-type': 'application/cloudevents+json' }), {
    status: 400,
    body: { message: /source/ },
  });
});

t.test('bad patterns are refused with their place', async (t) => {
  const { engine } = await collectingEngine();
  await using _ = engine;
  for (const [pattern, message] of [
    ['{', /not JSON/],
    ['[]', /object/],
    ['{"source":"x"}', /source/],
    ['{"data":{"n":[{"numeric":[">"]}]}}', /data\.n\.numeric/],
    ['{"data":{"n":[{"like":"x"}]}}', /unknown operator "like"/],
  ] as const) {
    const triggerConfig = { eventRuleFilterPattern: pattern };
    await t.rejects(engine.createTrigger('f', { triggerName: 'x', triggerType: 'eventbridge', triggerConfig }), {
      code: 'InvalidArgument',
      message,
    });
  }
});

t.test('notifications of buckets in the shapes of MinIO, SNS, SQS and EventBridge become events of OSS', async (t) => {
  const { engine, collector } = await collectingEngine();
  await using _ = engine;
  const url = `${await serve(engine, t)}/hooks/f/photos`;
  await engine.createTrigger('f', {
    triggerName: 'photos',
    triggerType: 'oss',
    sourceArn: 'acs:oss:cn-local:1000000000000001:photos',
    triggerConfig: { events: ['oss:ObjectCreated:*'], filter: { key: { prefix: 'in/', suffix: '' } } },
  });
  const records = (key: string, name = 'photos') => ({
    Records: [
      {
        eventVersion: '2.0',
        eventName: 's3:ObjectCreated:Put',
        s3: {
          bucket: { name },
          object: { key, size: 3, eTag: 'abc', contentType: 'image/png', userMetadata: { 'X-Amz-Meta-Album': 'pets' } },
        },
        requestParameters: { sourceIPAddress: '203.0.113.9' },
        responseElements: { 'x-amz-request-id': 'R1' },
      },
    ],
  });
  t.match(await post(url, records('in%2Fa+b.png')), { status: 200, body: { accepted: 1 } });
  t.match(await post(url, records('in/x', 'other')), { body: { accepted: 0 } }, 'another bucket');
  await post(url, records('out/x'));
  await post(url, { Type: 'Notification', Message: JSON.stringify(records('in/sns')) });
  await post(url, { Records: [{ messageId: '1', body: JSON.stringify(records('in/sqs')) }] });
  const detail = { bucket: { name: 'photos' }, object: { key: 'in/bridge', size: 1, etag: 'd' }, reason: 'CopyObject' };
  await post(url, { 'detail-type': 'Object Created', source: 'aws.s3', detail });
  const told = (await collector.count(4)) as { events: [{ eventName: string; oss: { object: { key: string } } }] }[];
  t.same(
    told.map(({ events: [{ eventName, oss }] }) => `${eventName} ${oss.object.key}`),
    [
      'ObjectCreated:PutObject in/a b.png',
      'ObjectCreated:PutObject in/sns',
      'ObjectCreated:PutObject in/sqs',
      'ObjectCreated:CopyObject in/bridge',
    ],
  );
  t.match(told[0]?.events[0], {
    oss: {
      object: { size: 3, eTag: 'ABC', objectMeta: { mimeType: 'image/png', userMeta: { 'x-oss-meta-album': 'pets' } } },
    },
    requestParameters: { sourceIPAddress: '203.0.113.9' },
    responseElements: { requestId: 'R1' },
  });
  t.match(await post(url, { hello: 1 }), { status: 400, body: { message: /no notification/ } });
});
