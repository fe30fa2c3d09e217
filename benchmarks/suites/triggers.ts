/**
 * Message servers to a tiny function, beside a bare consumer of the same client that does nothing but settle; the time an
 * event takes; and what sleeping triggers cost. Servers are private ones from the installed binaries. One file: every
 * server is measured in the same way.
 */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { connect as connectRabbit } from 'amqplib';
import { connectAsync, connect as connectMqtt } from 'mqtt';
import pg from 'pg';
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import { createClient } from 'redis';
import { Host } from '../../lib/http/host.ts';
import { createApiServer } from '../../lib/http/server.ts';
import { settingsSchema } from '../../lib/http/settings.ts';
import { createEngine, type Engine } from '../../lib/index.ts';
import { mosquitto, nats, postgres, rabbitmq, redis, type Service } from '../../test/trigger/servers.ts';
import type { Rows, Suite } from '../suite.ts';

/** Messages a client may have unsettled, here and there alike. */
const PREFETCH = 256;
const body = JSON.stringify({ id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] });

interface Server {
  readonly start: () => Promise<Service>;
  readonly eventSourceType: string;
  readonly parameters: (stream: string) => object;
  /** Makes the stream or queue. */
  readonly prepare?: (url: string, stream: string) => Promise<void>;
  readonly publish: (url: string, stream: string, bodies: readonly string[]) => Promise<void>;
  /** Resolves when `count` messages were taken and settled; calls `begun` when it is about to take the first. */
  readonly consume: (url: string, stream: string, count: number, begun: () => void) => Promise<void>;
  /** Messages come only to those who listen already. */
  readonly listensFirst?: true;
}

/** Messages that are sent before the first is confirmed. */
const AHEAD = 500;

async function inChunks(bodies: readonly string[], send: (text: string) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < bodies.length; at += AHEAD) await Promise.all(bodies.slice(at, at + AHEAD).map(send));
}

const SERVERS: Readonly<Record<string, Server>> = {
  'NATS JetStream': {
    start: nats,
    eventSourceType: 'NATS',
    parameters: (Stream) => ({ sourceNATSParameters: { InstanceId: 'server', Stream } }),
    async prepare(url, stream) {
      const connection = await connectNats({ servers: url });
      await (await jetstreamManager(connection)).streams.add({ name: stream, subjects: [stream] });
      await connection.close();
    },
    async publish(url, stream, bodies) {
      const connection = await connectNats({ servers: url });
      await inChunks(bodies, (text) => jetstream(connection).publish(stream, text));
      await connection.close();
    },
    async consume(url, stream, count, begun) {
      const connection = await connectNats({ servers: url });
      const manager = await jetstreamManager(connection);
      await manager.consumers.add(stream, { durable_name: 'bare', ack_policy: AckPolicy.Explicit });
      const consumer = await jetstream(connection).consumers.get(stream, 'bare');
      begun();
      let left = count;
      for await (const message of await consumer.consume({ max_messages: PREFETCH })) {
        message.ack();
        if (--left === 0) break;
      }
      await connection.drain();
    },
  },
  'Redis streams': {
    start: redis,
    eventSourceType: 'Redis',
    parameters: (Stream) => ({ sourceRedisParameters: { InstanceId: 'server', Stream } }),
    async publish(url, stream, bodies) {
      const client = await createClient({ url }).connect();
      await inChunks(bodies, (text) => client.xAdd(stream, '*', { body: text }));
      await client.close();
    },
    async consume(url, stream, count, begun) {
      const reader = await createClient({ url }).connect();
      const settler = await createClient({ url }).connect();
      await reader.xGroupCreate(stream, 'bare', '0', { MKSTREAM: true });
      begun();
      const acks: Promise<unknown>[] = [];
      for (let left = count; left > 0; ) {
        const wanted = { COUNT: PREFETCH, BLOCK: 1_000 };
        const reply = await reader.xReadGroup('bare', 'bare', { key: stream, id: '>' }, wanted);
        const entries = (reply as unknown as { messages: { id: string }[] }[] | null)?.[0]?.messages ?? [];
        for (const { id } of entries) acks.push(settler.xAck(stream, 'bare', id));
        left -= entries.length;
      }
      await Promise.all(acks);
      await Promise.all([reader.close(), settler.close()]);
    },
  },
  RabbitMQ: {
    start: rabbitmq,
    eventSourceType: 'RabbitMQ',
    parameters: (QueueName) => ({ sourceRabbitMQParameters: { InstanceId: 'server', QueueName } }),
    async prepare(url, stream) {
      const connection = await connectRabbit(url);
      await (await connection.createChannel()).assertQueue(stream, { durable: true });
      await connection.close();
    },
    async publish(url, stream, bodies) {
      const connection = await connectRabbit(url);
      const channel = await connection.createConfirmChannel();
      for (const text of bodies) channel.sendToQueue(stream, Buffer.from(text), { persistent: true });
      await channel.waitForConfirms();
      await connection.close();
    },
    async consume(url, stream, count, begun) {
      const connection = await connectRabbit(url);
      const channel = await connection.createChannel();
      await channel.prefetch(PREFETCH);
      begun();
      let left = count;
      await new Promise<void>((resolve) => {
        void channel.consume(stream, (message) => {
          if (message === null) return;
          channel.ack(message);
          if (--left === 0) resolve();
        });
      });
      await channel.close();
      await connection.close();
    },
  },
  MQTT: {
    start: () => mosquitto(false),
    eventSourceType: 'MQTT',
    parameters: (Topic) => ({ sourceMQTTParameters: { InstanceId: 'server', Topic } }),
    listensFirst: true,
    async publish(url, stream, bodies) {
      const client = await connectAsync(url);
      await inChunks(bodies, (text) => client.publishAsync(stream, text, { qos: 1 }));
      await client.endAsync();
    },
    async consume(url, stream, count, begun) {
      const client = connectMqtt(url, { protocolVersion: 5 });
      let left = count;
      const done = new Promise<void>((resolve) => {
        client.handleMessage = (_packet, settled) => {
          settled();
          if (--left === 0) resolve();
        };
      });
      await client.subscribeAsync(stream, { qos: 1 });
      begun();
      await done;
      await client.endAsync();
    },
  },
};

