/** The engine, in one place because it is the public surface: wires the stages of a call together, and checks what comes through the public door. Holds no logic of its own. */
import { randomBytes } from 'node:crypto';
import { bindingTypes } from './binding/type-text.ts';
import { Cells } from './cell/cells.ts';
import { jailCommand } from './cell/jail.ts';
import { loadCode } from './code/load.ts';
import { IsopodError } from './errors.ts';
import { type DeclaredFunction, declare, parse } from './function/declaration.ts';
import { shortName } from './function/name.ts';
import { Registry } from './function/registry.ts';
import { styleOf } from './function/runtimes.ts';
import { Images } from './image/images.ts';
import { imageRequest } from './image/request.ts';
import { Definition } from './instance/definition.ts';
import { Deadlines } from './invoke/deadlines.ts';
import { Invoker } from './invoke/invoker.ts';
import { resultOf } from './invoke/payload.ts';
import { DirectInstance } from './isolate/direct-instance.ts';
import { acquireThreadHost, type IsolateHost, releaseThreadHost } from './isolate/host.ts';
import {
  type CheckedOptions,
  type CloseOptions,
  type EngineOptions,
  engineOptions,
  invokeAsyncOptions,
  invokeOptions,
} from './options.ts';
import { Tasks } from './outcome/tasks.ts';
import { MemoryBudget } from './pool/memory-budget.ts';
import { Pool, type RemotePlace } from './pool/pool.ts';
import { FIRST_CALL_NO, requestIdOf } from './protocol/door.ts';
import { AsyncQueue } from './queue/async-queue.ts';
import type { RemoteHost } from './remote/remote-host.ts';
import { RemoteInstance } from './remote/remote-instance.ts';
import { Home } from './store/home.ts';
import { Threads } from './thread/threads.ts';
import type {
  AsyncReceipt,
  AsyncTask,
  EngineStats,
  FunctionConfig,
  FunctionInfo,
  InvokeAsyncOptions,
  InvokeOptions,
  Isolation,
} from './types.ts';

/** Milliseconds between two looks for idle instances. */
const SWEEP_MS = 250;

/** A function with everything that serves it. */
interface Entry {
  readonly pool: Pool;
  readonly queue: AsyncQueue;
  readonly config: FunctionConfig;
}

/**
 * Makes an engine. Rejects with `InvalidArgument` naming a wrong option, its value and its bound, and with `DataDirInUse`,
 * `DataDirUnusable` or `DataDirDamaged`.
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const checked = parse(engineOptions, options, 'createEngine');
  const home = await Home.open(checked.dataDir);
  const images = await Images.open({
    folder: home.file('images'),
    ...(checked.logger !== undefined && { logger: checked.logger }),
  });
  return new Engine(checked, home, images);
}

/** Starts one cell works on at once. */
const STARTS_PER_CELL = 4;

/** Runs functions. Made by `createEngine`; ended by `close` or `await using`. */
export class Engine {
  readonly #options: CheckedOptions;
  readonly #home: Home;
  readonly #images: Images;
  readonly #host: IsolateHost;
  readonly #functions = new Registry<Entry>();
  /** Names whose function is being built. */
  readonly #building = new Set<string>();
  readonly #tasks = new Tasks();
  readonly #budget: MemoryBudget;
  readonly #deadlines: Deadlines;
  readonly #invoker: Invoker;
  readonly #requestPrefix: string;
  readonly #sweeper: NodeJS.Timeout;
  readonly #abort = new AbortController();
  #threads: Threads | undefined;
  readonly #cells = new Map<Isolation, Cells>();
  #nextInstance = 1;
  #closing: Promise<void> | undefined;

