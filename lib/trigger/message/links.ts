/**
 * Connections to servers over which messages are sent: made when the first is, kept for the next ones, and made anew when
 * one ended. One that is not used for a while is given up.
 */
import { IsopodError } from '../../errors.ts';
import type { Connection } from '../../options.ts';
import { checkConnection, connectionOf } from '../connections.ts';
import type { Services } from '../services.ts';

export interface OutMessage {
  /** The same for every attempt at one message. */
  readonly id: string;
  /** JSON text. */
  readonly body: string;
}

/** A connection that is open. */
export interface Link {
  /** Resolves when the server has the message in safe hands. */
  send(place: string, message: OutMessage): Promise<unknown>;
  close(): Promise<unknown>;
}

/** How messages are sent to servers of one kind. */
export interface LinkKind {
  /** What addresses begin with. */
  readonly name: string;
  readonly protocols: readonly string[];
  /** Throws `InvalidArgument` when nothing can be sent to such a place. */
  checkPlace(place: string): void;
  /** `ended` is called when the connection is over by itself. */
  open(connection: Connection, ended: () => void): Promise<Link>;
}

/** Milliseconds a connection may take to open, and is kept while nothing is sent. */
export const OPEN_MS = 10_000;
const IDLE_MS = 60_000;

interface Kept {
  readonly link: Promise<Link>;
  idle: NodeJS.Timeout | undefined;
  sending: number;
}

export class Links {
  readonly #services: Services;
  /** By kind and connection. */
  readonly #kept = new Map<string, Kept>();

  constructor(services: Services) {
    this.#services = services;
  }

  static of(services: Services): Links {
    return services.part('links', () => new Links(services));
  }

  /** Rejects when the message was not taken, or `signal` aborts; then the connection is not trusted any more. */
  async send(kind: LinkKind, name: string, place: string, message: OutMessage, signal: AbortSignal): Promise<void> {
    checkConnection(this.#services, name, kind.protocols);
    const key = `${kind.name} ${name}`;
    const kept = this.#kept.get(key) ?? this.#open(key, kind, name);
    clearTimeout(kept.idle);
    kept.sending++;
    try {
      const sent = kept.link.then((link) => link.send(place, message));
      await orAborted(sent, signal);
    } catch (error) {
      if (signal.aborted) this.#drop(key, kept);
      throw error;
    } finally {
      kept.sending--;
      if (kept.sending === 0) kept.idle = setTimeout(() => this.#drop(key, kept), IDLE_MS).unref();
    }
  }

  #open(key: string, kind: LinkKind, name: string): Kept {
    const link = connectionOf(this.#services, name, kind.protocols).then((connection) =>
      kind.open(connection, () => this.#drop(key, kept)),
    );
    const kept: Kept = { link, idle: undefined, sending: 0 };
    link.catch(() => this.#drop(key, kept));
    this.#kept.set(key, kept);
    return kept;
  }

  #drop(key: string, kept: Kept): void {
    clearTimeout(kept.idle);
    if (this.#kept.get(key) === kept) this.#kept.delete(key);
    void closed(kept);
  }

  async close(): Promise<void> {
    const all = [...this.#kept];
    this.#kept.clear();
    await Promise.all(
      all.map(([, kept]) => {
        clearTimeout(kept.idle);
        return closed(kept);
      }),
    );
  }
}

/** Whatever state it is in. */
async function closed({ link }: Kept): Promise<void> {
  await link.then((open) => open.close()).catch(() => undefined);
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const why = signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
      reject(new IsopodError('DestinationDeliveryFailed', `The server did not take the message in time: ${why}`));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
