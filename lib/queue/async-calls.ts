/** Async calls of an engine: a queue for each function and qualifier, made at its first event, and the named tasks. */
import { type DeployedFunction, LATEST } from '../deployment/deployed-function.ts';
import type { Functions } from '../deployment/functions.ts';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import { type CheckedOptions, invokeAsyncOptions } from '../options.ts';
import { Tasks } from '../outcome/tasks.ts';
import { requestIdOf } from '../protocol/door.ts';
import type { AsyncReceipt, AsyncTask, InvokeAsyncOptions } from '../types.ts';
import { AsyncQueue } from './async-queue.ts';

export interface AsyncCallsOptions {
  readonly functions: Functions;
  readonly options: CheckedOptions;
  readonly requestPrefix: string;
  readonly takeNo: () => number;
  readonly encode: (event: unknown) => { readonly text: string; readonly binary: boolean };
  /** The handler's value, from a settled call. */
  readonly resultOf: (kind: number, payload: unknown) => unknown;
}

export class AsyncCalls {
  readonly #engine: AsyncCallsOptions;
  readonly #tasks = new Tasks();
  /** By function, then by qualifier. */
  readonly #queues = new Map<string, Map<string, AsyncQueue>>();

  constructor(engine: AsyncCallsOptions) {
    this.#engine = engine;
  }

  accept(entry: DeployedFunction, event: unknown, options: InvokeAsyncOptions | undefined): AsyncReceipt {
    const { functionName } = entry;
    const { text, binary } = this.#engine.encode(event);
    const no = this.#engine.takeNo();
    const requestId = requestIdOf(this.#engine.requestPrefix, no);
    const checked = options === undefined ? undefined : parse(invokeAsyncOptions, options, 'invokeAsync');
    const queue = this.#queueFor(entry, checked?.qualifier ?? LATEST, no);
    const taskId = checked?.taskId;
    const task = taskId === undefined ? undefined : this.#tasks.create(functionName, taskId, requestId, Date.now());
    if (!queue.offer(no, text, binary, task, (checked?.delaySeconds ?? 0) * 1_000)) {
      if (task !== undefined) this.#tasks.discard(task);
      throw this.#full(functionName);
    }
    return { requestId, taskId };
  }

  /** Throws `VersionNotFound` or `AliasNotFound` when nothing serves the qualifier. */
  #queueFor(entry: DeployedFunction, qualifier: string, no: number): AsyncQueue {
    const { functionName } = entry;
    let queues = this.#queues.get(functionName);
    const known = queues?.get(qualifier);
    const target = (call: number) => {
      const deployment = entry.route(qualifier, requestIdOf(this.#engine.requestPrefix, call));
      return deployment.pool ?? deployment.open();
    };
    if (known !== undefined) {
      if (qualifier !== LATEST) target(no);
      return known;
    }
    const { queue: limits, logger } = this.#engine.options;
    const queue = new AsyncQueue(no, {
      capacity: limits.capacity,
      target,
      tasks: this.#tasks,
      resultOf: this.#engine.resultOf,
      destinationFailed: (error, outcome) =>
        logger?.error('A destination callback failed', { error, requestId: outcome.requestId }),
    });
    if (queues === undefined) {
      queues = new Map();
      this.#queues.set(functionName, queues);
    }
    queues.set(qualifier, queue);
    return queue;
  }

  #full(functionName: string): IsopodError {
    const { capacity } = this.#engine.options.queue;
    return new IsopodError(
      'ResourceExhausted',
      `${functionName}: the queue holds ${capacity} events already; raise queue.capacity, or send again later`,
      { retryAfterMs: 1_000 },
    );
  }

  getTask(functionName: string, taskId: string): AsyncTask {
    return { ...this.#tasks.get(functionName, taskId) };
  }

  listTasks(functionName: string): AsyncTask[] {
    return this.#tasks.list(functionName).map((task) => ({ ...task }));
  }

  stopTask(functionName: string, taskId: string): void {
    const task = this.#tasks.get(functionName, taskId);
    if (task.endedAt !== undefined || task.status === 'Stopped') return;
    this.#engine.functions.get(functionName);
    for (const queue of this.#queuesOf(functionName)) queue.stop(task);
  }

  /** Events of a function accepted and not ended. */
  queued(functionName: string): number {
    let queued = 0;
    for (const queue of this.#queuesOf(functionName)) queued += queue.size;
    return queued;
  }

  *#queuesOf(functionName: string): IterableIterator<AsyncQueue> {
    const queues = this.#queues.get(functionName);
    if (queues !== undefined) yield* queues.values();
  }

  *#all(): IterableIterator<AsyncQueue> {
    for (const queues of this.#queues.values()) yield* queues.values();
  }

  async whenIdle(): Promise<void> {
    await Promise.all([...this.#all()].map((queue) => queue.whenIdle()));
  }

  /** A function is deleted: its events not begun end as stopped. */
  drop(functionName: string): void {
    for (const queue of this.#queuesOf(functionName)) queue.close();
    this.#queues.delete(functionName);
  }

  /** Events not begun end as stopped. */
  close(): void {
    for (const queue of this.#all()) queue.close();
  }
}