  /** @internal Use `createEngine`. */
  constructor(options: CheckedOptions, home: Home, images: Images) {
    this.#options = options;
    this.#home = home;
    this.#images = images;
    this.#host = acquireThreadHost();
    this.#budget = new MemoryBudget(options.memoryBudgetMB * 1_000_000);
    this.#requestPrefix = makeRequestPrefix();
    this.#deadlines = new Deadlines(() => this.#pools());
    const { maxPayloadBytes, maxConcurrency } = options;
    this.#invoker = new Invoker(
      { requestPrefix: this.#requestPrefix, maxPayloadBytes, maxConcurrency, firstCallNo: FIRST_CALL_NO },
      this.#deadlines,
    );
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** @internal Where the API keeps what belongs to functions besides. */
  get home(): Home {
    return this.#home;
  }

  *#pools(): IterableIterator<Pool> {
    for (const entry of this.#functions.values()) yield entry.pool;
  }

  #sweep(): void {
    const now = performance.now();
    for (const pool of this.#pools()) pool.sweep(now);
  }

  /**
   * Declares a function: loads and bundles its code and prepares its image. The first call starts an instance.
   * Rejects with `InvalidArgument`, `FunctionAlreadyExists`, an error of the code (`CodeNotFound`, `CodeUnsafe`,
   * `CodeTooLarge`, `CodeFetchFailed`, `BuildFailed`, `TopLevelFailed`) or `ImageBuildFailed`.
   */
  async createFunction(config: FunctionConfig): Promise<FunctionInfo> {
    this.#assertOpen();
    const { functionName } = declare(config);
    if (this.#functions.find(functionName) !== undefined || this.#building.has(functionName)) {
      throw new IsopodError(
        'FunctionAlreadyExists',
        `There is a function "${functionName}" already; use updateFunction`,
      );
    }
    return this.#put(config);
  }

  /** Replaces what `changes` names; calls in progress finish with the function as it was. */
  async updateFunction(
    functionName: string,
    changes: Partial<Omit<FunctionConfig, 'functionName'>>,
  ): Promise<FunctionInfo> {
    this.#assertOpen();
    const { config, pool, queue } = this.#functions.get(functionName);
    const info = await this.#put({ ...config, ...changes, functionName });
    void this.#retire(pool, queue);
    return info;
  }

  async #put(config: FunctionConfig): Promise<FunctionInfo> {
    const declared = declare(config);
    const { functionName } = declared;
    this.#building.add(functionName);
    // Threads and processes take longer to start than a build: let them do it meanwhile.
    if (declared.isolation === 'thread' && this.#options.workers > 0 && declared.lane !== 'direct') {
      this.#workerThreads().warm();
    }
    try {
      const cells = await this.#cellsFor(declared.isolation);
      const artifact = await loadCode(declared.code, {
        handler: declared.handler,
        bufferEvents: styleOf(declared.runtime) === 'fc',
        signal: this.#abort.signal,
      });
      const { image, imageBuildMs } = await this.#images.get(imageRequest(declared, artifact));
      this.#assertOpen();
      const definition = new Definition(
        declared,
        artifact,
        image,
        {
          requestPrefix: this.#requestPrefix,
          maxPayloadBytes: this.#options.maxPayloadBytes,
          warn: (message, facts) => this.#options.logger?.warn(message, facts),
          outbound: this.#options.outbound,
        },
        { ...artifact.stages, imageBuildMs },
      );
      const pool = new Pool(definition, {
        budget: this.#budget,
        maxWaiting: this.#options.maxWaiting,
        makeDirect: (of, owner) => new DirectInstance(this.#instanceId(functionName), of, owner, this.#host),
        remote: this.#remotePlace(declared, cells),
      });
      const queue = new AsyncQueue(pool, {
        capacity: this.#options.queue.capacity,
        tasks: this.#tasks,
        resultOf,
        destinationFailed: (error, outcome) =>
          this.#options.logger?.error('A destination callback failed', { error, requestId: outcome.requestId }),
      });
      this.#functions.put(functionName, { pool, queue, config });
      return definition.info;
    } catch (error) {
      // Closing ends builds in progress; that is the reason to tell.
      this.#assertOpen();
      throw error;
    } finally {
      this.#building.delete(functionName);
    }
  }

  #instanceId(functionName: string): string {
    return `${shortName(functionName)}-${this.#requestPrefix.slice(0, 8)}-${this.#nextInstance++}`;
  }

