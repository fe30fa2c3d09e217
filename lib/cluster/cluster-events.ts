/** The async events of a cluster, their tasks and dead letters, as an engine's queues use them. */
import type { EngineLogger } from '../options.ts';
import type { Backlog } from '../queue/backlog.ts';
import type {
  SharedBacklogOptions,
  SharedEvents,
  SharedListener,
  SharedOutboxOptions,
} from '../queue/shared-events.ts';
import type { TriggerLeases } from '../trigger/triggers.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import type { Link } from './link.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { PerFunction } from './per-function.ts';
import { SharedBacklog } from './shared-backlog.ts';
import { SharedLetters, type StoredLetter } from './shared-letters.ts';
import { SharedTasks, type StoredTask } from './shared-tasks.ts';
import { Strays } from './strays.ts';

export interface ClusterEventsOptions extends EventStreamOptions {
  readonly taskRetentionSeconds: number;
  readonly deadLetterRetentionSeconds: number;
  /** Events may wait in the engine's folder while the server is away. */
  readonly outbox: boolean;
  /** This engine takes no events. */
  readonly isDraining: () => boolean;
}

export class ClusterEvents implements SharedEvents {
  readonly tasks: SharedTasks;
  readonly deadLetters: SharedLetters;
  readonly #stream: EventStream;
  readonly #link: Link;
  readonly #options: ClusterEventsOptions;
  #outbox: Outbox | undefined;
  #strays: Strays | undefined;

  private constructor(
    tasks: SharedTasks,
    deadLetters: SharedLetters,
    stream: EventStream,
    link: Link,
    options: ClusterEventsOptions,
  ) {
    this.tasks = tasks;
    this.deadLetters = deadLetters;
    this.#stream = stream;
    this.#link = link;
    this.#options = options;
  }

  static async open(link: Link, options: ClusterEventsOptions): Promise<ClusterEvents> {
    const { name, replicas, taskRetentionSeconds, deadLetterRetentionSeconds } = options;
    const tasksMs = taskRetentionSeconds * 1_000;
    const lettersMs = deadLetterRetentionSeconds * 1_000;
    const [kept, letters] = await Promise.all([
      PerFunction.open<StoredTask>(link, `${name}_tasks`, replicas, tasksMs),
      PerFunction.open<StoredLetter>(link, `${name}_dead`, replicas, lettersMs),
    ]);
    const tasks = new SharedTasks(kept);
    const stream = await EventStream.open(link, options, tasks);
    return new ClusterEvents(tasks, new SharedLetters(letters), stream, link, options);
  }

  async openOutbox(options: SharedOutboxOptions): Promise<void> {
    const publish: OutboxOptions['publish'] = (...event) => this.#stream.publish(...event);
    this.#outbox = await Outbox.open({ ...options, takes: this.#options.outbox, link: this.#link, publish });
  }

  async closeOutbox(): Promise<void> {
    await this.#outbox?.close();
  }

  /** Events that wait here for the server. */
  get unsent(): number {
    return this.#outbox?.size ?? 0;
  }

  backlog(options: SharedBacklogOptions): Backlog {
    return new SharedBacklog({
      ...options,
      stream: this.#stream,
      outbox: this.#outbox,
      tasks: this.tasks,
      isDraining: this.#options.isDraining,
    });
  }

  begin(listener: SharedListener): void {
    this.#stream.begin(listener);
  }

  /** From here on nothing stays with the server for good. */
  watchStrays(leases: TriggerLeases, logger: EngineLogger | undefined): void {
    this.#strays = new Strays({ link: this.#link, stream: this.#stream, leases, logger });
  }

  async whenIdle(): Promise<void> {
    await this.#outbox?.whenEmpty();
    await this.#stream.whenIdle();
  }

  close(): void {
    this.#strays?.close();
    this.#stream.close();
  }
}
