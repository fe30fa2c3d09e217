/**
 * Events that were accepted while the server of the cluster was away. They wait in a file of the engine's folder, which is a
 * journal of its own, and go to the cluster's stream when it is back. An event leaves the file after the server has it, so a
 * process that ends in between hands it over twice.
 */
import { existsSync } from 'node:fs';
import { IsopodError } from '../errors.ts';
import type { Row } from '../journal/database.ts';
import { Journal } from '../journal/journal.ts';
import { full } from '../queue/full.ts';
import type { SharedOutboxOptions } from '../queue/shared-events.ts';
import type { Link } from './link.ts';

/** Events and characters handed over at once. */
const BATCH_EVENTS = 256;
const BATCH_CHARS = 4_000_000;
/** Milliseconds between two looks for events that could not be handed over though the connection is there. */
const AGAIN_MS = 5_000;

type Publish = (functionName: string, qualifier: string, message: Buffer) => Promise<void>;

export interface OutboxOptions extends SharedOutboxOptions {
  /** False: what another start left there is handed over, and nothing is put there. */
  readonly takes: boolean;
  readonly link: Pick<Link, 'isUp' | 'onChange'>;
  readonly publish: Publish;
}

interface Queue {
  readonly id: number;
  readonly functionName: string;
  readonly qualifier: string;
  waiting: number;
}

const keyOf = (functionName: string, qualifier: string): string => `${functionName}\n${qualifier}`;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #journal: Journal;
  readonly #queues = new Map<string, Queue>();
  readonly #timer: NodeJS.Timeout;
  #nextQueue = 1;
  #nextNo: number;
  #size = 0;
  #forwarding: Promise<void> | undefined;
  #closed = false;
  #idle: (() => void)[] = [];

  private constructor(options: OutboxOptions, journal: Journal, queues: readonly Row[], lastNo: number) {
    this.#options = options;
    this.#journal = journal;
    this.#nextNo = lastNo + 1;
    for (const [id, functionName, qualifier, , waiting] of queues as [number, string, string, number, number][]) {
      this.#nextQueue = Math.max(this.#nextQueue, id + 1);
      this.#queues.set(keyOf(functionName, qualifier), { id, functionName, qualifier, waiting });
      this.#size += waiting;
    }
    options.link.onChange(() => this.#look());
    this.#timer = setInterval(() => this.#look(), AGAIN_MS).unref();
    this.#look();
  }

  /** Undefined when there is nothing for it to do. Rejects with `DataDirDamaged`, `DataDirUnusable` or `StoreFailed`. */
  static async open(options: OutboxOptions): Promise<Outbox | undefined> {
    const { file, takes, logger } = options;
    if (!takes && !existsSync(file)) return undefined;
    const journal = await Journal.open(file, {
      onStall: (error) => logger?.error('The outbox of the cluster cannot be written', { error }),
    });
    try {
      const [queues, [last]] = await Promise.all([journal.ask('queues'), journal.ask('lastEvent')]);
      return new Outbox(options, journal, queues, last?.[0] as number);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Events that wait for the server. */
  get size(): number {
    return this.#size;
  }

  sizeOf(functionName: string, qualifier: string): number {
    return this.#queues.get(keyOf(functionName, qualifier))?.waiting ?? 0;
  }

  /** Hands an event to the server or, when that cannot be reached, keeps it. Rejects with what refuses it. */
  async publish(functionName: string, qualifier: string, message: Buffer): Promise<void> {
    try {
      await this.#options.publish(functionName, qualifier, message);
    } catch (error) {
      if (!this.#options.takes || !(error instanceof IsopodError) || error.code !== 'ClusterUnavailable') throw error;
      await this.#keep(functionName, qualifier, message);
    }
  }

  #keep(functionName: string, qualifier: string, message: Buffer): Promise<void> {
    const { max } = this.#options;
    if (this.#size >= max) throw full(`${max} events wait for the cluster's server already; raise queue.maxBacklog`);
    const queue = this.#queueOf(functionName, qualifier);
    return new Promise((resolve, reject) => {
      const refused = (error: IsopodError): void => {
        this.#left(queue);
        reject(error);
      };
      this.#journal.publish({ kept: resolve, refused }, this.#nextNo++, queue.id, 0, Date.now(), 0, 0, 0, `${message}`);
      this.#size++;
      queue.waiting++;
    });
  }

  #queueOf(functionName: string, qualifier: string): Queue {
    const key = keyOf(functionName, qualifier);
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { id: this.#nextQueue++, functionName, qualifier, waiting: 0 };
      this.#queues.set(key, queue);
      this.#journal.change('addQueue', queue.id, functionName, qualifier);
    }
    return queue;
  }

  /** One event of the queue waits no longer. */
  #left(queue: Queue): void {
    this.#size--;
    if (--queue.waiting > 0) return;
    this.#queues.delete(keyOf(queue.functionName, queue.qualifier));
    this.#journal.change('endQueue', queue.id);
    if (this.#size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #look(): void {
    const { link, logger } = this.#options;
    if (this.#forwarding !== undefined || this.#size === 0 || this.#closed || !link.isUp) return;
    this.#forwarding = this.#forward()
      .catch((error: unknown) => logger?.error('Events of the outbox could not be handed over', { error }))
      .finally(() => {
        this.#forwarding = undefined;
      });
  }

  async #forward(): Promise<void> {
    const { logger } = this.#options;
    let forwarded = 0;
    for (const queue of [...this.#queues.values()]) forwarded += await this.#forwardQueue(queue);
    if (forwarded === 0) return logger?.warn('The cluster takes no events of the outbox', { left: this.#size });
    logger?.info('Events that waited for the server were handed over to the cluster', { forwarded, left: this.#size });
  }

  async #forwardQueue(queue: Queue): Promise<number> {
    let forwarded = 0;
    for (let after = 0; this.#options.link.isUp && !this.#closed; ) {
      const rows = await this.#journal.ask('fresh', [queue.id, after, BATCH_EVENTS], BATCH_CHARS);
      if (rows.length === 0) break;
      const sent = await Promise.allSettled(rows.map((row) => this.#send(queue, row)));
      forwarded += sent.filter(({ status }) => status === 'fulfilled').length;
      after = rows.at(-1)?.[0] as number;
    }
    return forwarded;
  }

  async #send(queue: Queue, [no, , , , , , text]: Row): Promise<void> {
    await this.#options.publish(queue.functionName, queue.qualifier, Buffer.from(text as string));
    this.#journal.change('end', no as number);
    this.#left(queue);
  }

  /** Resolves when nothing waits here. */
  async whenEmpty(): Promise<void> {
    if (this.#size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** What waits is found again by the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#forwarding;
    await this.#journal.close();
  }
}
