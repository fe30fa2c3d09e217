/** Tasks of a cluster: one document each, written by the engine that has the event, read by all. */
import { randomUUID } from 'node:crypto';
import { IsopodError } from '../errors.ts';
import { FLAG_BINARY } from '../journal/statements.ts';
import { cursorOf, tokenOf } from '../outcome/cursor.ts';
import { payloadsOf, TaskRecord, type TaskRow } from '../outcome/task-record.ts';
import { taskExists, taskNotFound } from '../outcome/tasks.ts';
import type { TaskBook } from '../queue/shared-events.ts';
import type { AsyncTask, AsyncTaskPage, AsyncTaskStatus, ListAsyncTasksOptions } from '../types.ts';
import type { PerFunction } from './per-function.ts';

const DEFAULT_LIMIT = 20;
/** Characters of an event and of a value that are kept: together they fit into one message of the server. */
const MAX_CHARS = 250_000;
/** A name that was claimed and not used within this is free again; milliseconds. */
const CLAIM_MS = 60_000;

/** A task as it is kept; `row` undefined: somebody is about to use the name. */
export interface StoredTask {
  readonly claimedAt: number;
  /** Tells one claim from another. */
  readonly claim?: string;
  readonly row?: TaskRow;
}

interface Open {
  readonly task: TaskRecord;
  readonly flags: number;
  readonly payload: string;
  result: string | null;
  /** The last write; writes of one task follow one another. */
  written: Promise<void>;
}

const nameOf = (functionName: string, taskId: string): string => `${functionName}\n${taskId}`;

export class SharedTasks implements TaskBook {
  readonly #tasks: PerFunction<StoredTask>;
  /** Those whose event this engine has. */
  readonly #open = new Map<string, Open>();

  constructor(tasks: PerFunction<StoredTask>) {
    this.#tasks = tasks;
  }

  async claim(functionName: string, taskId: string): Promise<void> {
    const claim: StoredTask = { claimedAt: Date.now(), claim: randomUUID() };
    if (await this.#tasks.create(functionName, taskId, claim)) return;
    const found = await this.#tasks.get(functionName, taskId);
    if (found === undefined || found.row !== undefined || Date.now() - found.claimedAt < CLAIM_MS) {
      throw taskExists(functionName, taskId);
    }
    await this.#tasks.put(functionName, taskId, claim);
  }

  unclaim(functionName: string, taskId: string): void {
    this.#tasks.delete(functionName, taskId).catch(() => undefined);
  }

  add(task: TaskRecord, text: string, binary: boolean): void {
    task.enter('Enqueued', task.started);
    void this.#write(this.#keep(task, binary ? FLAG_BINARY : 0, text));
  }

  #keep(task: TaskRecord, flags: number, text: string): Open {
    const payload = text.slice(0, MAX_CHARS);
    const open: Open = { task, flags, payload, result: null, written: Promise.resolve() };
    this.#open.set(nameOf(task.functionName, task.taskId), open);
    return open;
  }

  /** Resolves when its document is written, or cannot be. */
  async written(task: TaskRecord): Promise<void> {
    await this.#open.get(nameOf(task.functionName, task.taskId))?.written.catch(() => undefined);
  }

  /** Its event was not accepted, or is another engine's now. */
  release(task: TaskRecord): void {
    this.#open.delete(nameOf(task.functionName, task.taskId));
  }

