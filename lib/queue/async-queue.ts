/**
 * The way of accepted events of one function and qualifier, in one place: handed out to the pool that serves the qualifier
 * now, retried when they fail, and their end told. An accepted event leaves only by success, by its last failure, by growing
 * too old, or by being stopped; whatever else happens, it is in its backlog.
 */
import type { Deployment } from '../deployment/deployment.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import { type AsyncPolicy, type AsyncSettings, policyOf } from '../function/async-config.ts';
import { Call, type CallSink } from '../instance/call.ts';
import { now } from '../journal/clock.ts';
import type { AsyncEventFacts } from '../observe/facts.ts';
import type { Observers } from '../observe/observers.ts';
import type { AcceptedEvent } from '../outcome/accepted-event.ts';
import { Outcomes } from '../outcome/outcomes.ts';
import type { Ending, Source } from '../outcome/record.ts';
import { isThrottle, mayRetrySystemError, retryDelay } from '../outcome/retry-policy.ts';
import type { TaskRecord } from '../outcome/task-record.ts';
import type { Pool } from '../pool/pool.ts';
import type { Backlog } from './backlog.ts';
import type { Dispatcher, Giver, Place } from './dispatcher.ts';
import type { TaskBook } from './shared-events.ts';

/** Events of a function measured quick that are under way at most, and the work they may be together; milliseconds. */
const WINDOW = 2_048;
const WINDOW_MS = 64;
/** Of any other function. */
const SLOW_WINDOW = 64;
/** A function is quick for the queue below this; milliseconds. */
const QUICK_MS = 0.5;
/** Taken for the work of a call that was not measured yet; milliseconds. */
const UNMEASURED_MS = 1;
/** First and longest rest of a queue whose function had no room for a call; milliseconds. */
const REST_MS = 20;
const MAX_REST_MS = 2_000;

/** One attempt at an event. */
class Attempt extends Call {
  readonly event: AcceptedEvent;
  /** Where it was handed to. */
  readonly pool: Pool;
  /** Milliseconds of work it was taken for. */
  readonly workMs: number;

  constructor(event: AcceptedEvent, pool: Pool, workMs: number, now: number, sink: CallSink) {
    super(event.no, event.text, event.binary, now, Number.POSITIVE_INFINITY, sink, false);
    this.event = event;
    this.pool = pool;
    this.workMs = workMs;
  }
}

export interface AsyncQueueOptions extends Source {
  /** In the journal. */
  readonly id: number;
  /** `free`: events that may be under way besides those that are. */
  readonly backlog: (onReady: () => void, free: () => number) => Backlog;
  readonly dispatcher: Dispatcher;
  readonly tenant: string;
  /**
   * What serves the qualifier now, for the call with this number; asked whenever an event is handed out. Throws when the
   * function has no such qualifier; undefined when there is no such function.
   */
  readonly target: (no: number) => Deployment | undefined;
  /** What `putAsyncInvokeConfig` said of this function and qualifier. */
  readonly settings: () => AsyncSettings | undefined;
  readonly tasks: TaskBook;
  readonly outcomes: Outcomes;
  /** The handler's value, from a settled call. */
  readonly resultOf: (kind: number, payload: unknown) => unknown;
  readonly observers: Observers;
  readonly requestIdOf: (no: number) => string;
}

/** As observers are told. */
const ENDS = {
  Success: 'succeeded',
  RetriesExhausted: 'failed',
  Invalid: 'failed',
  Expired: 'expired',
  Stopped: 'stopped',
} as const;

export class AsyncQueue implements CallSink, Giver {
  readonly #options: AsyncQueueOptions;
  readonly backlog: Backlog;
  readonly #place: Place;
  /** The target asked for last. */
  #target: Deployment | undefined;
  #wasServed = false;
  #policy: AsyncPolicy | undefined;
  /** What the policy was made of. */
  #policyOf: { readonly target: Deployment | undefined; readonly put: AsyncSettings | undefined } | undefined;
  /** Handed out and not settled, and settled but not told. */
  #open = 0;
  #ending = 0;
  #rest: NodeJS.Timeout | undefined;
  #restMs = REST_MS;
  #closed = false;
  #dropped = false;
  #idleWaiters: (() => void)[] = [];
  /** The attempts of tasks, so that one can be stopped. */
  readonly #running = new Map<TaskRecord, Attempt>();

