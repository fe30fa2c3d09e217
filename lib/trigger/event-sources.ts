/** The engine's own sources, for the embedding program: what raises events without a server in between. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { putEvents } from './eventbridge/bus.ts';
import type { CloudEvent } from './eventbridge/cloud-event.ts';
import { LogFeeds } from './log/log-feeds.ts';
import { type LogRecord, LogStore, type PulledLogs } from './log/log-store.ts';
import { otlpRecords } from './log/otlp.ts';
import { Queues, type SendOptions } from './message/queues.ts';
import { type PublishOptions, publish } from './message/topics.ts';
import type { BucketServerOptions } from './oss/bucket-server.ts';
import type { Services } from './services.ts';
import { checkSender } from './webhook/sender.ts';
import { headerOf, jsonOf, Webhooks } from './webhook/webhooks.ts';

/** For `node:http` and everything built on it. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export class EventSources {
  readonly #services: Services;

  /** @internal `engine.eventSources`. */
  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * A handler that serves the engine's buckets to S3 and OSS clients (path style): put, get, copy, list, delete, in parts
   * too. Without `accessKeys` it serves everybody, so listen on a loopback address.
   */
  async bucketHandler(options: BucketServerOptions = {}): Promise<HttpHandler> {
    const { BucketServer } = await import('./oss/bucket-server.ts');
    return new BucketServer(this.#services, options).handle;
  }

  /** Publishes to a topic: every `mns_topic` trigger of it is told. Resolves with the message's id when it is kept. */
  publish(topic: string, body: string, options?: PublishOptions): Promise<string> {
    return publish(this.#services, topic, body, options);
  }

  /** Sends to a queue. Resolves when the message is kept. */
  async send(queue: string, body: string, options?: SendOptions): Promise<void> {
    await Queues.of(this.#services).send(queue, body, options);
  }

  /** Takes up to `limit` messages from a queue for good, oldest first: for dead letters, and programs without triggers. */
  async receive(queue: string, limit = 10): Promise<string[]> {
    const queues = Queues.of(this.#services);
    const messages = await queues.receive(queue, limit, 30_000);
    await Promise.all(messages.map(({ id }) => queues.delete(id)));
    return messages.map(({ body }) => body);
  }

  /** Puts CloudEvents 1.0 on a bus, for `eventbridge` triggers of it. Resolves when they are kept. */
  putEvents(events: readonly CloudEvent[], bus = 'default'): Promise<void> {
    return putEvents(this.#services, bus, events);
  }

  /** A handler for posts to triggers (`/hooks/{function}/{trigger}`) and OTLP logs. `isopod serve` has it. */
  webhookHandler(): HttpHandler {
    const hooks = Webhooks.of(this.#services);
    addOtlp(this.#services, hooks);
    return hooks.handle;
  }

  /** Writes records into a log store, `project/logstore`. Resolves when they are kept, which they are for 7 days. */
  putLogs(logstore: string, records: readonly LogRecord[]): Promise<void> {
    return LogStore.of(this.#services, logstore).put(records);
  }

  /** Reads what an event of a log trigger names: its `source.shardId`, `beginCursor` and `endCursor`. */
  pullLogs(logstore: string, shard: number, cursor: string, endCursor?: string, count?: number): PulledLogs {
    return LogStore.of(this.#services, logstore).pull(shard, cursor, endCursor, count);
  }

  /** Where a shard (0 or 1) begins, ends, or is at a time in seconds since the epoch. */
  logCursor(logstore: string, shard: number, from: 'begin' | 'end' | number): string {
    return LogStore.of(this.#services, logstore).cursor(shard, from);
  }

  /** Begins to read the files and to listen to the syslog of a store, also without a trigger. Resolves with the syslog port. */
  async openLogFeeds(logstore: string): Promise<number | undefined> {
    const feeds = LogFeeds.of(this.#services);
    await feeds.open(logstore);
    return feeds.syslogPorts.get(logstore);
  }
}

function addOtlp(services: Services, hooks: Webhooks): void {
  for (const [name, { otlp }] of Object.entries(services.options.logs)) {
    if (otlp === undefined) continue;
    hooks.add(`/otlp/${name}/v1/logs`, async (post) => {
      checkSender(post, otlp.token, Date.now());
      if (!(headerOf(post, 'content-type') ?? '').startsWith('application/json')) {
        return { status: 415, body: { message: 'Logs are taken as JSON: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json' } };
      }
      await LogStore.of(services, name).put(otlpRecords(jsonOf(post.body)));
      return { status: 200, body: {} };
    });
  }
}
