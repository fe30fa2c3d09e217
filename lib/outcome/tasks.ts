/** Named async calls: found, listed, remembered for a while after their end. Those under way are in memory too. */
import { IsopodError } from '../errors.ts';
import { now } from '../journal/clock.ts';
import type { Row } from '../journal/database.ts';
import type { EngineJournal } from '../journal/engine-journal.ts';
import type { Journal } from '../journal/journal.ts';
import { FLAG_BINARY, type Param } from '../journal/statements.ts';
import type { AsyncTask, AsyncTaskPage, AsyncTaskStatus, ListAsyncTasksOptions } from '../types.ts';
import { cursorOf, tokenOf } from './cursor.ts';
import { payloadsOf, TaskRecord, type TaskRow } from './task-record.ts';

const DEFAULT_LIMIT = 20;
/** Characters of the handler's value that are kept. */
const MAX_RESULT_CHARS = 1_000_000;
/** Tasks forgotten at once. */
const FORGET_AT_ONCE = 2_000;
/** A number larger than every time. */
const NEVER = Number.MAX_SAFE_INTEGER;

export interface TasksOptions {
  readonly keeper: EngineJournal;
  /** Milliseconds a task is remembered after its end. */
  readonly retentionMs: number;
  /** Ended tasks that are remembered at most; undefined: as many as there are. */
  readonly max: number | undefined;
}

const key = (functionName: string, taskId: string): string => `${functionName}\n${taskId}`;

