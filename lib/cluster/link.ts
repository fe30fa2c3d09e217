/**
 * The connection to NATS: made, checked, kept. It comes back by itself; while it is away whatever needs it is refused at once,
 * because the client would keep it and send it later, when nobody waits for it any more.
 */
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CheckedClusterOptions } from '../cluster-options.ts';
import { IsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import { optionalPackage } from '../trigger/optional-package.ts';

const PACKAGES = '@nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj';
/** Oldest server that is right about terminated messages and marks of progress. */
const OLDEST: readonly [number, number] = [2, 10];
/** Milliseconds between two attempts to connect again, and until an engine that starts gives up. */
const RECONNECT_MS = 250;
const CONNECT_MS = 5_000;
/** What NATS servers are set to unless told otherwise. */
const DEFAULT_MOST_BYTES = 1_048_576;

type Load<T> = () => Promise<T>;
const load = <T>(packages: Load<T>): Promise<T> => optionalPackage(packages, PACKAGES, 'A cluster');
export const kvPackage = () => load(() => import('@nats-io/kv'));
export const objectPackage = () => load(() => import('@nats-io/obj'));
export const jetstreamPackage = () => load(() => import('@nats-io/jetstream'));
export const natsPackage = () => load(() => import('@nats-io/transport-node'));

export class Link {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly #servers: string;
  readonly #logger: EngineLogger | undefined;
  readonly #changed = new Set<(isUp: boolean) => void>();
  #isUp = true;

  private constructor(
    connection: NatsConnection,
    jetstream: JetStreamClient,
    manager: JetStreamManager,
    servers: string,
    logger: EngineLogger | undefined,
  ) {
    this.connection = connection;
    this.jetstream = jetstream;
    this.manager = manager;
    this.#servers = servers;
    this.#logger = logger;
    void this.#follow();
  }

  /** Rejects with `ClusterUnavailable`, `ClusterUnusable` or `PackageMissing`. */
  static async open(options: CheckedClusterOptions, logger: EngineLogger | undefined): Promise<Link> {
    const { connect } = await natsPackage();
    const { jetstream, jetstreamManager } = await jetstreamPackage();
    const { nats, username, password, token } = options;
    const servers = nats.join(', ');
    let connection: NatsConnection;
    try {
      connection = await connect({
        servers: [...nats],
        name: `isopod ${options.name}/${options.node}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_MS,
        timeout: CONNECT_MS,
        ...(username !== undefined && { user: username }),
        ...(password !== undefined && { pass: password }),
        ...(token !== undefined && { token }),
      });
    } catch (error) {
      throw refusal(servers, error as Error);
    }
    try {
      assertVersion(servers, connection.info?.version ?? '');
      const manager = await jetstreamManager(connection, { checkAPI: false });
      await manager.getAccountInfo().catch((error: unknown) => {
        throw unusable(servers, 'has no JetStream: start it with nats-server -js', error);
      });
      return new Link(connection, jetstream(connection), manager, servers, logger);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Bytes of the largest message the server takes. */
  get mostBytes(): number {
    return this.connection.info?.max_payload ?? DEFAULT_MOST_BYTES;
  }

  /** Tells when the connection is lost and when it is back. */
  onChange(listener: (isUp: boolean) => void): void {
    this.#changed.add(listener);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue;
      const isUp = type === 'reconnect';
      if (isUp === this.#isUp) continue;
      this.#isUp = isUp;
      if (isUp) this.#logger?.info('The cluster can be reached again', { servers: this.#servers });
      else this.#logger?.warn('The cluster cannot be reached: functions known here go on, changes are refused');
      for (const listener of this.#changed) listener(isUp);
    }
  }

  /** Does something that needs the server. Rejects with `ClusterUnavailable`, or what `explain` makes of an error. */
  async ask<T>(what: () => Promise<T>, explain?: (error: unknown) => IsopodError | undefined): Promise<T> {
    if (!this.#isUp) throw this.#unavailable(undefined);
    try {
      return await what();
    } catch (error) {
      if (error instanceof IsopodError) throw error;
      throw explain?.(error) ?? this.#unavailable(error);
    }
  }

  #unavailable(cause: unknown): IsopodError {
    const why = cause === undefined ? 'the connection is lost; it is tried again' : (cause as Error).message;
    return new IsopodError('ClusterUnavailable', `NATS at ${this.#servers} does not answer: ${why}`, { cause });
  }

  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    // What was written arrives first, unless nobody is there to take it.
    if (this.#isUp) await this.connection.drain().catch(() => this.connection.close());
    else await this.connection.close();
  }
}

/** Throws `ClusterUnusable`. */
export function assertVersion(servers: string, version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw unusable(servers, `is version ${version}, and ${OLDEST.join('.')} or newer is needed: update the server`);
}

const unusable = (servers: string, why: string, cause?: unknown): IsopodError =>
  new IsopodError('ClusterUnusable', `NATS at ${servers} ${why}`, { cause });

function refusal(servers: string, error: Error): IsopodError {
  return error.name === 'AuthorizationError'
    ? unusable(servers, 'refuses the credentials: set cluster.username and password, or token', error)
    : new IsopodError(
        'ClusterUnavailable',
        `No NATS server at ${servers} (${error.message}): start nats-server -js there`,
        {
          cause: error,
        },
      );
}
