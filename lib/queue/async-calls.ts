/** Async calls of an engine, as its users see them: accepted, configured, their tasks, and what could not be done. One file because it is the area's part of the public surface. */
import { randomBytes } from 'node:crypto';
import {
  asyncTasksOptions,
  invokeAsyncOptions,
  listConfigsOptions,
  listOptions,
  putConfigOptions,
  redriveOptions,
  rerunOptions,
} from '../async-options.ts';
import { type DeployedFunction, LATEST } from '../deployment/deployed-function.ts';
import type { Functions } from '../deployment/functions.ts';
import type { IsopodError } from '../errors.ts';
import { asyncSettings } from '../function/async-config.ts';
import { parse } from '../function/declaration.ts';
import { tenantOf } from '../function/name.ts';
import { now } from '../journal/clock.ts';
import type { GivenTrace, Observers } from '../observe/observers.ts';
import { type CheckedOptions, qualifierOptions } from '../options.ts';
import { DeadLetters, type KeptLetter } from '../outcome/dead-letters.ts';
import { Deliveries, type Delivery } from '../outcome/deliveries.ts';
import { Destinations } from '../outcome/destinations.ts';
import { Outcomes } from '../outcome/outcomes.ts';
import { HttpSender, secretOf } from '../outcome/send-http.ts';
import { TaskRecord } from '../outcome/task-record.ts';
import { Tasks } from '../outcome/tasks.ts';
import { namedTenants, type TenantFacts } from '../outcome/tenant-facts.ts';
import { requestIdOf } from '../protocol/door.ts';
import type {
  AsyncInvokeConfigInfo,
  AsyncInvokeConfigPage,
  AsyncInvokeSettings,
  AsyncReceipt,
  AsyncTask,
  AsyncTaskPage,
  DeadLetterDetail,
  DeadLetterPage,
  DestinationConnector,
  DestinationDeliveryPage,
  FunctionStats,
  InvokeAsyncOptions,
  ListAsyncInvokeConfigsOptions,
  ListAsyncTasksOptions,
  ListOptions,
  PutAsyncInvokeConfigOptions,
  QualifierOptions,
  RedriveOptions,
  RerunOptions,
} from '../types.ts';
import type { AsyncQueue } from './async-queue.ts';
import type { AsyncStore } from './async-store.ts';
import { EventQueues } from './event-queues.ts';
import { full } from './full.ts';
import type { LetterBook, TaskBook } from './shared-events.ts';

/** Milliseconds between two looks at what is too old to be remembered. */
const FORGET_MS = 10_000;
/** Milliseconds between two looks for qualifiers that queues wait for. */
const WAKE_MS = 1_000;
/** Ended tasks that are remembered in memory. */
const MAX_MEMORY_TASKS = 100_000;

export interface AsyncCallsOptions {
  readonly functions: Functions;
  readonly options: CheckedOptions;
  readonly store: AsyncStore;
  readonly takeNo: () => number;
  /** What sends to topics, queues and buses. */
  readonly connectors: readonly DestinationConnector[];
  readonly encode: (event: unknown) => Payload;
  /** The handler's value, from a settled call. */
  readonly resultOf: (kind: number, payload: unknown) => unknown;
  readonly observers: Observers;
}

export interface Payload {
  readonly text: string;
  readonly binary: boolean;
}

export class AsyncCalls {
  readonly #engine: AsyncCallsOptions;
  readonly #requestPrefix: string;
  readonly #tasks: TaskBook;
  readonly #deadLetters: LetterBook;
  readonly #deliveries: Deliveries;
  readonly #http: HttpSender;
  readonly #destinations: Destinations;
  readonly #queues: EventQueues;
  readonly #timers: readonly NodeJS.Timeout[];
  #tenants: TenantFacts;
  /** Tenants may have a limit. */
  #limitsTenants = false;

