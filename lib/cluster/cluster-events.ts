/** The async events of a cluster, their tasks and dead letters, as an engine's queues use them. */
import type { Backlog } from '../queue/backlog.ts';
import type { SharedBacklogOptions, SharedEvents, SharedListener } from '../queue/shared-events.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import type { Link } from './link.ts';
import { PerFunction } from './per-function.ts';
import { SharedBacklog } from './shared-backlog.ts';
import { SharedLetters, type StoredLetter } from './shared-letters.ts';
import { SharedTasks, type StoredTask } from './shared-tasks.ts';

export interface ClusterEventsOptions extends EventStreamOptions {
  readonly taskRetentionSeconds: number;
  readonly deadLetterRetentionSeconds: number;
  /** This engine takes no events. */
  readonly isDraining: () => boolean;
}

export class ClusterEvents implements SharedEvents {
  readonly tasks: SharedTasks;
  readonly deadLetters: SharedLetters;
  readonly #stream: EventStream;
  readonly #isDraining: () => boolean;

  private constructor(tasks: SharedTasks, deadLetters: SharedLetters, stream: EventStream, isDraining: () => boolean) {
    this.tasks = tasks;
    this.deadLetters = deadLetters;
    this.#stream = stream;
    this.#isDraining = isDraining;
  }

  static async open(link: Link, options: ClusterEventsOptions): Promise<ClusterEvents> {
    const { name, replicas, taskRetentionSeconds, deadLetterRetentionSeconds, isDraining } = options;
    const tasksMs = taskRetentionSeconds * 1_000;
    const lettersMs = deadLetterRetentionSeconds * 1_000;
    const [kept, letters] = await Promise.all([
      PerFunction.open<StoredTask>(link, `${name}_tasks`, replicas, tasksMs),
      PerFunction.open<StoredLetter>(link, `${name}_dead`, replicas, lettersMs),
    ]);
    const tasks = new SharedTasks(kept);
    const stream = await EventStream.open(link, options, tasks);
    return new ClusterEvents(tasks, new SharedLetters(letters), stream, isDraining);
  }

  backlog(options: SharedBacklogOptions): Backlog {
    return new SharedBacklog({ ...options, stream: this.#stream, tasks: this.tasks, isDraining: this.#isDraining });
  }

  begin(listener: SharedListener): void {
    this.#stream.begin(listener);
  }

  whenIdle(): Promise<void> {
    return this.#stream.whenIdle();
  }

  close(): void {
    this.#stream.close();
  }
}
