/** Outcomes of async calls on their way to topics, queues and buses: the engine's own, and those of servers. */
import t, { type Test } from 'tap';
import { createEngine, type Engine } from '../../../lib/index.ts';
import { missing, mosquitto, nats, rabbitmq, redis, type Service } from '../servers.ts';

async function start(t: Test, connections: Record<string, { url: string }> = {}): Promise<Engine> {
  const engine = await createEngine({ workers: 1, eventSources: { connections } });
  t.teardown(() => engine.close());
  await engine.createFunction({ functionName: 'f', code: { source: 'export const handler = (event) => event;' } });
  return engine;
}

const to = (destination: string) => ({ destinationConfig: { onSuccess: { destination } } });
const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

/** Outcomes that wait, with what their destination said. */
const waiting = async (engine: Engine) => (await engine.listDestinationDeliveries('f')).deliveries;

async function delivered(engine: Engine): Promise<void> {
  await engine.whenIdle();
  while ((await waiting(engine)).length > 0) await wait();
}

const requestPayload = (body: string): string => JSON.parse(body).requestPayload;

t.test('a queue, a topic and a bus of the engine take outcomes', async (t) => {
  const engine = await start(t);
  const heard: unknown[] = [];
  await engine.createFunction({
    functionName: 'listens',
    code: { source: 'export const handler = (event, { bindings }) => bindings.test.hear(event);' },
    bindings: { test: { hear: (event: unknown) => void heard.push(event) } },
  });
  await engine.createTrigger('listens', {
    triggerName: 'bus',
    triggerType: 'eventbridge',
    triggerConfig: { eventRuleFilterPattern: '{}' },
  });
  await engine.putAsyncInvokeConfig('f', to('acs:mns:cn-local:1:/queues/outcomes/messages'));
  await engine.invokeAsync('f', 'into a queue');
  await delivered(engine);
  const [body = ''] = await engine.eventSources.receive('outcomes');
  t.equal(requestPayload(body), '"into a queue"');
  await engine.putAsyncInvokeConfig('f', to('acs:mns:cn-local:1:/topics/outcomes/messages'));
  await engine.createTrigger('listens', {
    triggerName: 'topic',
    triggerType: 'mns_topic',
    sourceArn: 'acs:mns:cn-local:1:/topics/outcomes',
    triggerConfig: { notifyContentFormat: 'JSON' },
  });
  await engine.invokeAsync('f', 'to a topic');
  while (heard.length < 1) await wait();
  t.equal(requestPayload((heard[0] as { Message: string }).Message), '"to a topic"');
  await engine.putAsyncInvokeConfig('f', to('acs:eventbridge:cn-local:1:eventbus/default'));
  const { requestId } = await engine.invokeAsync('f', 'onto a bus');
  while (heard.length < 2) await wait();
  t.match(heard[1], { id: `${requestId}-success`, data: { requestPayload: '"onto a bus"' } });
  for (const destination of ['nats:main/outcomes', 'smtp:postmaster', 'acs:oss:cn-local:1:bucket']) {
    await t.rejects(engine.putAsyncInvokeConfig('f', to(destination)), { code: 'InvalidArgument' }, destination);
  }
});

interface ServerCase {
  readonly name: string;
  readonly binary: string;
  readonly aptPackage: string;
  readonly start: () => Promise<Service>;
  /** Makes the place. */
  readonly prepare: (url: string) => Promise<void>;
  /** Bodies that are there. */
  readonly read: (url: string) => Promise<string[]>;
  /** An address nothing can be sent to, if there is one. */
  readonly wrong?: string;
}

