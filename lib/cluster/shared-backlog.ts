/**
 * Events of one function and qualifier in the cluster's stream, and those this engine has taken from it. An event stays in the
 * stream until it has ended; whatever happens to the engine meanwhile, another one gets it then. A failed attempt is published as
 * a new message that knows of it, before the old one is acknowledged. One file because a message's way there and back is one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { IsopodError } from '../errors.ts';
import { type AcceptedEvent, noFailures } from '../outcome/accepted-event.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import { taskNotFound } from '../outcome/tasks.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { SharedBacklogOptions } from '../queue/shared-events.ts';
import { acknowledge, type EventStream, giveBack } from './event-stream.ts';
import type { Outbox } from './outbox.ts';
import type { SharedTasks } from './shared-tasks.ts';
import { type EventHead, frame, unframe } from './wire.ts';

/** One question for events stays open for so long; after so many without an answer the queue sleeps. Milliseconds. */
const PULL_MS = 5_000;
const PULLS_TO_SLEEP = 6;
/** Events asked for at once. */
const MAX_PULL = 1_024;
/** Milliseconds until what failed is tried again; what a drained queue is waited for. */
const AGAIN_MS = 500;
const DRAIN_MS = 1_000;
/** Milliseconds from an event to its task's document, at most. */
const WRITTEN_MS = 10_000;
/** Of a message besides its event: head, subject, id. */
const OVERHEAD_BYTES = 4_096;

export interface SharedBacklogParts extends SharedBacklogOptions {
  readonly stream: EventStream;
  /** Where events wait while the server is away; undefined: they are refused then. */
  readonly outbox: Outbox | undefined;
  readonly tasks: SharedTasks;
  /** This engine takes no events. */
  readonly isDraining: () => boolean;
}

export class SharedBacklog implements Backlog {
  readonly isLasting = true;
  readonly #parts: SharedBacklogParts;
  #ready: AcceptedEvent[] = [];
  #head = 0;
  readonly #messages = new Map<number, JsMsg>();
  #publishing = 0;
  #pulling = false;
  #open: ConsumerMessages | undefined;
  #hasRoom: (() => void) | undefined;
  #closed = false;

  constructor(parts: SharedBacklogParts) {
    this.#parts = parts;
  }

  /** Of those this engine has, its outbox included; the stream may have more. */
  get size(): number {
    const { outbox, functionName, qualifier } = this.#parts;
    return this.#waiting + (outbox?.sizeOf(functionName, qualifier) ?? 0);
  }

