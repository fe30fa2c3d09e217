/**
 * The cluster's accepted events: one stream of the server from which an event is gone once it has been acknowledged, a subject
 * for each function and qualifier, and for each of these that is at work a consumer all engines pull from. So an engine asks
 * for as many events of a function as it can take, and no function waits behind another one.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { SharedListener } from '../queue/shared-events.ts';
import { bucketKey, documentKey } from './keys.ts';
import { jetstreamPackage, type Link } from './link.ts';
import type { SharedTasks } from './shared-tasks.ts';

/** A consumer nobody pulls from is forgotten; what waits is not. Milliseconds. */
const IDLE_CONSUMER_MS = 600_000;
/** Milliseconds between two words to the others that a queue has events, and between two looks for such queues. */
const TELL_MS = 5_000;
const LOOK_MS = 5_000;
const IDLE_LOOK_MS = 50;
/** Of JetStream's API: there is a consumer of that name with another configuration. */
const OTHER_CONSUMER = 10_148;

export interface EventStreamOptions {
  /** Of the cluster. */
  readonly name: string;
  readonly replicas: number;
  readonly takeoverSeconds: number;
}

export class EventStream {
  readonly #link: Link;
  /** Of the stream. */
  readonly name: string;
  /** Begins the subjects. */
  readonly prefix: string;
  readonly #tasks: SharedTasks;
  /** The server gives an event out again when nothing was heard of it for so long. */
  readonly ackWaitMs: number;
  /** Everything this engine has of the stream and has not acknowledged. */
  readonly inHand = new Set<JsMsg>();
  readonly #toldAt = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #listener: SharedListener | undefined;

  private constructor(link: Link, name: string, prefix: string, tasks: SharedTasks, ackWaitMs: number) {
    this.#link = link;
    this.name = name;
    this.prefix = prefix;
    this.#tasks = tasks;
    this.ackWaitMs = ackWaitMs;
  }

  static async open(
    link: Link,
    { name: cluster, replicas, takeoverSeconds }: EventStreamOptions,
    tasks: SharedTasks,
  ): Promise<EventStream> {
    const { RetentionPolicy, StorageType, DiscardPolicy } = await jetstreamPackage();
    const name = `${cluster}_events`;
    const prefix = `isopod.${cluster}.events`;
    const config = {
      name,
      subjects: [`${prefix}.queue.>`],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      num_replicas: replicas,
    };
    await link.ask(async () => {
      const known = await link.manager.streams.info(name).catch(() => undefined);
      if (known === undefined) await link.manager.streams.add(config);
    });
    return new EventStream(link, name, prefix, tasks, takeoverSeconds * 1_000);
  }

  /** Follows what others say, and looks for queues that have events. */
  begin(listener: SharedListener): void {
    this.#listener = listener;
    const { connection } = this.#link;
    connection.subscribe(`${this.prefix}.told`, {
      callback: (error, message) => void (error ?? this.#found(message.string())),
    });
    connection.subscribe(`${this.prefix}.stop`, {
      callback: (error, message) => {
        if (error !== null) return;
        const { functionName, taskId } = message.json<{ functionName: string; taskId: string }>();
        const task = this.#tasks.here(functionName, taskId);
        if (task !== undefined && task.status !== 'Stopping' && task.ended === 0) listener.stop(task);
      },
    });
    const working = (): void => {
      if (this.#link.isUp) for (const message of this.inHand) quietly(() => message.working());
    };
    this.#timers.push(
      setInterval(working, this.ackWaitMs / 4).unref(),
      setInterval(() => void this.#look(), LOOK_MS).unref(),
    );
    void this.#look();
  }

  async #look(): Promise<void> {
    if (!this.#link.isUp) return;
    for (const queue of await this.queues().catch(() => [])) this.#found(queue);
  }

  /** Those that have events. */
  async queues(): Promise<string[]> {
    const { state } = await this.#link.manager.streams.info(this.name, { subjects_filter: this.subjectOf('>') });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.subjectOf('').length));
  }

  subjectOf(queue: string): string {
    return `${this.prefix}.queue.${queue}`;
  }

  #found(name: string): void {
    const queue = documentKey(name);
    if (queue !== undefined) this.#listener?.found(queue.kind, queue.key);
  }

  /**
   * Resolves when the server has it. Rejects with `ClusterUnavailable`. The server is not to find duplicates: an event it takes for
   * one may have been acknowledged since.
   */
  async publish(functionName: string, qualifier: string, message: Buffer): Promise<void> {
    const name = bucketKey(functionName, qualifier);
    await this.#link.ask(() => this.#link.jetstream.publish(this.subjectOf(name), message));
    const now = performance.now();
    if (now - (this.#toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    this.#toldAt.set(name, now);
    this.#link.connection.publish(`${this.prefix}.told`, name);
  }

  get mostBytes(): number {
    return this.#link.mostBytes;
  }

  /** What all engines pull the events of a queue from. */
  consumer(functionName: string, qualifier: string): Promise<Consumer> {
    const name = bucketKey(functionName, qualifier);
    return this.#link.ask(async () => {
      const { AckPolicy, DeliverPolicy } = await jetstreamPackage();
      const durable_name = consumerNameOf(name);
      const changeable = {
        ack_wait: this.ackWaitMs * 1_000_000,
        inactive_threshold: IDLE_CONSUMER_MS * 1_000_000,
        max_ack_pending: -1,
        max_deliver: -1,
      };
      const { consumers } = this.#link.manager;
      const info = await consumers
        .add(this.name, {
          ...changeable,
          durable_name,
          filter_subject: this.subjectOf(name),
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
        })
        .catch(async (error: unknown) => {
          // An engine with other settings made it: those of the last one count.
          if ((error as { readonly code?: number }).code !== OTHER_CONSUMER) throw error;
          return consumers.update(this.name, durable_name, changeable);
        });
      return this.#link.jetstream.consumers.getConsumerFromInfo(info);
    });
  }

  /** Whoever has the task's event stops it. */
  stop(functionName: string, taskId: string): void {
    this.#link.connection.publish(`${this.prefix}.stop`, JSON.stringify({ functionName, taskId }));
  }

  async whenIdle(): Promise<void> {
    for (;;) {
      const { state } = await this.#link.ask(() => this.#link.manager.streams.info(this.name));
      if (state.messages === 0) return;
      await sleep(IDLE_LOOK_MS);
    }
  }

  /** What this engine still has goes to the others at once. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#link.isUp) for (const message of this.inHand) giveBack(message);
    this.inHand.clear();
  }
}

/** `queue`: the key of a function and qualifier. */
export const consumerNameOf = (queue: string): string => createHash('sha256').update(queue).digest('hex').slice(0, 32);

/** A connection that was closed for good takes nothing any more; the server gives the event out again by itself. */
function quietly(what: () => void): void {
  try {
    what();
  } catch {
    // As above.
  }
}

/** The event has ended. */
export const acknowledge = (message: JsMsg | undefined): void => quietly(() => message?.ack());

/** Somebody is to have the event, after `delayMs`. */
export const giveBack = (message: JsMsg | undefined, delayMs?: number): void => quietly(() => message?.nak(delayMs));
