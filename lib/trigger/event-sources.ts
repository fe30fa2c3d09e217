/** The engine's own sources, for the embedding program: what raises events without a server in between. */
import type { IncomingMessage, ServerResponse } from 'node:http';
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
}