  /** Taken from the stream, or on the way there. */
  get #waiting(): number {
    return this.#ready.length - this.#head + this.#publishing;
  }

  get oldest(): number | undefined {
    return this.#ready[this.#head]?.accepted;
  }

  get hasReady(): boolean {
    return this.#ready.length > this.#head && !this.#closed;
  }

  async publish(
    no: number,
    text: string,
    binary: boolean,
    task: TaskRecord | undefined,
    delayMs: number,
  ): Promise<void> {
    const accepted = Date.now();
    const due = delayMs > 0 ? accepted + delayMs : 0;
    const head = { no, binary, accepted, due, failures: noFailures, taskId: task?.taskId };
    // Others must see a task from the beginning.
    const way = task === undefined ? (this.#parts.outbox ?? this.#parts.stream) : this.#parts.stream;
    this.#publishing++;
    try {
      await this.#put(way, head, text);
    } finally {
      this.#publishing--;
    }
    // Whoever is told that it was accepted may ask for it at once, any engine.
    if (task !== undefined) await this.#parts.tasks.written(task);
    // From here on it is with whoever takes it first, which may have been this engine already.
    if (task !== undefined && !this.#messages.has(no)) this.#parts.tasks.release(task);
  }

  async #put(way: Pick<EventStream, 'publish'>, head: EventHead, text: string): Promise<void> {
    const { stream, functionName, qualifier } = this.#parts;
    const message = frame(head, text);
    if (message.byteLength + OVERHEAD_BYTES > stream.mostBytes) {
      throw new IsopodError(
        'PayloadTooLarge',
        `The event is larger than the cluster's NATS server takes (${stream.mostBytes} bytes); raise its max_payload`,
      );
    }
    await way.publish(functionName, qualifier, message);
  }

  wake(): void {
    if (this.#pulling || this.#closed || this.#parts.isDraining()) return;
    this.#pulling = true;
    void this.#pull();
  }

  async #pull(): Promise<void> {
    let consumer: Consumer | undefined;
    for (let empty = 0; empty < PULLS_TO_SLEEP && !this.#closed && !this.#parts.isDraining(); ) {
      const room = Math.min(MAX_PULL, this.#parts.free() - this.#waiting);
      if (room <= 0) {
        await new Promise<void>((resolve) => {
          this.#hasRoom = resolve;
        });
        continue;
      }
      try {
        consumer ??= await this.#parts.stream.consumer(this.#parts.functionName, this.#parts.qualifier);
        empty = (await this.#take(consumer, room, PULL_MS)) === 0 ? empty + 1 : 0;
      } catch {
        // The server is away, or has forgotten the consumer.
        consumer = undefined;
        await sleep(AGAIN_MS, undefined, { ref: false });
      }
    }
    this.#pulling = false;
  }

  /** Resolves with how many came. */
  async #take(consumer: Consumer, max: number, ms: number): Promise<number> {
    const messages = await consumer.fetch({ max_messages: max, expires: ms });
    this.#open = messages;
    let came = 0;
    for await (const message of messages) {
      came++;
      this.#arrived(message);
    }
    this.#open = undefined;
    return came;
  }

  #arrived(message: JsMsg): void {
    const { head, text } = unframe<EventHead>(message.data);
    const waitMs = head.due - Date.now();
    if (this.#closed || this.#parts.isDraining() || waitMs > 0) {
      giveBack(message, Math.max(0, waitMs));
      return;
    }
    const before = this.#messages.get(head.no);
    if (before !== undefined && before.seq !== message.seq) {
      // An engine died between publishing a failed attempt and acknowledging the one before: first the one, then the other.
      giveBack(message, AGAIN_MS);
      return;
    }
    this.#parts.stream.inHand.add(message);
    this.#messages.set(head.no, message);
    if (before !== undefined) {
      // Given out again while it is under way here: one acknowledgement is for both.
      this.#parts.stream.inHand.delete(before);
      return;
    }
    if (head.taskId === undefined) this.#offer(head, text, undefined);
    else void this.#offerTask(head, text, message);
  }

  async #offerTask(head: EventHead, text: string, message: JsMsg): Promise<void> {
    const { tasks, functionName } = this.#parts;
    try {
      const task = await tasks.load(functionName, head.taskId as string);
      // Its engine writes the task after the event. What is still not written then has been lost with that engine.
      if (task === undefined && Date.now() - head.accepted < WRITTEN_MS)
        throw taskNotFound(functionName, head.taskId as string);
      this.#offer(head, text, task);
    } catch {
      this.#letGo(head.no);
      giveBack(message, AGAIN_MS);
    }
  }

  #offer({ no, binary, accepted, due, failures }: EventHead, text: string, task: TaskRecord | undefined): void {
    this.#ready.push({ no, text, binary, accepted, due, task, failures });
    this.#parts.onReady();
  }

  take(): AcceptedEvent | undefined {
    const event = this.#ready[this.#head];
    if (event === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#ready.length || this.#head > MAX_PULL) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  retry(event: AcceptedEvent, delayMs: number): void {
    const { no, binary, accepted, failures, text, task } = event;
    const message = this.#letGo(no);
    const head = { no, binary, accepted, due: Date.now() + delayMs, failures, taskId: task?.taskId };
    this.#put(this.#parts.stream, head, text).then(
      () => acknowledge(message),
      // The attempt is forgotten rather than the event.
      () => giveBack(message, delayMs),
    );
    if (task !== undefined) this.#parts.tasks.release(task);
    this.#poke();
  }

  putBack(event: AcceptedEvent): void {
    if (this.#parts.isDraining()) {
      giveBack(this.#letGo(event.no));
      return;
    }
    this.#ready.splice(this.#head, 0, event);
  }

  end({ no }: AcceptedEvent): void {
    acknowledge(this.#letGo(no));
    this.#poke();
  }

  /** There may be room for more. */
  #poke(): void {
    this.#hasRoom?.();
    this.#hasRoom = undefined;
  }

  #letGo(no: number): JsMsg | undefined {
    const message = this.#messages.get(no);
    if (message === undefined) return undefined;
    this.#messages.delete(no);
    this.#parts.stream.inHand.delete(message);
    return message;
  }

  async remove(task: TaskRecord): Promise<AcceptedEvent | undefined> {
    const at = this.#ready.findIndex((event, index) => index >= this.#head && event.task === task);
    if (at >= 0) return this.#ready.splice(at, 1)[0];
    // One that waits in the stream is ended when somebody takes it.
    this.#parts.stream.stop(task.functionName, task.taskId);
    return undefined;
  }

  /** Every engine takes some of them. */
  async *drain(): AsyncIterable<readonly AcceptedEvent[]> {
    const { stream, functionName, qualifier, isDraining } = this.#parts;
    this.#poke();
    yield this.#ready.splice(0).slice(this.#head);
    this.#head = 0;
    const consumer = isDraining() ? undefined : await stream.consumer(functionName, qualifier);
    while (consumer !== undefined && (await this.#take(consumer, MAX_PULL, DRAIN_MS)) > 0) yield this.#ready.splice(0);
    this.#closed = true;
  }

  /** What is not begun goes to others at once; what is may still end. */
  close(): readonly AcceptedEvent[] {
    this.#closed = true;
    this.#poke();
    void this.#open?.close();
    for (const { no } of this.#ready.splice(0).slice(this.#head)) giveBack(this.#letGo(no));
    this.#head = 0;
    return [];
  }
}