  constructor(options: AsyncQueueOptions) {
    this.#options = options;
    this.#place = options.dispatcher.join(options.tenant, this);
    this.backlog = options.backlog(
      () => this.#place.ready(),
      () => (this.#closed || this.#rest !== undefined ? 0 : this.#window - this.#open),
    );
  }

  get id(): number {
    return this.#options.id;
  }

  /** Events accepted and not ended. */
  get size(): number {
    return this.backlog.size + this.#open + this.#ending;
  }

  /** Its events are handed out, or end. */
  get isServed(): boolean {
    if (this.#dropped) return true;
    try {
      return this.#find(0) !== undefined;
    } catch {
      return true;
    }
  }

  get workMs(): number {
    return this.#target?.pool?.averageMs ?? UNMEASURED_MS;
  }

  /** What happens to its events now. */
  get policy(): AsyncPolicy {
    this.#target ??= this.#findAny();
    const target = this.#target;
    const put = this.#options.settings();
    if (this.#policy === undefined || this.#policyOf?.target !== target || this.#policyOf?.put !== put) {
      this.#policy = policyOf(target?.declared.asyncInvokeConfig ?? {}, put);
      this.#policyOf = { target, put };
    }
    return this.#policy;
  }

  /** Its function was declared or changed, or the journal can be written again. */
  wake(): void {
    if (!this.isServed) return;
    this.backlog.wake();
    this.#poke();
  }

  #poke(): void {
    if (this.backlog.hasReady) this.#place.ready();
  }

  /** Throws when nothing serves the qualifier for the call with this number. */
  aim(no: number): void {
    this.#target = this.#find(no) ?? this.#target;
  }

  handOut(max: number): number {
    let given = 0;
    const time = performance.now();
    while (given < max && this.#mayHandOut && this.backlog.hasReady) {
      const event = this.backlog.take();
      if (event === undefined || !this.#begin(event, time)) break;
      given++;
    }
    return given;
  }

  get #mayHandOut(): boolean {
    return !this.#closed && this.#rest === undefined && this.#open < this.#window;
  }

  get #window(): number {
    const pool = this.#target?.pool;
    if (pool === undefined) return SLOW_WINDOW;
    const { averageMs, definition } = pool;
    const { maxInstances, instanceConcurrency } = definition.declared;
    if (averageMs === undefined || averageMs >= QUICK_MS)
      return Math.min(SLOW_WINDOW, maxInstances * instanceConcurrency);
    return Math.min(WINDOW, Math.max(SLOW_WINDOW, Math.floor(WINDOW_MS / averageMs)));
  }

  /**
   * As the option. After a start versions and aliases come after their function: a qualifier that was never there is waited
   * for, one that was is gone.
   */
  #find(no: number): Deployment | undefined {
    try {
      const target = this.#options.target(no);
      if (target !== undefined) this.#wasServed = true;
      return target;
    } catch (error) {
      if (this.#wasServed) throw error;
      return undefined;
    }
  }