  constructor(engine: AsyncCallsOptions) {
    const { store, options, functions } = engine;
    const { keeper, numbers, configs, webhookSecret, shared } = store;
    const { logger, async: limits } = options;
    const { requestPrefix } = numbers;
    this.#engine = engine;
    this.#tenants = namedTenants(limits.region);
    this.#requestPrefix = requestPrefix;
    this.#http = new HttpSender(webhookSecret, options.outbound);
    this.#destinations = new Destinations({
      connectors: engine.connectors,
      http: this.#http,
      allowPrivate: limits.allowPrivateDestinations,
      call: (functionName, qualifier = LATEST, text, trace) =>
        this.#publish(functionName, qualifier, { text, binary: false }, undefined, 0, trace),
    });
    const ownTasks = (): Tasks =>
      new Tasks({
        keeper,
        retentionMs: limits.taskRetentionSeconds * 1_000,
        max: keeper.isLasting ? undefined : MAX_MEMORY_TASKS,
      });
    this.#tasks = shared?.tasks ?? ownTasks();
    this.#deadLetters = shared?.deadLetters ?? new DeadLetters(keeper, limits.deadLetterRetentionSeconds * 1_000);
    this.#deliveries = new Deliveries({
      keeper,
      deadLetters: this.#deadLetters,
      send: (delivery, signal) => this.#destinations.send(delivery, signal),
      maxAgeMs: limits.deliveryRetentionSeconds * 1_000,
      told: (delivery, error, givenUp) => this.#delivered(delivery, error, givenUp),
    });
    const outcomes = new Outcomes({
      tasks: this.#tasks,
      deliveries: this.#deliveries,
      deadLetters: this.#deadLetters,
      waits: shared !== undefined,
      tenants: () => this.#tenants,
      requestIdOf: (no) => requestIdOf(requestPrefix, no),
      traceOf: (no) => engine.observers.parentOf(requestPrefix, no),
      callbackFailed: (error, { requestId }) => logger?.error('A destination callback failed', { error, requestId }),
    });
    this.#queues = new EventQueues({
      keeper,
      limits: options.queue,
      workers: options.workers,
      tasks: this.#tasks,
      shared,
      outcomes,
      configs,
      target: (functionName, qualifier, no) => {
        const entry = functions.find(functionName);
        return qualifier === LATEST ? entry?.latest : entry?.route(qualifier, requestIdOf(requestPrefix, no));
      },
      resultOf: engine.resultOf,
      observers: engine.observers,
      requestIdOf: (no) => requestIdOf(requestPrefix, no),
    });
    this.#timers = [
      setInterval(() => void this.#forget(), FORGET_MS).unref(),
      setInterval(() => this.#wake(this.#queues.all()), WAKE_MS).unref(),
    ];
  }

  /** Goes on with what the last process left. Rejects with `StoreFailed`. */
  async resume(): Promise<void> {
    await this.#queues.resume();
    await this.#deliveries.resume();
    this.#engine.store.shared?.begin({
      found: (functionName, qualifier) => {
        if (this.#engine.functions.find(functionName) !== undefined) this.#queues.get(functionName, qualifier).wake();
      },
      stop: (task) => void this.#queues.get(task.functionName, task.qualifier).stop(task),
    });
  }

  async #forget(): Promise<void> {
    try {
      await this.#tasks.forget();
      await this.#deadLetters.forget();
    } catch {
      // The journal says by itself that it fails.
    }
  }

  #wake(queues: Iterable<AsyncQueue>): void {
    for (const queue of queues) queue.wake();
  }

  /** Somebody knows more of tenants than their names. */
  setTenants(facts: TenantFacts): void {
    this.#tenants = facts;
    this.#limitsTenants = true;
  }

  /** A function is there, or changed: events that wait for it are handed out. */
  declared(functionName: string): void {
    this.#wake(this.#queues.of(functionName));
  }

  /** The journal can be written again. */
  recovered(): void {
    this.#wake(this.#queues.all());
  }

  /** Not always a promise, because it costs as much as everything else where nothing has to be waited for. */
  accept(
    { functionName }: DeployedFunction,
    event: unknown,
    options: InvokeAsyncOptions | undefined,
  ): AsyncReceipt | Promise<AsyncReceipt> {
    const payload = this.#engine.encode(event);
    if (options !== undefined) {
      const { qualifier = LATEST, taskId, delaySeconds } = parse(invokeAsyncOptions, options, 'invokeAsync');
      return this.#publish(functionName, qualifier, payload, taskId, delaySeconds * 1_000, options);
    }
    if (this.#limitsTenants) this.#checkBacklog(functionName);
    const queue = this.#queues.get(functionName, LATEST);
    if (queue.policy.asyncTask) return this.#publish(functionName, LATEST, payload, undefined, 0);
    const no = this.#engine.takeNo();
    const kept = queue.backlog.publish(no, payload.text, payload.binary, undefined, 0);
    const receipt = { requestId: requestIdOf(this.#requestPrefix, no), taskId: undefined };
    this.#engine.observers.accepted(functionName, receipt.requestId);
    if (kept === undefined) return this.#told(functionName, LATEST, receipt);
    return kept.then(() => this.#told(functionName, LATEST, receipt));
  }

  #told(functionName: string, qualifier: string, receipt: AsyncReceipt): AsyncReceipt {
    const { observers } = this.#engine;
    if (observers.asyncEventOn) observers.asyncEvent({ event: 'accepted', functionName, qualifier, ...receipt });
    return receipt;
  }

  /** Rejects with `FunctionNotFound`, `VersionNotFound`, `AliasNotFound` and what a backlog refuses with. */
  async #publish(
    functionName: string,
    qualifier: string,
    { text, binary }: Payload,
    taskId: string | undefined,
    delayMs: number,
    given?: GivenTrace,
  ): Promise<AsyncReceipt> {
    this.#engine.functions.get(functionName).route(qualifier, '');
    if (this.#limitsTenants) this.#checkBacklog(functionName);
    const queue = this.#queues.get(functionName, qualifier);
    if (taskId !== undefined) await this.#tasks.claim(functionName, taskId);
    // From here on in one turn: numbers and events come in one order.
    let task: TaskRecord | undefined;
    try {
      const no = this.#engine.takeNo();
      const requestId = requestIdOf(this.#requestPrefix, no);
      queue.aim(no);
      const name = taskId ?? (queue.policy.asyncTask ? `task-${requestId}` : undefined);
      if (name !== undefined) task = new TaskRecord(no, functionName, qualifier, name, requestId, Math.floor(now()));
      const kept = queue.backlog.publish(no, text, binary, task, delayMs);
      if (task !== undefined) this.#tasks.add(task, text, binary);
      this.#engine.observers.accepted(functionName, requestId, given);
      if (kept !== undefined) await kept;
      return this.#told(functionName, qualifier, { requestId, taskId: name });
    } catch (error) {
      if (task !== undefined) this.#tasks.release(task);
      if (taskId !== undefined) this.#tasks.unclaim(functionName, taskId);
      throw error;
    }
  }

  /** Throws `ResourceExhausted` when the function's tenant has as many events waiting as it may. */
  #checkBacklog(functionName: string): void {
    const tenant = tenantOf(functionName);
    const max = this.#tenants.backlogOf(tenant);
    if (max === undefined || this.#queues.sizeOf(tenant) < max) return;
    throw full(`the tenant's async events not done yet have reached its quota asyncBacklog (${max}); raise it`);
  }

  #delivered({ functionName, destination, facts }: Delivery, error: IsopodError | undefined, givenUp: boolean): void {
    const { requestId, taskId, qualifier } = facts;
    const { options, observers } = this.#engine;
    const { logger } = options;
    if (observers.asyncEventOn && (error === undefined || givenUp)) {
      const event = error === undefined ? 'delivered' : 'undelivered';
      observers.asyncEvent({ event, functionName, qualifier, requestId, taskId, error });
    }
    if (error !== undefined) {
      const what = givenUp
        ? 'A destination did not take an outcome; it is a dead letter now'
        : 'A destination did not take an outcome';
      logger?.warn(what, { functionName, destination, requestId, error: error.message });
    }
    if (taskId === undefined || (error !== undefined && !givenUp)) return;
    this.#tasks.delivered(functionName, taskId, error === undefined ? 'Succeeded' : 'Failed').catch(() => undefined);
  }

  /** Rejects with `FunctionNotFound`, `VersionNotFound` or `AliasNotFound`. */
  #checked(functionName: string, options: QualifierOptions | undefined, call: string): string {
    const { qualifier = LATEST } = parse(qualifierOptions, options ?? {}, call);
    this.#engine.functions.get(functionName).route(qualifier, '');
    return qualifier;
  }

  async putConfig(
    functionName: string,
    settings: AsyncInvokeSettings,
    options: PutAsyncInvokeConfigOptions | undefined,
  ): Promise<AsyncInvokeConfigInfo> {
    const { replace, ...of } = parse(putConfigOptions, options ?? {}, 'putAsyncInvokeConfig');
    const qualifier = this.#checked(functionName, of, 'putAsyncInvokeConfig');
    const checked = parse(asyncSettings, settings, 'putAsyncInvokeConfig');
    const { onSuccess, onFailure } = checked.destinationConfig ?? {};
    for (const place of [onSuccess, onFailure]) if (place !== undefined) this.#destinations.check(place.destination);
    return this.#engine.store.configs.put(functionName, qualifier, checked, replace);
  }

  async getConfig(functionName: string, options: QualifierOptions | undefined): Promise<AsyncInvokeConfigInfo> {
    return this.#engine.store.configs.get(functionName, this.#checked(functionName, options, 'getAsyncInvokeConfig'));
  }

  async deleteConfig(functionName: string, options: QualifierOptions | undefined): Promise<void> {
    await this.#engine.store.configs.delete(
      functionName,
      this.#checked(functionName, options, 'deleteAsyncInvokeConfig'),
    );
  }

  async listConfigs(options: ListAsyncInvokeConfigsOptions | undefined): Promise<AsyncInvokeConfigPage> {
    return this.#engine.store.configs.list(parse(listConfigsOptions, options ?? {}, 'listAsyncInvokeConfigs'));
  }

  getTask(functionName: string, taskId: string): Promise<AsyncTask> {
    return this.#tasks.get(functionName, taskId);
  }

  async listTasks(functionName: string, options: ListAsyncTasksOptions | undefined): Promise<AsyncTaskPage> {
    return this.#tasks.list(functionName, parse(asyncTasksOptions, options ?? {}, 'listAsyncTasks'));
  }

  async stopTask(functionName: string, taskId: string): Promise<void> {
    const task = await this.#tasks.findOpen(functionName, taskId);
    if (task === undefined || task.status === 'Stopping') return;
    await this.#queues.get(functionName, task.qualifier).stop(task);
  }

  async rerunTask(functionName: string, taskId: string, options: RerunOptions | undefined): Promise<AsyncReceipt> {
    const checked = parse(rerunOptions, options ?? {}, 'rerunAsyncTask');
    const { qualifier, ...payload } = await this.#tasks.payload(functionName, taskId);
    return this.#publish(
      functionName,
      qualifier,
      payload,
      checked.taskId ?? `rerun-${randomBytes(12).toString('hex')}`,
      0,
    );
  }

  async listDeadLetters(functionName: string, options: ListOptions | undefined): Promise<DeadLetterPage> {
    return this.#deadLetters.list(functionName, parse(listOptions, options ?? {}, 'listDeadLetters'));
  }

  getDeadLetter(functionName: string, id: string): Promise<DeadLetterDetail> {
    return this.#deadLetters.get(functionName, id);
  }

  async redriveDeadLetters(functionName: string, options: RedriveOptions | undefined): Promise<number> {
    const { ids } = parse(redriveOptions, options ?? {}, 'redriveDeadLetters');
    return this.#deadLetters.redrive(functionName, ids, (letter) => this.#redrive(letter));
  }

  async #redrive({ no, functionName, qualifier, facts, text, binary, destination, record }: KeptLetter): Promise<void> {
    if (destination === undefined) {
      await this.#publish(functionName, qualifier, { text, binary }, undefined, 0);
      return;
    }
    const { requestId, taskId, attempts, success = false } = facts;
    this.#deliveries.add({
      no,
      destination,
      functionName,
      facts: { requestId, qualifier, taskId, success, attempts },
      record,
    });
  }

  async purgeDeadLetters(functionName: string, options: RedriveOptions | undefined): Promise<number> {
    const { ids } = parse(redriveOptions, options ?? {}, 'purgeDeadLetters');
    return this.#deadLetters.purge(functionName, ids);
  }

  async listDeliveries(functionName: string, options: ListOptions | undefined): Promise<DestinationDeliveryPage> {
    return this.#deliveries.list(functionName, parse(listOptions, options ?? {}, 'listDestinationDeliveries'));
  }

  webhookSecretOf(tenant: string | undefined): string {
    return secretOf(this.#engine.store.webhookSecret, tenant);
  }

  /** Events of a function accepted and not ended. */
  queued(functionName: string): Pick<FunctionStats, 'queued' | 'oldestWaitingMs'> {
    let queued = 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.of(functionName)) {
      queued += queue.size;
      oldest = Math.min(oldest, queue.backlog.oldest ?? oldest);
    }
    return { queued, oldestWaitingMs: Math.max(0, now() - oldest) };
  }

  /** Events kept for functions that are not declared. */
  undeclared(): Record<string, number> {
    return Object.fromEntries(this.#queues.waiting((name) => this.#engine.functions.find(name) !== undefined));
  }

  async whenIdle(): Promise<void> {
    const { shared } = this.#engine.store;
    if (shared !== undefined) return shared.whenIdle();
    const idle = [...this.#queues.all()].filter((queue) => queue.isServed).map((queue) => queue.whenIdle());
    await Promise.all(idle);
  }

  /** A function is deleted: its events not begun end as invalid. */
  drop(functionName: string): void {
    this.#queues.drop(functionName);
    this.#engine.store.configs.drop(functionName).catch((error: unknown) => {
      this.#engine.options.logger?.error('The async configuration of a deleted function could not be removed', {
        functionName,
        error,
      });
    });
  }

  /** What is kept is done the next time; other events that were not begun end as stopped. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#queues.close();
    this.#deliveries.close();
    void this.#http.close();
  }
}
