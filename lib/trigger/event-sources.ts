/** The engine's own sources, for the embedding program: what raises events without a server in between. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { putEvents } from './eventbridge/bus.ts';
import type { CloudEvent } from './eventbridge/cloud-event.ts';
import { Queues, type SendOptions } from './message/queues.ts';
import { type PublishOptions, publish } from './message/topics.ts';
import type { BucketServerOptions } from './oss/bucket-server.ts';
import type { Services } from './services.ts';

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
}