const trigger = ({ eventSourceType, parameters }: Server, stream: string) =>
  ({
    triggerName: 'messages',
    triggerType: 'eventbridge',
    triggerConfig: {
      asyncInvocationType: true,
      eventSourceConfig: { eventSourceType, eventSourceParameters: parameters(stream) },
    },
  }) as const;

const eventsOf = (engine: Engine): number => engine.getTrigger('f', 'messages').status.events;
const tick = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** In turns: the bare consumer and the trigger each take a full stream of their own. */
async function throughput(name: string, server: Server, quick: boolean): Promise<Rows> {
  const service = await server.start();
  const { url } = service;
  const count = quick ? 500 : 20_000;
  const bodies = Array.from({ length: count }, () => body);
  const bare: number[] = [];
  const triggered: number[] = [];
  const fill = async (stream: string): Promise<void> => {
    await server.prepare?.(url, stream);
    if (server.listensFirst !== true) await server.publish(url, stream, bodies);
  };
  try {
    await using engine = await createEngine({ workers: 1, eventSources: { connections: { server: { url } } } });
    await engine.createFunction({
      functionName: 'f',
      timeout: 60,
      code: { source: 'export const handler = (event) => ({ id: event.id });' },
    });
    for (let round = -1; round < (quick ? 1 : 5); round++) {
      await fill(`bare${round + 1}`);
      let began = 0;
      let publishing: Promise<void> | undefined;
      await server.consume(url, `bare${round + 1}`, count, () => {
        began = performance.now();
        if (server.listensFirst === true) publishing = server.publish(url, `bare${round + 1}`, bodies);
      });
      if (round >= 0) bare.push(((performance.now() - began) * 1_000) / count);
      await publishing;

      await fill(`own${round + 1}`);
      began = performance.now();
      await engine.createTrigger('f', trigger(server, `own${round + 1}`));
      if (server.listensFirst === true) publishing = server.publish(url, `own${round + 1}`, bodies);
      while (eventsOf(engine) < count) await tick(1);
      await engine.whenIdle();
      if (round >= 0) triggered.push(((performance.now() - began) * 1_000) / count);
      await publishing;
      await engine.deleteTrigger('f', 'messages');
    }
  } finally {
    await service.stop();
  }
  return { [`${name}: bare consumer`]: bare, [`${name}: to a function`]: triggered };
}