  /** Where instances of a function live that are not on the calling thread. */
  #remotePlace({ functionName }: DeclaredFunction, cells: Cells | undefined): RemotePlace | undefined {
    const { workers } = this.#options;
    if (cells === undefined && workers === 0) return undefined;
    const hostFor = (): RemoteHost => cells?.homeOf(functionName) ?? this.#workerThreads().leastBusy(functionName);
    return {
      lane: cells === undefined ? 'worker' : 'cell',
      startsAtOnce: cells === undefined ? workers * 2 : STARTS_PER_CELL,
      make: (of, owner) => {
        const number = this.#nextInstance;
        return new RemoteInstance(this.#instanceId(functionName), number, of, owner, hostFor());
      },
    };
  }

  /** The cells that keep a promise, with one made ready; jailed ones have shown that they are locked in. */
  async #cellsFor(isolation: Isolation): Promise<Cells | undefined> {
    if (isolation === 'thread') return undefined;
    const jail = isolation === 'jailed' ? await jailCommand() : undefined;
    this.#assertOpen();
    let cells = this.#cells.get(isolation);
    if (cells === undefined) {
      cells = new Cells({ ...this.#options.cells, logger: this.#options.logger, jail });
      this.#cells.set(isolation, cells);
    }
    cells.warm();
    if (isolation === 'jailed') await cells.assertJailed();
    return cells;
  }

  #workerThreads(): Threads {
    this.#threads ??= new Threads({ count: this.#options.workers, spinMs: this.#options.spinMs });
    return this.#threads;
  }