export class Tasks {
  readonly #options: TasksOptions;
  /** Those whose event is in memory. */
  readonly #open = new Map<string, TaskRecord>();
  /** Names somebody is asking for. */
  readonly #claimed = new Set<string>();

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  get #journal(): Journal {
    return this.#options.keeper.journal;
  }

  /** Makes sure that a name is used once while it is remembered. Rejects with `AsyncTaskAlreadyExists`. */
  async claim(functionName: string, taskId: string): Promise<void> {
    const name = key(functionName, taskId);
    if (this.#open.has(name) || this.#claimed.has(name)) throw taskExists(functionName, taskId);
    this.#claimed.add(name);
    const [row] = await this.#journal.ask('task', [functionName, taskId]).catch((error: unknown) => {
      this.#claimed.delete(name);
      throw error;
    });
    if (row === undefined || this.#isForgotten(row)) return;
    this.#claimed.delete(name);
    throw taskExists(functionName, taskId);
  }

  #isForgotten(row: Row): boolean {
    const ended = (row as TaskRow)[5];
    return ended > 0 && ended < now() - this.#options.retentionMs;
  }

  /** The name was asked for in vain. */
  unclaim(functionName: string, taskId: string): void {
    this.#claimed.delete(key(functionName, taskId));
  }

  /** Writes a new task down, in the group of its event. */
  add(task: TaskRecord, text: string, binary: boolean): void {
    const name = key(task.functionName, task.taskId);
    this.#claimed.delete(name);
    this.#open.set(name, task);
    task.enter('Enqueued', task.started);
    const { no, functionName, qualifier, taskId, status, started, facts } = task;
    const flags = binary ? FLAG_BINARY : 0;
    this.#journal.change('addTask', no, functionName, qualifier, taskId, status, started, 0, 0, facts, flags, text);
  }

  /** Its event was not accepted, or is no longer in memory. */
  release(task: TaskRecord): void {
    this.#open.delete(key(task.functionName, task.taskId));
  }

  /** The task of an event that comes into memory. */
  recall(
    no: number,
    functionName: string,
    qualifier: string,
    started: number,
    columns: readonly [string, string, number, string],
  ): TaskRecord {
    const name = key(functionName, columns[0]);
    let task = this.#open.get(name);
    if (task === undefined) {
      task = TaskRecord.ofEvent(no, functionName, qualifier, started, columns);
      this.#open.set(name, task);
    }
    return task;
  }

  began(task: TaskRecord): void {
    task.attempts++;
    this.enter(task, 'Running');
  }

  /** What had begun was no attempt. */
  takeBack(task: TaskRecord, error: IsopodError): void {
    task.attempts = Math.max(0, task.attempts - 1);
    this.enter(task, 'Enqueued', error);
  }

  enter(task: TaskRecord, status: AsyncTaskStatus, error?: IsopodError): void {
    task.enter(status, now(), error?.toJSON());
    this.#write(task);
  }

  /** `result`: the handler's value as text. A promise where it is kept apart from what ends its event. */
  finish(
    task: TaskRecord,
    status: AsyncTaskStatus,
    error: IsopodError | undefined,
    result: string | undefined,
  ): Promise<void> | undefined {
    task.ended = Math.floor(now());
    task.enter(status, task.ended, error?.toJSON());
    this.#write(task);
    if (result !== undefined) this.#journal.change('setTaskResult', result.slice(0, MAX_RESULT_CHARS), task.no);
    this.release(task);
    return undefined;
  }

  #write({ status, ended, attempts, facts, no }: TaskRecord): void {
    this.#journal.change('setTask', status, ended, attempts, facts, no);
  }

  /** What became of telling a destination, of a task that has ended. */
  async delivered(functionName: string, taskId: string, destinationStatus: string): Promise<void> {
    const [row] = await this.#journal.ask('task', [functionName, taskId]);
    if (row === undefined) return;
    const task = TaskRecord.ofRow(functionName, row);
    task.destinationStatus = destinationStatus;
    this.#write(task);
  }

  /** One whose event is under way or waits; undefined when it has ended. Rejects with `AsyncTaskNotFound`. */
  async findOpen(functionName: string, taskId: string): Promise<TaskRecord | undefined> {
    const name = key(functionName, taskId);
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const task = TaskRecord.ofRow(functionName, await this.#row(functionName, taskId));
    if (task.ended > 0) return undefined;
    // Its event may have come into memory meanwhile.
    const known = this.#open.get(name) ?? task;
    this.#open.set(name, known);
    return known;
  }

  async #row(functionName: string, taskId: string): Promise<Row> {
    const [row] = this.#options.keeper.isUsed ? await this.#journal.ask('task', [functionName, taskId]) : [];
    if (row === undefined || this.#isForgotten(row)) {
      throw taskNotFound(functionName, taskId);
    }
    return row;
  }

  /** Rejects with `AsyncTaskNotFound`. */
  async get(functionName: string, taskId: string): Promise<AsyncTask> {
    const row = await this.#row(functionName, taskId);
    const open = this.#open.get(key(functionName, taskId));
    return { ...(open ?? TaskRecord.ofRow(functionName, row)).view, ...payloadsOf(row) };
  }

  /** What a task was given, to do it again. Rejects with `AsyncTaskNotFound`. */
  async payload(
    functionName: string,
    taskId: string,
  ): Promise<{ readonly text: string; readonly binary: boolean; readonly qualifier: string }> {
    const [, qualifier, , , , , , , flags, text] = (await this.#row(functionName, taskId)) as TaskRow;
    return { text, binary: (flags & FLAG_BINARY) !== 0, qualifier };
  }

  async list(functionName: string, options: ListAsyncTasksOptions): Promise<AsyncTaskPage> {
    const { qualifier = null, status = null, prefix = null, sortOrderByTime = 'asc', limit = DEFAULT_LIMIT } = options;
    const { startedTimeBegin = 0, startedTimeEnd = NEVER, includePayload = false, nextToken } = options;
    const [started, no] = nextToken === undefined ? [null, null] : (cursorOf(nextToken, 2) as [number, number]);
    const params: Param[] = [functionName, qualifier, status, prefix, startedTimeBegin, startedTimeEnd, started, no];
    const rows = await this.#journal.ask(sortOrderByTime === 'asc' ? 'tasksUp' : 'tasksDown', [...params, limit + 1]);
    const page = rows.slice(0, limit);
    const last = page.at(-1) as TaskRow | undefined;
    return {
      tasks: page.map((row) => {
        const { view } = TaskRecord.ofRow(functionName, row);
        return includePayload ? { ...view, ...payloadsOf(row) } : view;
      }),
      ...(rows.length > limit && last !== undefined && { nextToken: tokenOf([last[4], last[0]]) }),
    };
  }

  /** Forgets tasks whose time is over. */
  async forget(): Promise<void> {
    const { keeper, retentionMs, max } = this.#options;
    if (!keeper.isUsed) return;
    await this.#forgetAll(() => this.#journal.ask('oldTasks', [now() - retentionMs, FORGET_AT_ONCE]));
    if (max !== undefined) await this.#forgetAll(() => this.#journal.ask('spareTasks', [max, FORGET_AT_ONCE]));
  }

  /** Some at a time, so that others have their turn. */
  async #forgetAll(next: () => Promise<Row[]>): Promise<void> {
    for (let rows = await next(); rows.length > 0; rows = await next()) {
      for (const [no] of rows) this.#journal.change('endTask', no as number);
    }
  }
}

export const taskNotFound = (functionName: string, taskId: string): IsopodError =>
  new IsopodError('AsyncTaskNotFound', `${functionName} has no task "${taskId}"`);

export const taskExists = (functionName: string, taskId: string): IsopodError =>
  new IsopodError('AsyncTaskAlreadyExists', `${functionName} has a task "${taskId}" already; task ids are used once`);