  /** The task of an event that arrived here; undefined when nothing is known of it. */
  async load(functionName: string, taskId: string): Promise<TaskRecord | undefined> {
    const open = this.#open.get(nameOf(functionName, taskId));
    if (open !== undefined) return open.task;
    const row = (await this.#tasks.get(functionName, taskId))?.row;
    if (row === undefined) return undefined;
    return this.#keep(TaskRecord.ofRow(functionName, row), row[8], row[9]).task;
  }

  /** One whose event this engine has. */
  here(functionName: string, taskId: string): TaskRecord | undefined {
    return this.#open.get(nameOf(functionName, taskId))?.task;
  }

  recall(): TaskRecord {
    throw new IsopodError('InternalError', 'Tasks of a cluster are not in a journal');
  }

  began(task: TaskRecord): void {
    task.attempts++;
    this.enter(task, 'Running');
  }

  takeBack(task: TaskRecord, error: IsopodError): void {
    task.attempts = Math.max(0, task.attempts - 1);
    this.enter(task, 'Enqueued', error);
  }

  enter(task: TaskRecord, status: AsyncTaskStatus, error?: IsopodError): void {
    task.enter(status, Date.now(), error?.toJSON());
    const open = this.#open.get(nameOf(task.functionName, task.taskId));
    (open === undefined ? this.#note(task) : this.#write(open)).catch(() => undefined);
  }

  /** Its event waits, or is another engine's: what is said of it goes into its document, unless it has ended meanwhile. */
  #note({ functionName, taskId, status, facts }: TaskRecord): Promise<void> {
    return this.#tasks.change(functionName, taskId, (found) => {
      const { row } = found;
      if (row === undefined || row[5] > 0) return undefined;
      return { ...found, row: row.with(3, status).with(7, facts) as unknown as TaskRow };
    });
  }

  /** Resolves when it is kept. */
  async finish(
    task: TaskRecord,
    status: AsyncTaskStatus,
    error: IsopodError | undefined,
    result: string | undefined,
  ): Promise<void> {
    const open = this.#open.get(nameOf(task.functionName, task.taskId)) ?? this.#keep(task, 0, '');
    task.ended = Date.now();
    task.enter(status, task.ended, error?.toJSON());
    if (result !== undefined) open.result = result.slice(0, MAX_CHARS);
    await this.#write(open);
    this.release(task);
  }

  #write(open: Open): Promise<void> {
    const { task, flags, payload, result } = open;
    const { no, qualifier, taskId, status, started, ended, attempts, facts, functionName } = task;
    const row: TaskRow = [no, qualifier, taskId, status, started, ended, attempts, facts, flags, payload, result];
    const write = (): Promise<void> => this.#tasks.put(functionName, taskId, { claimedAt: started, row });
    open.written = open.written.then(write, write);
    // Whoever needs to know waits for it; the link tells what is wrong with the server.
    open.written.catch(() => undefined);
    return open.written;
  }

  async delivered(functionName: string, taskId: string, destinationStatus: string): Promise<void> {
    const found = await this.#tasks.get(functionName, taskId);
    if (found?.row === undefined) return;
    const task = TaskRecord.ofRow(functionName, found.row);
    task.destinationStatus = destinationStatus;
    const row = found.row.with(7, task.facts) as unknown as TaskRow;
    await this.#tasks.put(functionName, taskId, { ...found, row });
  }

  async findOpen(functionName: string, taskId: string): Promise<TaskRecord | undefined> {
    const here = this.here(functionName, taskId);
    if (here !== undefined) return here.ended > 0 ? undefined : here;
    const task = TaskRecord.ofRow(functionName, await this.#row(functionName, taskId));
    return task.ended > 0 ? undefined : task;
  }

  async #row(functionName: string, taskId: string): Promise<TaskRow> {
    const row = (await this.#tasks.get(functionName, taskId))?.row;
    if (row === undefined) throw taskNotFound(functionName, taskId);
    return row;
  }

  async get(functionName: string, taskId: string): Promise<AsyncTask> {
    const row = await this.#row(functionName, taskId);
    const task = this.here(functionName, taskId) ?? TaskRecord.ofRow(functionName, row);
    return { ...task.view, ...payloadsOf(row) };
  }

  async payload(
    functionName: string,
    taskId: string,
  ): Promise<{ readonly text: string; readonly binary: boolean; readonly qualifier: string }> {
    const [, qualifier, , , , , , , flags, text] = await this.#row(functionName, taskId);
    return { text, binary: (flags & FLAG_BINARY) !== 0, qualifier };
  }

  async list(functionName: string, options: ListAsyncTasksOptions): Promise<AsyncTaskPage> {
    const { qualifier, status, prefix = '', sortOrderByTime = 'asc', limit = DEFAULT_LIMIT } = options;
    const {
      startedTimeBegin = 0,
      startedTimeEnd = Number.POSITIVE_INFINITY,
      includePayload = false,
      nextToken,
    } = options;
    const rows = (await this.#tasks.list(functionName)).flatMap(({ row }) => (row === undefined ? [] : [row]));
    const sign = sortOrderByTime === 'asc' ? 1 : -1;
    const order = (a: readonly number[], b: readonly number[]): number =>
      sign * ((a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number));
    const placeOf = (row: TaskRow): readonly [number, number] => [row[4], row[0]];
    const after = nextToken === undefined ? undefined : (cursorOf(nextToken, 2) as [number, number]);
    const fitting = rows
      .filter((row) => (qualifier === undefined || row[1] === qualifier) && (status === undefined || row[3] === status))
      .filter((row) => row[2].startsWith(prefix) && row[4] >= startedTimeBegin && row[4] <= startedTimeEnd)
      .filter((row) => after === undefined || order(placeOf(row), after) > 0)
      .sort((a, b) => order(placeOf(a), placeOf(b)));
    const page = fitting.slice(0, limit);
    const last = page.at(-1);
    return {
      tasks: page.map((row) => {
        const { view } = TaskRecord.ofRow(functionName, row);
        return includePayload ? { ...view, ...payloadsOf(row) } : view;
      }),
      ...(fitting.length > limit && last !== undefined && { nextToken: tokenOf(placeOf(last)) }),
    };
  }

  /** The bucket forgets by itself. */
  async forget(): Promise<void> {}
}
