/**
 * Accepted async events of one function and qualifier, the whole way of one in one place: takes them in, hands them to the
 * pool that serves the qualifier now, retries what failed, and tells the outcome. An accepted event leaves only by success,
 * by its last failure, or by being stopped.
 */

import { IsopodError, toIsopodError } from '../errors.ts';
import type { DeclaredAsync } from '../function/declaration.ts';
import { Call, type CallSink } from '../instance/call.ts';
import { type Failures, retryDelay } from '../outcome/retry-policy.ts';
import type { TaskRecord, Tasks } from '../outcome/tasks.ts';
import type { Pool } from '../pool/pool.ts';
import { requestIdOf } from '../protocol/door.ts';
import type { AsyncOutcome } from '../types.ts';
import { FLAG_BINARY, RingBuffer } from './ring-buffer.ts';
import { Schedule } from './schedule.ts';

/** Events handed to the pool at once, of a function measured quick; others get what its instances can take. */
const WINDOW = 2_048;
/** Events handed over in one turn: the thread works on these while the next are made ready. */
const CHUNK = 512;
const SLOW_WINDOW = 64;
/** A function is quick for the queue below this; milliseconds. */
const QUICK_MS = 0.5;

/** One attempt at an event. The call drops its text when it is done; `eventText` stays for a retry and the outcome. */
class Attempt extends Call {
  /** Milliseconds since the epoch. */
  readonly accepted: number;
  readonly task: TaskRecord | undefined;
  readonly eventText: string;
  readonly failures: Failures;
  /** Where it was handed to. */
  readonly pool: Pool;

  constructor(
    pool: Pool,
    no: number,
    text: string,
    binary: boolean,
    accepted: number,
    task: TaskRecord | undefined,
    failures: Failures,
    now: number,
    sink: CallSink,
  ) {
    super(no, text, binary, now, Number.POSITIVE_INFINITY, sink, false);
    this.eventText = text;
    this.accepted = accepted;
    this.task = task;
    this.failures = failures;
    this.pool = pool;
  }
}

/** An event outside the ring: being attempted, or waiting for its delay or a retry. */
interface QueuedEvent {
  readonly no: number;
  readonly text: string;
  readonly binary: boolean;
  readonly accepted: number;
  readonly task: TaskRecord | undefined;
  readonly failures: Failures;
}

const noFailures: Failures = Object.freeze({ functionErrors: 0, systemErrors: 0 });

export interface AsyncQueueOptions {
  readonly capacity: number;
  /**
   * The pool that serves the qualifier now, for the call with this number; asked whenever an event is handed out. Throws
   * when there is none any more.
   */
  readonly target: (no: number) => Pool;
  readonly tasks: Tasks;
  /** The handler's value, from a settled call. */
  readonly resultOf: (kind: number, payload: unknown) => unknown;
  /** Told what a destination callback threw. */
  readonly destinationFailed: (error: unknown, outcome: AsyncOutcome) => void;
}

export class AsyncQueue implements CallSink {
  /** The target asked for last. */
  #pool: Pool;
  readonly #options: AsyncQueueOptions;
  readonly #ring: RingBuffer<TaskRecord>;
  readonly #schedule: Schedule<QueuedEvent>;
  /** Events due now that were in the ring before; they go first. */
  #due: QueuedEvent[] = [];
  #inProgress = 0;
  #drainScheduled = false;
  #closed = false;
  readonly #drainNow = (): void => this.#drain();
  #idleWaiters: (() => void)[] = [];
  /** The attempts of named tasks, so that one can be stopped. */
  readonly #running = new Map<TaskRecord, Attempt>();