  /** Ends a function's instances after its accepted events and open calls. */
  async #retire(pool: Pool, queue: AsyncQueue): Promise<void> {
    await queue.whenIdle();
    await this.#end(pool, pool.definition.timeoutMs + 1_000);
  }

  /** Ends a function's instances, after that their connections. */
  async #end(pool: Pool, timeoutMs: number): Promise<void> {
    await pool.close(timeoutMs, closedError());
    await pool.definition.network?.close();
  }

  /** Removes a function. Calls in progress may finish; events not begun end as stopped. */
  async deleteFunction(functionName: string): Promise<void> {
    this.#assertOpen();
    const { pool, queue } = this.#functions.get(functionName);
    this.#functions.remove(functionName);
    queue.close();
    await this.#end(pool, pool.definition.timeoutMs);
  }

  getFunction(functionName: string): FunctionInfo {
    return this.#functions.get(functionName).pool.definition.info;
  }

  /** TypeScript declarations for authors of this function's code; see `bindingTypes`. Throws `FunctionNotFound`. */
  bindingTypes(functionName: string): string {
    return bindingTypes(this.#functions.get(functionName).config.bindings ?? {});
  }

  listFunctions(): FunctionInfo[] {
    return [...this.#pools()].map((pool) => pool.definition.info);
  }

  /**
   * Calls a function and resolves with the handler's value (a JSON copy, or a Uint8Array). Rejects with a coded error:
   * the function's own, `FunctionTimeout`, `ResourceExhausted`, `InvocationAborted` and others of the error table.
   * A function's first call waits for an instance to start. Never retried.
   */
  invoke(functionName: string, event?: unknown, options?: InvokeOptions): Promise<unknown> {
    // Not an async function: that would make a second promise for every call.
    try {
      const entry = this.#functions.find(functionName);
      if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
      if (options !== undefined) checkOptions(options, 'invoke');
      const result = this.#invoker.invoke(entry.pool, event, options);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As `invoke`, on the calling thread and without a promise; starts an instance here when there is none. Throws
   * `NotSynchronous` when the handler waits for a timer or a host function that does not return at once, or the module or
   * its initializer waits for anything.
   */
  invokeSync(functionName: string, event?: unknown, options?: InvokeOptions): unknown {
    const entry = this.#functions.find(functionName);
    if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
    if (options !== undefined) checkOptions(options, 'invokeSync');
    return this.#invoker.invokeSync(entry.pool, event, options);
  }

  /**
   * Accepts an event to be run later, and resolves when it is queued. Failed attempts are retried as the function's
   * `asyncInvokeConfig` says. Rejects with `ResourceExhausted` when the queue is full.
   */
  async invokeAsync(functionName: string, event?: unknown, options?: InvokeAsyncOptions): Promise<AsyncReceipt> {
    const entry = this.#functions.find(functionName);
    if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
    const { text, binary } = this.#invoker.encode(event);
    const no = this.#invoker.takeNo();
    const requestId = requestIdOf(this.#requestPrefix, no);
    const checked = options === undefined ? undefined : parse(invokeAsyncOptions, options, 'invokeAsync');
    const taskId = checked?.taskId;
    const task = taskId === undefined ? undefined : this.#tasks.create(functionName, taskId, requestId, Date.now());
    if (!entry.queue.offer(no, text, binary, task, (checked?.delaySeconds ?? 0) * 1_000)) {
      if (task !== undefined) this.#tasks.discard(task);
      const { capacity } = this.#options.queue;
      throw new IsopodError(
        'ResourceExhausted',
        `${functionName}: the queue holds ${capacity} events already; raise queue.capacity, or send again later`,
        {
          retryAfterMs: 1_000,
        },
      );
    }
    this.#deadlines.watch();
    return { requestId, taskId };
  }

  /** An async call that was given a `taskId`. Throws `AsyncTaskNotFound`. */
  getAsyncTask(functionName: string, taskId: string): AsyncTask {
    return { ...this.#tasks.get(functionName, taskId) };
  }

  /** The named async calls of a function, oldest first. */
  listAsyncTasks(functionName: string): AsyncTask[] {
    return this.#tasks.list(functionName).map((task) => ({ ...task }));
  }

  /** Gives a named async call up; one that has ended is left as it is. */
  stopAsyncTask(functionName: string, taskId: string): void {
    const task = this.#tasks.get(functionName, taskId);
    if (task.endedAt !== undefined || task.status === 'Stopped') return;
    this.#functions.get(functionName).queue.stop(task);
  }

  /** Resolves when every async event accepted so far has ended. */
  async whenIdle(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((entry) => entry.queue.whenIdle()));
  }

  stats(): EngineStats {
    const functions = [...this.#functions.values()].map(({ pool, queue }) => ({
      functionName: pool.definition.declared.functionName,
      lane: pool.lane,
      instances: pool.instanceCount,
      spares: pool.spareCount,
      open: pool.openCount,
      waiting: pool.waitingCount,
      queued: queue.size,
      coldStarts: pool.coldStarts,
    }));
    const { usedBytes } = this.#budget;
    return { functions, open: this.#invoker.openCount, memoryUsedBytes: usedBytes, workers: this.#options.workers };
  }

  /**
   * Ends the engine: no new calls, calls in progress may finish for `timeoutMs`, preStop hooks run, threads and child
   * processes end. Events not begun end as stopped. Later calls fail with `EngineClosed`. May be called again.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? 5_000);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#abort.abort(closedError());
    const entries = [...this.#functions.values()];
    for (const { queue } of entries) queue.close();
    await Promise.all(entries.map(({ pool }) => this.#end(pool, timeoutMs)));
    clearInterval(this.#sweeper);
    this.#deadlines.stop();
    await this.#threads?.close();
    for (const cells of this.#cells.values()) cells.close();
    await this.#images.close();
    await this.#home.close();
    releaseThreadHost();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  #missing(functionName: string): IsopodError {
    if (this.#closing !== undefined) return closedError();
    try {
      this.#functions.get(functionName);
    } catch (error) {
      return error as IsopodError;
    }
    return new IsopodError('InternalError', `${functionName} was found only at the second look`);
  }
}

function checkOptions(options: InvokeOptions, call: string): void {
  parse(invokeOptions, options, call);
}

const closedError = (): IsopodError =>
  new IsopodError('EngineClosed', 'The engine is closed, or the function was deleted');

/** The first 24 of a UUID's 36 characters; the call number in hexadecimal completes a request id. */
function makeRequestPrefix(): string {
  const hex = randomBytes(10).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-`;
}