/** Rows of one transaction. */
const TRANSACTION = 500;

/** Inserts into a table, read by logical replication: a reader that only confirms, and the trigger, in turns. */
async function tables(quick: boolean): Promise<Rows> {
  const service = await postgres();
  const url = `${service.url.replace('//', '//postgres@')}/postgres`;
  const client = new pg.Client(url);
  await client.connect();
  const count = quick ? TRANSACTION : 20_000;
  const fill = async (table: string): Promise<void> => {
    const values = `SELECT n, '${body}' FROM generate_series($1::int, $2::int) AS n`;
    for (let at = 0; at < count; at += TRANSACTION) {
      await client.query(`INSERT INTO ${table} ${values}`, [at, at + TRANSACTION - 1]);
    }
  };
  const bare: number[] = [];
  const triggered: number[] = [];
  let left = 0;
  let done: () => void = () => undefined;
  try {
    await using engine = await createEngine({ workers: 1, eventSources: { connections: { server: { url } } } });
    await engine.createFunction({
      functionName: 'f',
      timeout: 60,
      code: {
        source: 'export const handler = (event, { bindings }) => void bindings.told.records(event.Records.length);',
      },
      bindings: {
        told: {
          records: (records: number) => {
            left -= records;
            if (left === 0) done();
          },
        },
      },
    });
    for (let round = -1; round < (quick ? 1 : 5); round++) {
      const table = `t${round + 1}`;
      const timed = async (): Promise<number> => {
        left = count;
        const all = new Promise<void>((resolve) => {
          done = resolve;
        });
        const began = performance.now();
        await fill(table);
        await all;
        return ((performance.now() - began) * 1_000) / count;
      };
      await client.query(`CREATE TABLE ${table} (id int8 PRIMARY KEY, body text)`);
      const slot = `bare_${table}`;
      await client.query(`CREATE PUBLICATION ${slot} FOR TABLE ${table}`);
      await client.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
      const reader = new LogicalReplicationService(
        { connectionString: url },
        { acknowledge: { auto: false, timeoutSeconds: 0 } },
      );
      reader.on('data', (lsn: string, { tag }: Pgoutput.Message) => {
        if (tag === 'commit') void reader.acknowledge(lsn);
        else if (tag === 'insert' && --left === 0) done();
      });
      const started = new Promise((resolve) => reader.once('start', resolve));
      const reading = reader.subscribe(new PgoutputPlugin({ protoVersion: 1, publicationNames: [slot] }), slot);
      await started;
      const bareMicros = await timed();
      await reader.destroy();
      await reading.catch(() => undefined);
      await client.query(`DROP PUBLICATION ${slot}; TRUNCATE ${table}`);
      await engine.createTrigger('f', {
        triggerName: 'rows',
        triggerType: 'tablestore',
        sourceArn: `acs:ots:cn-local:1000000000000001:instance/server/table/${table}`,
        triggerConfig: { format: 'json' },
      });
      const micros = await timed();
      await engine.deleteTrigger('f', 'rows');
      if (round < 0) continue;
      bare.push(bareMicros);
      triggered.push(micros);
    }
  } finally {
    await client.end();
    await service.stop();
  }
  return { 'PostgreSQL: bare reader': bare, 'PostgreSQL: to a function': triggered };
}

/** Milliseconds from before a message is published until the function has it, one message at a time. */
async function lag(name: string, server: Server, quick: boolean): Promise<Rows> {
  const service = await server.start();
  const samples: number[] = [];
  try {
    await server.prepare?.(service.url, 'orders');
    await using engine = await createEngine({
      workers: 1,
      eventSources: { connections: { server: { url: service.url } } },
    });
    let got: (() => void) | undefined;
    await engine.createFunction({
      functionName: 'f',
      timeout: 60,
      code: { source: 'export const handler = (event, { bindings }) => bindings.told.now();' },
      bindings: { told: { now: () => got?.() } },
    });
    await engine.createTrigger('f', trigger(server, 'orders'));
    for (let at = 0; at < (quick ? 10 : 200); at++) {
      const arrived = new Promise<void>((resolve) => {
        got = resolve;
      });
      const began = performance.now();
      void server.publish(service.url, 'orders', [body]);
      await arrived;
      samples.push(performance.now() - began);
    }
  } finally {
    await service.stop();
  }
  return { [`${name}: lag, with the publisher's connection`]: samples };
}

