/** Async events that many engines accept and do together: what a store they share offers an engine's queues. */
import type { EngineLogger } from '../options.ts';
import type { DeadLetters } from '../outcome/dead-letters.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import type { Tasks } from '../outcome/tasks.ts';
import type { Backlog } from './backlog.ts';

export interface SharedBacklogOptions {
  readonly functionName: string;
  readonly qualifier: string;
  /** There may be something to take. */
  readonly onReady: () => void;
  /** Events that may be under way besides those that are. */
  readonly free: () => number;
}

/** What the engine does when the others tell it something. */
export interface SharedListener {
  /** There are events of this queue. */
  found(functionName: string, qualifier: string): void;
  /** The task is to be stopped, wherever its event is. */
  stop(task: TaskRecord): void;
}

/** Of where events wait while the store cannot be reached. */
export interface SharedOutboxOptions {
  /** In the engine's `dataDir`. */
  readonly file: string;
  /** Events that may wait. */
  readonly max: number;
  readonly logger: EngineLogger | undefined;
}

export interface SharedEvents {
  readonly tasks: TaskBook;
  readonly deadLetters: LetterBook;
  /** Before the first event. Rejects with `DataDirDamaged`, `DataDirUnusable` or `StoreFailed`. */
  openOutbox(options: SharedOutboxOptions): Promise<void>;
  closeOutbox(): Promise<void>;
  backlog(options: SharedBacklogOptions): Backlog;
  begin(listener: SharedListener): void;
  /** Resolves when no event of any engine waits or is under way. */
  whenIdle(): Promise<void>;
}

export type TaskBook = Pick<Tasks, keyof Tasks>;
export type LetterBook = Pick<DeadLetters, keyof DeadLetters>;
