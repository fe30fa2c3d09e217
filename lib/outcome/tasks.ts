/** Async calls their caller gave a name, so that they can be looked up and stopped. */
import { LRUCache } from 'lru-cache';
import { IsopodError } from '../errors.ts';
import type { AsyncTask } from '../types.ts';

/** Finished tasks kept for a later question, over all functions. */
const MAX_FINISHED = 100_000;

/** A task as it changes; `AsyncTask` is its read-only face. */
export type TaskRecord = { -readonly [Key in keyof AsyncTask]: AsyncTask[Key] };

const key = (functionName: string, taskId: string): string => `${functionName}\n${taskId}`;

export class Tasks {
  readonly #open = new Map<string, TaskRecord>();
  readonly #finished = new LRUCache<string, TaskRecord>({ max: MAX_FINISHED });

  create(functionName: string, taskId: string, requestId: string, acceptedAt: number): TaskRecord {
    const name = key(functionName, taskId);
    if (this.#open.has(name) || this.#finished.has(name)) {
      throw new IsopodError(
        'AsyncTaskAlreadyExists',
        `${functionName} has a task "${taskId}" already; task ids are used once`,
      );
    }
    const task: TaskRecord = { functionName, taskId, requestId, status: 'Enqueued', attempts: 0, acceptedAt };
    this.#open.set(name, task);
    return task;
  }

  /** Takes back a task whose event was not accepted. */
  discard(task: TaskRecord): void {
    this.#open.delete(key(task.functionName, task.taskId));
  }

  finish(task: TaskRecord, status: AsyncTask['status']): void {
    const name = key(task.functionName, task.taskId);
    task.status = status;
    this.#open.delete(name);
    this.#finished.set(name, task);
  }

  get(functionName: string, taskId: string): TaskRecord {
    const name = key(functionName, taskId);
    const task = this.#open.get(name) ?? this.#finished.get(name);
    if (task === undefined) throw new IsopodError('AsyncTaskNotFound', `${functionName} has no task "${taskId}"`);
    return task;
  }

  /** In the order they were accepted: request ids of an engine count up. */
  list(functionName: string): TaskRecord[] {
    const all = [...this.#finished.values(), ...this.#open.values()];
    return all
      .filter((task) => task.functionName === functionName)
      .sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
  }
}