  /** `no`: of the first event. Throws what `target` throws. */
  constructor(no: number, options: AsyncQueueOptions) {
    this.#pool = options.target(no);
    this.#options = options;
    this.#ring = new RingBuffer(options.capacity);
    this.#schedule = new Schedule((event) => {
      this.#due.push(event);
      this.#drainSoon();
    });
  }

  /** Events accepted and not ended. */
  get size(): number {
    return this.#ring.size + this.#schedule.size + this.#due.length + this.#inProgress;
  }

  /** Takes an event in; false when the queue is full. */
  offer(no: number, text: string, binary: boolean, task: TaskRecord | undefined, delayMs: number): boolean {
    if (this.#closed || this.#ring.size + this.#schedule.size >= this.#ring.capacity) return false;
    const accepted = Date.now();
    if (delayMs > 0) {
      this.#schedule.add({ no, text, binary, accepted, task, failures: noFailures }, delayMs);
      return true;
    }
    if (!this.#ring.offer(text, no, accepted, binary ? FLAG_BINARY : 0, task)) return false;
    this.#drainSoon();
    return true;
  }

  #drainSoon(): void {
    if (this.#drainScheduled) return;
    this.#drainScheduled = true;
    setImmediate(this.#drainNow);
  }

  /** Hands events to the pool until its instances have enough to do. */
  #drain(): void {
    this.#drainScheduled = false;
    const ring = this.#ring;
    const window = this.#window();
    const now = performance.now();
    for (let left = CHUNK; this.#inProgress < window && !this.#closed; left--) {
      if (left === 0) return this.#drainSoon();
      const due = this.#due.shift();
      if (due !== undefined) {
        this.#attempt(due, now);
      } else {
        if (!ring.take()) break;
        this.#attempt(this.#taken(), now);
      }
    }
  }

  #window(): number {
    const { averageMs, definition } = this.#pool;
    const { maxInstances, instanceConcurrency } = definition.declared;
    if (averageMs !== undefined && averageMs < QUICK_MS) return WINDOW;
    return Math.min(SLOW_WINDOW, maxInstances * instanceConcurrency);
  }

  /** The event the ring has just given. */
  #taken(): QueuedEvent {
    const { no, text, acceptedAt: accepted, tag: task, flags } = this.#ring;
    return { no, text, binary: (flags & FLAG_BINARY) !== 0, accepted, task, failures: noFailures };
  }

  #attempt(event: QueuedEvent, now: number): void {
    const { no, text, binary, accepted, task, failures } = event;
    if (task?.status === 'Stopped') return this.#end(event, 'Stopped', { error: stopped() });
    try {
      this.#pool = this.#options.target(no);
    } catch (error) {
      return this.#end(event, 'RetriesExhausted', { error: toIsopodError(error) });
    }
    const attempt = new Attempt(this.#pool, no, text, binary, accepted, task, failures, now, this);
    attempt.wantsResult = task !== undefined || this.#config.onSuccess !== undefined;
    this.#inProgress++;
    if (task !== undefined) {
      task.status = 'Running';
      task.attempts++;
      this.#running.set(task, attempt);
    }
    this.#pool.submit(attempt, this.#pool.queueLane);
  }

  get #config(): DeclaredAsync {
    return this.#pool.definition.declared.asyncInvokeConfig;
  }

  succeeded(call: Call, kind: number, payload: unknown): void {
    const attempt = call as Attempt;
    this.#attemptEnded(attempt);
    if (attempt.wantsResult) {
      this.#end(eventOf(attempt), 'Success', { result: this.#options.resultOf(kind, payload) });
    } else if (this.size === 0) {
      this.#tellIdle();
    }
  }

  failed(call: Call, error: IsopodError): void {
    const attempt = call as Attempt;
    this.#attemptEnded(attempt);
    const event = eventOf(attempt);
    const system = error.kind === 'system' ? 1 : 0;
    const failures: Failures = {
      functionErrors: attempt.failures.functionErrors + 1 - system,
      systemErrors: attempt.failures.systemErrors + system,
    };
    const { task } = attempt;
    if (task?.status === 'Stopped' || this.#closed) {
      return this.#end({ ...event, failures }, 'Stopped', { error });
    }
    const delay = retryDelay(error, failures, this.#config, Math.random());
    if (delay === undefined) return this.#end({ ...event, failures }, 'RetriesExhausted', { error });
    if (task !== undefined) {
      task.status = 'Retrying';
      task.error = error.toJSON();
    }
    this.#schedule.add({ ...event, failures }, delay);
  }

  #attemptEnded(attempt: Attempt): void {
    this.#inProgress--;
    if (attempt.task !== undefined) this.#running.delete(attempt.task);
    if (this.#ring.size > 0 || this.#due.length > 0) this.#drainSoon();
  }

  #end(event: QueuedEvent, condition: AsyncOutcome['condition'], end: { result?: unknown; error?: IsopodError }): void {
    const { task } = event;
    if (task !== undefined) {
      task.endedAt = Date.now();
      if (end.error !== undefined) task.error = end.error.toJSON();
      const status = condition === 'Success' ? 'Succeeded' : condition === 'Stopped' ? 'Stopped' : 'Failed';
      this.#options.tasks.finish(task, status);
    }
    const { onSuccess, onFailure } = this.#config;
    const tell = condition === 'Success' ? onSuccess : onFailure;
    if (tell !== undefined) this.#deliver(tell, this.#outcome(event, condition, end));
    if (this.size === 0) this.#tellIdle();
  }

  #outcome(
    event: QueuedEvent,
    condition: AsyncOutcome['condition'],
    end: { result?: unknown; error?: IsopodError },
  ): AsyncOutcome {
    return {
      functionName: this.#pool.definition.declared.functionName,
      requestId: requestIdOf(this.#pool.definition.bootFacts.requestPrefix, event.no),
      taskId: event.task?.taskId,
      event: event.binary ? Buffer.from(event.text, 'latin1') : JSON.parse(event.text),
      attempts: event.failures.functionErrors + event.failures.systemErrors + (condition === 'Success' ? 1 : 0),
      condition,
      acceptedAt: event.accepted,
      ...end,
    };
  }

  #deliver(tell: (outcome: AsyncOutcome) => void | Promise<void>, outcome: AsyncOutcome): void {
    Promise.resolve(outcome)
      .then(tell)
      .catch((error: unknown) => this.#options.destinationFailed(error, outcome));
  }

  /** Gives a named task up: its attempt is ended, nothing is retried. */
  stop(task: TaskRecord): void {
    task.status = 'Stopped';
    const attempt = this.#running.get(task);
    if (attempt === undefined) {
      const waiting = this.#schedule.remove((event) => event.task === task);
      if (waiting !== undefined) this.#end(waiting, 'Stopped', { error: stopped() });
      return;
    }
    const { instance } = attempt;
    if (instance === undefined) attempt.pool.forget(attempt);
    attempt.fail(stopped());
    instance?.expire(attempt, stopped());
  }

  /** Resolves when every accepted event has ended. */
  whenIdle(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #tellIdle(): void {
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Takes nothing in any more; events not begun end as stopped, so that `onFailure` hears of each. */
  close(): void {
    this.#closed = true;
    const error = new IsopodError(
      'EngineClosed',
      'The engine was closed, or the function deleted, before the event was done',
    );
    for (const event of [...this.#due.splice(0), ...this.#schedule.clear()]) this.#end(event, 'Stopped', { error });
    const ring = this.#ring;
    while (ring.take()) this.#end(this.#taken(), 'Stopped', { error });
  }
}

const stopped = (): IsopodError => new IsopodError('InvocationAborted', 'The task was stopped');

function eventOf(attempt: Attempt): QueuedEvent {
  const { no, eventText, binary, accepted, task, failures } = attempt;
  return { no, text: eventText, binary, accepted, task, failures };
}