/** Milliseconds of processor time a second, of an engine whose triggers all sleep. */
async function idle(quick: boolean): Promise<Rows> {
  const samples = async (): Promise<number[]> => {
    const values: number[] = [];
    for (let at = 0; at < (quick ? 1 : 5); at++) {
      const before = process.cpuUsage();
      const began = performance.now();
      await tick(quick ? 500 : 3_000);
      const { user, system } = process.cpuUsage(before);
      values.push((user + system) / 1_000 / ((performance.now() - began) / 1_000));
    }
    return values;
  };
  await using engine = await createEngine({ workers: 1 });
  const settings = settingsSchema.parse({ isolation: 'thread', port: 0 });
  const admin = { accessKeyId: 'ADMINKEY', accessKeySecret: 'of the benchmark' };
  const host = await Host.open({ engine, settings, admin, masterKey: 'of the benchmark' });
  const server = await createApiServer(host);
  await server.listen({ port: 0, host: '127.0.0.1' });
  for (let at = 0; at < 1_000; at++) {
    await engine.createFunction({ functionName: `f${at}`, code: { source: 'export const handler = () => 1;' } });
  }
  const rows: Rows = {};
  const rest = async (name: string): Promise<void> => {
    await tick(1_000);
    rows[`idle: ${name}`] = await samples();
  };
  await rest('no trigger');
  for (let at = 0; at < 1_000; at++) {
    const triggerConfig = { cronExpression: `0 ${at % 60} 4 1 1 *` };
    await engine.createTrigger(`f${at}`, { triggerName: 'cron', triggerType: 'timer', triggerConfig });
  }
  await rest('1,000 timers');
  for (let at = 0; at < 1_000; at++) {
    const triggerConfig = { authType: 'anonymous' };
    await engine.createTrigger(`f${at}`, { triggerName: 'web', triggerType: 'http', triggerConfig });
  }
  await rest('1,000 timers and 1,000 HTTP routes');
  await server.close();
  await host.close();
  return rows;
}

const cases: Record<string, (quick: boolean) => Promise<Rows>> = { idle, postgresql: tables };
for (const [name, server] of Object.entries(SERVERS)) {
  const key = server.eventSourceType.toLowerCase();
  cases[key] = (quick) => throughput(name, server, quick);
  cases[`${key}-lag`] = (quick) => lag(name, server, quick);
}

export const triggers: Suite = {
  name: 'triggers',
  unit: 'µs/event',
  unitOf: (row) => (row.includes('lag') ? 'ms' : row.startsWith('idle') ? 'ms CPU/s' : undefined),
  baseline: '',
  baselines: Object.fromEntries([
    ['idle: 1,000 timers', 'idle: no trigger'],
    ['idle: 1,000 timers and 1,000 HTTP routes', 'idle: no trigger'],
    ['PostgreSQL: to a function', 'PostgreSQL: bare reader'],
    ...Object.keys(SERVERS).map((name) => [`${name}: to a function`, `${name}: bare consumer`]),
  ]),
  cases,
  targets: [
    ...Object.keys(SERVERS).map((name) => ({
      row: `${name}: to a function`,
      against: `${name}: bare consumer`,
      max: 1 / 0.6,
      says: 'at least 60 % of a bare consumer',
    })),
    {
      row: 'PostgreSQL: to a function',
      against: 'PostgreSQL: bare reader',
      max: 1 / 0.6,
      says: 'at least 60 % of a bare reader',
    },
    ...['idle: 1,000 timers', 'idle: 1,000 timers and 1,000 HTTP routes'].map((row) => ({
      row,
      against: 'idle: no trigger',
      max: 1.25,
      says: 'sleeping triggers cost next to nothing',
    })),
  ],
};