  /** What serves some call; undefined also when the qualifier is gone. */
  #findAny(): Deployment | undefined {
    try {
      return this.#find(0);
    } catch {
      return undefined;
    }
  }

  /** False when nothing serves the qualifier: the event waits on. */
  #begin(event: AcceptedEvent, time: number): boolean {
    const { task } = event;
    if (task?.status === 'Stopping') {
      this.#end(event, { condition: 'Stopped', error: stopped() });
      return true;
    }
    try {
      const target = this.#find(event.no);
      if (target === undefined) {
        this.backlog.putBack(event);
        return false;
      }
      this.#target = target;
    } catch (error) {
      this.#end(event, { condition: 'Invalid', error: toIsopodError(error) });
      return true;
    }
    const { policy } = this;
    const { maxAsyncEventAgeInSeconds: maxAge } = policy;
    if (maxAge !== undefined && now() - event.accepted > maxAge * 1_000) {
      this.#end(event, { condition: 'Expired', error: expired(maxAge) });
      return true;
    }
    try {
      this.#attempt(event, this.#target.open(), policy, time);
    } catch (error) {
      // It cannot run here, at least not now.
      this.#failed(event, toIsopodError(error));
    }
    return true;
  }

  #attempt(event: AcceptedEvent, pool: Pool, policy: AsyncPolicy, time: number): void {
    const attempt = new Attempt(event, pool, this.workMs, time, this);
    attempt.wantsResult = Outcomes.wantsResult(event, policy);
    attempt.qualifier = this.#options.qualifier;
    attempt.attempt = 1 + event.failures.functionErrors + event.failures.systemErrors;
    this.#open++;
    this.#place.began(attempt.workMs);
    if (event.task !== undefined) {
      this.#options.tasks.began(event.task);
      this.#running.set(event.task, attempt);
    }
    pool.submit(attempt, pool.queueLane);
  }

  succeeded(call: Call, kind: number, payload: unknown): void {
    const attempt = call as Attempt;
    this.#settled(attempt);
    this.#restMs = REST_MS;
    const result = attempt.wantsResult ? this.#options.resultOf(kind, payload) : undefined;
    this.#end(attempt.event, { condition: 'Success', result });
  }

  failed(call: Call, error: IsopodError): void {
    const attempt = call as Attempt;
    this.#settled(attempt);
    this.#failed(attempt.event, error);
  }

  #failed(event: AcceptedEvent, error: IsopodError): void {
    const { task } = event;
    if (task?.status === 'Stopping') return this.#end(attempted(event, error), { condition: 'Stopped', error });
    if (this.#dropped) return this.#end(event, { condition: 'Invalid', error });
    if (this.#closed) return this.#leave(event, error);
    if (isThrottle(error) || error.code === 'EngineClosed') return this.#notAttempted(event, error);
    const tried = attempted(event, error);
    const delay = retryDelay(error, tried.failures, this.policy, now() - event.accepted, Math.random());
    if (delay === undefined) return this.#end(tried, { condition: 'RetriesExhausted', error });
    if (task !== undefined) this.#options.tasks.enter(task, 'Retrying', error);
    this.backlog.retry(tried, delay);
    if (this.#options.observers.asyncEventOn) this.#tell('retried', event, error);
  }

  /**
   * There was no room for the call, or what was to take it is on its way out. It counts as no attempt, and the whole queue
   * rests, because others would fare no better.
   */
  #notAttempted(event: AcceptedEvent, error: IsopodError): void {
    if (isThrottle(error) && !mayRetrySystemError(error, this.policy, now() - event.accepted)) {
      return this.#end(event, { condition: 'RetriesExhausted', error });
    }
    if (event.task !== undefined) this.#options.tasks.takeBack(event.task, error);
    this.backlog.putBack(event);
    if (this.#rest !== undefined) return;
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#poke();
    }, this.#restMs);
    this.#restMs = Math.min(MAX_REST_MS, this.#restMs * 2);
  }

  #settled(attempt: Attempt): void {
    this.#open--;
    this.#place.ended(attempt.workMs);
    if (attempt.event.task !== undefined) {
      attempt.event.task.instanceId = attempt.instance?.id;
      this.#running.delete(attempt.event.task);
    }
    if (this.#rest === undefined) this.#poke();
  }

  #end(event: AcceptedEvent, ending: Ending): void {
    if (this.#options.observers.asyncEventOn) this.#tell(ENDS[ending.condition], event, ending.error);
    const told = this.#options.outcomes.ended(this.#options, event, ending, this.policy);
    if (told === undefined) return this.#forget(event);
    this.#ending++;
    void told.then(
      () => {
        this.#ending--;
        this.#forget(event);
      },
      // Its end could not be kept where others look for it: better done twice than lost.
      () => {
        this.#ending--;
        this.backlog.retry(event, REST_MS);
      },
    );
  }

  #tell(event: AsyncEventFacts['event'], { no, task }: AcceptedEvent, error: IsopodError | undefined): void {
    const { functionName, qualifier, observers, requestIdOf } = this.#options;
    const requestId = requestIdOf(no);
    observers.asyncEvent({ event, functionName, qualifier, requestId, taskId: task?.taskId, error });
  }

  #forget(event: AcceptedEvent): void {
    this.backlog.end(event);
    if (this.#idleWaiters.length > 0 && this.size === 0) this.#tellIdle();
  }

  /** The engine ends under an attempt. What is kept is found again; anything else is told. */
  #leave(event: AcceptedEvent, error: IsopodError): void {
    if (this.backlog.isLasting) {
      if (this.size === 0) this.#tellIdle();
      return;
    }
    this.#end(event, { condition: 'Stopped', error });
  }

  /** Gives a task up: its attempt is ended, nothing is retried. */
  async stop(task: TaskRecord): Promise<void> {
    this.#options.tasks.enter(task, 'Stopping');
    const attempt = this.#running.get(task);
    if (attempt === undefined) {
      // One that is next is ended when its turn comes.
      const waiting = await this.backlog.remove(task);
      if (waiting !== undefined) this.#end(waiting, { condition: 'Stopped', error: stopped() });
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

  /** The function is gone: what waits ends as invalid, and failure destinations hear of it. */
  async drop(): Promise<void> {
    this.#closed = true;
    this.#dropped = true;
    clearTimeout(this.#rest);
    const error = new IsopodError(
      'FunctionNotFound',
      `${this.#options.functionName} was deleted before the event was done`,
    );
    for await (const events of this.backlog.drain()) {
      for (const event of events)
        this.#end(event, { condition: 'Invalid', error: IsopodError.fromRecord(error.toJSON()) });
    }
    this.#tellIdle();
  }

  /** The engine ends. What is kept is done the next time; anything else ends as stopped. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#rest);
    const error = new IsopodError('EngineClosed', 'The engine was closed before the event was done');
    for (const event of this.backlog.close()) this.#end(event, { condition: 'Stopped', error });
    if (this.size === 0) this.#tellIdle();
  }
}

/** The event after an attempt that failed. */
function attempted(event: AcceptedEvent, { kind }: IsopodError): AcceptedEvent {
  const { functionErrors, systemErrors } = event.failures;
  const failures =
    kind === 'system'
      ? { functionErrors, systemErrors: systemErrors + 1 }
      : { functionErrors: functionErrors + 1, systemErrors };
  return { ...event, failures };
}

const stopped = (): IsopodError => new IsopodError('InvocationAborted', 'The task was stopped');

const expired = (seconds: number): IsopodError =>
  new IsopodError(
    'AsyncEventExpired',
    `The event waited for longer than maxAsyncEventAgeInSeconds (${seconds}) allows`,
  );