const CASES: readonly ServerCase[] = [
  {
    name: 'nats',
    binary: 'nats-server',
    aptPackage: 'nats-server',
    start: nats,
    async prepare(url) {
      const { connect } = await import('@nats-io/transport-node');
      const { jetstreamManager } = await import('@nats-io/jetstream');
      const connection = await connect({ servers: url });
      await (await jetstreamManager(connection)).streams.add({ name: 'all', subjects: ['outcomes'] });
      await connection.close();
    },
    async read(url) {
      const { connect } = await import('@nats-io/transport-node');
      const { jetstream } = await import('@nats-io/jetstream');
      const connection = await connect({ servers: url });
      const consumer = await jetstream(connection).consumers.get('all');
      const bodies: string[] = [];
      for await (const message of await consumer.fetch({ max_messages: 10, expires: 1_000 }))
        bodies.push(message.string());
      await connection.close();
      return bodies;
    },
    wrong: 'nats:main/outcomes.*',
  },
  {
    name: 'redis',
    binary: 'redis-server',
    aptPackage: 'redis-server',
    start: redis,
    prepare: async () => undefined,
    async read(url) {
      const { createClient } = await import('redis');
      const client = createClient({ url });
      await client.connect();
      const entries = (await client.xRange('outcomes', '-', '+')) ?? [];
      await client.close();
      return entries.map(({ message }) => message.body ?? '');
    },
  },
  {
    name: 'mqtt',
    binary: 'mosquitto',
    aptPackage: 'mosquitto',
    start: mosquitto,
    // The broker keeps messages for a session that subscribed to them.
    prepare: async (url) => void (await session(url, 0)),
    read: (url) => session(url, 1),
    wrong: 'mqtt:main/outcomes/#',
  },
  {
    name: 'rabbitmq',
    binary: 'rabbitmq-server',
    aptPackage: 'rabbitmq-server',
    start: rabbitmq,
    async prepare(url) {
      const { connect } = await import('amqplib');
      const connection = await connect(url);
      await (await connection.createChannel()).assertQueue('outcomes', { durable: true });
      await connection.close();
    },
    async read(url) {
      const { connect } = await import('amqplib');
      const connection = await connect(url);
      const channel = await connection.createChannel();
      const bodies: string[] = [];
      for (let message = await channel.get('outcomes'); message !== false; message = await channel.get('outcomes')) {
        bodies.push(message.content.toString());
      }
      await connection.close();
      return bodies;
    },
  },
];

/** What the broker has for a session that lasts; resolves when so many messages have come. */
async function session(url: string, count: number): Promise<string[]> {
  const { connect } = await import('mqtt');
  const bodies: string[] = [];
  const properties = { sessionExpiryInterval: 3_600 };
  const options = { protocolVersion: 5 as const, clientId: 'reader', clean: false, properties, manualConnect: true };
  const client = connect(url, options);
  // Before it connects: what the broker has kept comes at once.
  client.on('message', (_topic, payload) => bodies.push(payload.toString()));
  const connected = new Promise((resolve) => client.once('connect', resolve));
  client.connect();
  await connected;
  await client.subscribeAsync('outcomes', { qos: 1 });
  while (bodies.length < count) await wait();
  await client.endAsync();
  return bodies;
}

for (const { name, binary, aptPackage, start: startServer, prepare, read, wrong } of CASES) {
  const skip = missing(binary, aptPackage);
  t.test(`${name} has an outcome once it took it`, { skip, timeout: 120_000 }, async (t) => {
    const service = await startServer();
    t.teardown(() => service.stop());
    await prepare(service.url);
    const engine = await start(t, { main: { url: service.url } });
    await engine.putAsyncInvokeConfig('f', to(`${name}:main/outcomes`));
    if (wrong !== undefined) {
      await t.rejects(engine.putAsyncInvokeConfig('f', to(wrong)), { code: 'InvalidArgument', message: /wildcards/ });
    }
    await engine.invokeAsync('f', 'first');
    await delivered(engine);
    t.same((await read(service.url)).map(requestPayload), ['"first"']);
  });
}

t.test(
  'a server that is away gets the outcome when it is back, and is seen until then',
  {
    skip: missing('redis-server', 'redis-server'),
    timeout: 120_000,
  },
  async (t) => {
    const service = await redis();
    t.teardown(() => service.stop());
    const engine = await start(t, { main: { url: service.url } });
    const steps: string[] = [];
    engine.observe({ asyncEvent: ({ event }) => void steps.push(event) });
    await engine.putAsyncInvokeConfig('f', to('redis:main/outcomes'));
    await engine.invokeAsync('f', 'first');
    await delivered(engine);
    await service.kill();
    await engine.invokeAsync('f', 'second', { taskId: 'second' });
    while (((await waiting(engine))[0]?.attempts ?? 0) < 1) await wait();
    t.match(await waiting(engine), [{ destination: 'redis:main/outcomes', success: true, error: String }]);
    await service.start();
    await delivered(engine);
    const bodies = await (CASES.find(({ name }) => name === 'redis') as ServerCase).read(service.url);
    t.same(bodies.map(requestPayload), ['"first"', '"second"']);
    while ((await engine.getAsyncTask('f', 'second')).destinationStatus !== 'Succeeded') await wait();
    t.same(steps, ['accepted', 'succeeded', 'delivered', 'accepted', 'succeeded', 'delivered']);
  },
);
