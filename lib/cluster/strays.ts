/**
 * Events the server no longer gives out. One that was killed may take an event for being under way although no engine has it
 * (nats-server #4736, #7680), or for having been given out before it came; it would stay in the stream for good. One engine looks
 * for such events, asks all engines whether they have them, and publishes them again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerInfo, StoredMsg } from '@nats-io/jetstream';
import type { EngineLogger } from '../options.ts';
import type { TriggerLeases } from '../trigger/triggers.ts';
import { consumerNameOf, type EventStream } from './event-stream.ts';
import type { Link } from './link.ts';
import { type EventHead, unframe } from './wire.ts';

const LEASE = 'events/strays';
/** An event is overdue when the server should have given it out again so many times. */
const MISSED = 5;
/** Events of a queue that are looked at in one go. */
const BATCH = 256;
/** Milliseconds engines have to answer, and between the two times they are asked: an event may be on its way. */
const ANSWER_MS = 500;
const CONFIRM_MS = 1_000;

export interface StraysOptions {
  readonly link: Link;
  readonly stream: Pick<EventStream, 'name' | 'prefix' | 'ackWaitMs' | 'inHand' | 'queues' | 'subjectOf'>;
  readonly leases: Pick<TriggerLeases, 'want' | 'holds'>;
  readonly logger: EngineLogger | undefined;
}

export class Strays {
  readonly #options: StraysOptions;
  /** By queue: the message its next look begins with. */
  readonly #next = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(options: StraysOptions) {
    this.#options = options;
    const { link, stream, leases } = options;
    link.connection.subscribe(`${stream.prefix}.held`, {
      callback: (error, message) => {
        if (error !== null) return;
        const asked = new Set(message.json<number[]>());
        message.respond(JSON.stringify([...stream.inHand].map(({ seq }) => seq).filter((seq) => asked.has(seq))));
      },
    });
    void leases.want(LEASE, () => undefined);
    this.#timer = setInterval(() => {
      if (link.isUp && leases.holds(LEASE)) void this.look();
    }, stream.ackWaitMs).unref();
  }

  /** Resolves with how many events were published again. */
  async look(): Promise<number> {
    if (this.#looking) return 0;
    this.#looking = true;
    const { stream, logger } = this.#options;
    let found = 0;
    try {
      const queues = await stream.queues();
      for (const queue of queues) found += await this.#lookAt(queue);
      for (const queue of this.#next.keys()) if (!queues.includes(queue)) this.#next.delete(queue);
    } catch {
      // The server is away, or was asked too much: the next look finds the rest.
    } finally {
      this.#looking = false;
    }
    if (found > 0) logger?.warn('Events the NATS server no longer gave out were published again', { events: found });
    return found;
  }

  async #lookAt(queue: string): Promise<number> {
    const before = await this.#consumer(queue);
    // A new consumer gives out everything.
    if (before === undefined) return 0;
    const missing = await this.#withoutEngine(await this.#overdue(queue, before.delivered.stream_seq));
    if (missing.length === 0) return 0;
    await sleep(CONFIRM_MS, undefined, { ref: false });
    const after = await this.#consumer(queue);
    // With nobody to give it to, an event may well wait. What was given out before goes first.
    const gives = after !== undefined && (after.num_waiting > 0 || isLater(after, before));
    let found = 0;
    for (const message of gives ? await this.#withoutEngine(missing) : []) if (await this.#again(message)) found++;
    return found;
  }

  async #consumer(queue: string): Promise<ConsumerInfo | undefined> {
    const { link, stream } = this.#options;
    return link.manager.consumers.info(stream.name, consumerNameOf(queue)).catch(() => undefined);
  }

  /** Of the messages the server gave out up to `last`, those it should have given out again long ago. */
  async #overdue(queue: string, last: number): Promise<StoredMsg[]> {
    const { stream } = this.#options;
    const next_by_subj = stream.subjectOf(queue);
    const limit = Date.now() - stream.ackWaitMs * MISSED;
    const overdue: StoredMsg[] = [];
    let next = this.#next.get(queue) ?? 0;
    for (let looked = 0; looked < BATCH; looked++) {
      const message = await this.#message({ seq: next, next_by_subj });
      if (message === undefined || message.seq > last || message.time.getTime() > limit) {
        next = 0;
        break;
      }
      next = message.seq + 1;
      if (unframe<EventHead>(message.data).head.due <= limit) overdue.push(message);
    }
    this.#next.set(queue, next);
    return overdue;
  }

  async #message(query: { seq: number; next_by_subj?: string }): Promise<StoredMsg | undefined> {
    const { link, stream } = this.#options;
    return (await link.manager.streams.getMessage(stream.name, query)) ?? undefined;
  }

  async #withoutEngine(messages: readonly StoredMsg[]): Promise<readonly StoredMsg[]> {
    if (messages.length === 0) return messages;
    const { link, stream } = this.#options;
    const held = new Set<number>();
    const answers = await link.connection.requestMany(
      `${stream.prefix}.held`,
      JSON.stringify(messages.map(({ seq }) => seq)),
      { strategy: 'timer', maxWait: ANSWER_MS },
    );
    for await (const answer of answers) for (const seq of answer.json<number[]>()) held.add(seq);
    return messages.filter(({ seq }) => !held.has(seq));
  }

  /** False when it was given out and has ended meanwhile. */
  async #again({ seq, subject, data }: StoredMsg): Promise<boolean> {
    const { link, stream } = this.#options;
    if ((await this.#message({ seq }).catch(() => undefined)) === undefined) return false;
    // The name keeps the server from taking it twice when this is interrupted before the first one is deleted.
    await link.jetstream.publish(subject, data, { msgID: `${stream.name} ${seq}` });
    await link.manager.streams.deleteMessage(stream.name, seq, false);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

const isLater = (after: ConsumerInfo, before: ConsumerInfo): boolean =>
  after.delivered.consumer_seq > before.delivered.consumer_seq;
