/**
 * The engine, in one place because it is the public surface: wires the stages of a call together. Holds no logic of its
 * own: each area's methods are a class in the area's folder.
 */
import { randomBytes } from 'node:crypto';
import { Cluster } from './cluster/cluster.ts';
import { CodeStore } from './deployment/code-store.ts';
import type { DeployedFunction } from './deployment/deployed-function.ts';
import { Deployer } from './deployment/deployer.ts';
import { Follower } from './deployment/follower.ts';
import { type FunctionChanges, Functions } from './deployment/functions.ts';
import { Inspections } from './deployment/inspection.ts';
import { Keeper } from './deployment/keeper.ts';
import { Lanes } from './deployment/lanes.ts';
import { Versions } from './deployment/versions.ts';
import { IsopodError } from './errors.ts';
import { parse } from './function/declaration.ts';
import { Images } from './image/images.ts';
import { type BodySink, invokeBody } from './invoke/body-call.ts';
import { Deadlines } from './invoke/deadlines.ts';
import { Invoker } from './invoke/invoker.ts';
import { resultOf } from './invoke/payload.ts';
import type { Observer } from './observe/facts.ts';
import { Observers } from './observe/observers.ts';
import {
  type CheckedOptions,
  type CloseOptions,
  type EngineLogger,
  type EngineOptions,
  engineOptions,
  invokeOptions,
} from './options.ts';
import type { TenantFacts } from './outcome/tenant-facts.ts';
import { InstanceWatch } from './pool/instance-watch.ts';
import type { Pool } from './pool/pool.ts';
import { Provisioning } from './provision/provisioning.ts';
import { AsyncCalls } from './queue/async-calls.ts';
import { AsyncStore } from './queue/async-store.ts';
import { Home } from './store/home.ts';
import { Alarms } from './trigger/alarms.ts';
import { EventSources } from './trigger/event-sources.ts';
import { destinationConnectors } from './trigger/message/connectors.ts';
import { Services } from './trigger/services.ts';
import { Triggers } from './trigger/triggers.ts';
import type {
  AliasChanges,
  AliasConfig,
  AliasInfo,
  AsyncInvokeConfigInfo,
  AsyncInvokeConfigPage,
  AsyncInvokeSettings,
  AsyncReceipt,
  AsyncTask,
  AsyncTaskPage,
  ClusterView,
  DeadLetterDetail,
  DeadLetterPage,
  DestinationDeliveryPage,
  EngineStats,
  FunctionConfig,
  FunctionInfo,
  FunctionInspection,
  InspectOptions,
  InstanceInfo,
  InvokeAsyncOptions,
  InvokeOptions,
  ListAsyncInvokeConfigsOptions,
  ListAsyncTasksOptions,
  ListOptions,
  ProvisionConfig,
  ProvisionInfo,
  PutAsyncInvokeConfigOptions,
  QualifierOptions,
  RedriveOptions,
  RerunOptions,
  ScalingConfig,
  ScalingInfo,
  TriggerChanges,
  TriggerConfig,
  TriggerInfo,
  VersionInfo,
} from './types.ts';

/** Milliseconds between two looks for idle instances. */
const SWEEP_MS = 250;

/**
 * Makes an engine. Rejects with `InvalidArgument` naming a wrong option, its value and its bound, and with `DataDirInUse`,
 * `DataDirUnusable` or `DataDirDamaged`; with a cluster also with `ClusterUnavailable` or `ClusterUnusable`.
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const checked = parse(engineOptions, options, 'createEngine');
  let engine: Engine | undefined;
  // Closed again, last first, where the engine does not come to be; after that it is the engine's to close.
  await using opened = new AsyncDisposableStack();
  const cluster = checked.cluster && (await Cluster.open(checked.cluster, checked));
  opened.defer(() => cluster?.close());
  const home = await Home.open(checked.dataDir, cluster);
  opened.defer(() => home.close());
  const images = await Images.open({
    folder: home.file('images'),
    ...(checked.logger !== undefined && { logger: checked.logger }),
    ...(cluster !== undefined && { shared: cluster.images }),
  });
  opened.defer(() => images.close());
  const store = await AsyncStore.open(home, checked, () => engine?.journalRecovered(), cluster?.events);
  opened.defer(() => store.close());
  engine = new Engine(checked, home, images, store, cluster);
  opened.move();
  try {
    await engine.restore();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** Runs functions. Made by `createEngine`; ended by `close` or `await using`. */
export class Engine {
  readonly #options: CheckedOptions;
  readonly #home: Home;
  readonly #cluster: Cluster | undefined;
  readonly #follower: Follower | undefined;
  readonly #images: Images;
  readonly #store: AsyncStore;
  readonly #lanes: Lanes;
  readonly #codes: CodeStore;
  readonly #deployer: Deployer;
  readonly #functions: Functions;
  readonly #versions: Versions;
  readonly #inspections: Inspections;
  readonly #provisioning: Provisioning;
  readonly #asyncCalls: AsyncCalls;
  readonly #deadlines: Deadlines;
  readonly #invoker: Invoker;
  /** @internal */
  readonly triggers: Triggers;
  /** Buckets, topics, queues, logs and event buses of the engine's own. */
  readonly eventSources: EventSources;
  readonly #observers: Observers;
  readonly #sweeper: NodeJS.Timeout;
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  /** @internal Use `createEngine`. */
  constructor(options: CheckedOptions, home: Home, images: Images, store: AsyncStore, cluster: Cluster | undefined) {
    const { logger, maxPayloadBytes, maxConcurrency, maxWaiting, memoryBudgetMB, outbound } = options;
    const { requestPrefix, first } = store.numbers;
    this.#observers = new Observers((error) => logger?.error('An observer failed', { error }));
    this.#options = options;
    this.#home = home;
    this.#cluster = cluster;
    this.#images = images;
    this.#store = store;
    // Not of the prefix, which a dataDir keeps: instances of another start have other names.
    this.#lanes = new Lanes(options, randomBytes(4).toString('hex'));
    this.#codes = new CodeStore(home.newBlobs('code'));
    this.#deployer = new Deployer({
      lanes: this.#lanes,
      images,
      codes: this.#codes,
      facts: {
        requestPrefix,
        maxPayloadBytes,
        outbound,
        warn: (message, facts) => logger?.warn(message, facts),
        observers: this.#observers,
      },
      capacity: {
        memoryBytes: memoryBudgetMB * 1_000_000,
        maxInstances: options.maxInstances,
        startBurst: options.scaleOut.burst,
        startsPerMinute: options.scaleOut.perMinute,
      },
      observer: new InstanceWatch(this.#observers),
      watch: (pool) => this.#deadlines.watch(pool),
      maxWaiting,
      elsewhere: cluster?.elsewhere,
      signal: this.#abort.signal,
    });
    const isShared = cluster !== undefined;
    const catalog = options.keepFunctions || isShared ? home.catalog : undefined;
    const keeper = new Keeper({ catalog, isShared, logger });
    this.#functions = new Functions({
      deployer: this.#deployer,
      keeper,
      logger,
      assertOpen: () => this.#assertOpen(),
      created: (functionName) => {
        this.#asyncCalls.declared(functionName);
        this.triggers.functionDeclared(functionName);
        this.#provisioning.changed(functionName);
      },
      updated: (functionName) => {
        this.#asyncCalls.declared(functionName);
        this.#provisioning.changed(functionName);
      },
      deleting: (functionName) => {
        this.triggers.assertNone(functionName);
        this.#provisioning.assertNone(functionName);
      },
      deleted: (functionName) => this.#asyncCalls.drop(functionName),
    });
    if (cluster !== undefined) {
      const [functions, deployer] = [this.#functions, this.#deployer];
      this.#follower = new Follower({ catalog: home.catalog, functions, keeper, deployer, logger });
    }
    this.#versions = new Versions(this.#functions, this.#deployer, keeper);
    this.#inspections = new Inspections(this.#functions, this.#deployer, this.#codes);
    this.#provisioning = new Provisioning({
      catalog: home.catalog,
      functions: this.#functions,
      logger,
      share: cluster?.share,
    });
    this.#deadlines = new Deadlines();
    this.#invoker = new Invoker(
      { requestPrefix, maxPayloadBytes, maxConcurrency, firstCallNo: first },
      this.#observers,
    );
    const log = logger ?? SILENT;
    const services = new Services(home, options.eventSources, log, (observer) => this.observe(observer));
    const connectors = [...options.async.connectors, ...destinationConnectors(services)];
    this.#asyncCalls = new AsyncCalls({
      functions: this.#functions,
      options,
      store,
      connectors,
      takeNo: () => this.#invoker.takeNo(),
      encode: (event) => this.#invoker.encode(event),
      resultOf,
      observers: this.#observers,
    });
    this.eventSources = new EventSources(services);
    this.triggers = new Triggers({
      catalog: home.catalog,
      caller: this,
      alarms: new Alarms(),
      services,
      log,
      check: (functionName, qualifier) => void this.#functions.info(functionName, { qualifier }),
      has: (functionName) => this.#functions.find(functionName) !== undefined,
      leases: cluster?.leases,
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  #sweep(): void {
    this.#deployer.sweep(performance.now());
    const next = this.#store.numbers.look(this.#invoker.nextNo);
    if (next !== undefined) this.#invoker.nextNo = next;
  }

  /** @internal Part of `createEngine`. */
  async restore(): Promise<void> {
    await this.#functions.restore();
    await this.#asyncCalls.resume();
    this.#follower?.begin();
    await this.#codes.sweep();
    await this.#provisioning.open();
    await this.triggers.open();
    await this.#cluster?.enter({
      facts: () => ({
        open: this.#invoker.openCount,
        instances: this.#deployer.instanceCount,
        functions: this.#functions.size,
      }),
      warm: () => this.#deployer.warm(),
      find: (functionName, versionId) => this.#functions.served(functionName, versionId),
      run: (pool, call, sink) => this.#invoker.invokeFor(pool, call, sink),
      abandon: (pool, call, reason) => this.#invoker.abandon(pool, call, reason),
    });
  }

  /** The cluster this engine is in; undefined without one. */
  get cluster(): ClusterView | undefined {
    return this.#cluster;
  }

  /** @internal Where the API keeps what belongs to functions besides. */
  get home(): Home {
    return this.#home;
  }

  /** @internal The API knows tenants by their accounts and quotas. */
  setTenants(facts: TenantFacts): void {
    this.#asyncCalls.setTenants(facts);
  }

  /** @internal Accepted events can be kept again. */
  journalRecovered(): void {
    this.#asyncCalls.recovered();
  }

  /**
   * Declares a function: loads and bundles its code and prepares its image. The first call starts an instance.
   * Rejects with `InvalidArgument`, `FunctionAlreadyExists`, an error of the code (`CodeNotFound`, `CodeUnsafe`,
   * `CodeTooLarge`, `CodeFetchFailed`, `BuildFailed`, `TopLevelFailed`) or `ImageBuildFailed`.
   */
  createFunction(config: FunctionConfig): Promise<FunctionInfo> {
    return this.#functions.create(config);
  }

  /**
   * Replaces what `changes` names. The new code is made ready first, with as many instances as the old one has; then calls
   * go there, and those in progress or waiting finish with the function as it was.
   */
  updateFunction(functionName: string, changes: FunctionChanges): Promise<FunctionInfo> {
    return this.#functions.update(functionName, changes);
  }

  /**
   * Removes a function with its versions and aliases. Calls in progress may finish; events not begun end as invalid.
   * Rejects with `FunctionNotEmpty` while it has triggers.
   */
  deleteFunction(functionName: string): Promise<void> {
    return this.#functions.delete(functionName);
  }

  /** Throws `FunctionNotFound`, `VersionNotFound` or `AliasNotFound`. */
  getFunction(functionName: string, options?: QualifierOptions): FunctionInfo {
    return this.#functions.info(functionName, options);
  }

  /** TypeScript declarations for authors of this function's code; see `bindingTypes`. Throws `FunctionNotFound`. */
  bindingTypes(functionName: string): string {
    return this.#functions.bindingTypes(functionName);
  }

  listFunctions(): FunctionInfo[] {
    return [...this.#functions.values()].map(({ latest }) => latest.info);
  }

  /** Live instances of a qualifier, or of all versions; provisioned ones first. */
  listInstances(functionName: string, options?: QualifierOptions): InstanceInfo[] {
    return this.#functions.instances(functionName, options);
  }

  /** How a function starts, why its last cold starts happened, and what would have avoided them. */
  inspectFunction(functionName: string, options?: InspectOptions): Promise<FunctionInspection> {
    return this.#inspections.of(functionName, options);
  }

  /** Keeps LATEST's code and configuration as they are now under the next number. */
  publishVersion(functionName: string, options?: { readonly description?: string | undefined }): Promise<VersionInfo> {
    return this.#versions.publish(functionName, options);
  }

  /** Oldest first. */
  listVersions(functionName: string): VersionInfo[] {
    return this.#versions.list(functionName);
  }

  /** Rejects with `VersionNotFound`, or `VersionInUse` when an alias points to it. Calls in progress may finish. */
  deleteVersion(functionName: string, versionId: string): Promise<void> {
    return this.#versions.delete(functionName, versionId);
  }

  /** Rejects with `AliasAlreadyExists`, `VersionNotFound` or `AdditionalVersionContainsMajorVersion`. */
  createAlias(functionName: string, config: AliasConfig): Promise<AliasInfo> {
    return this.#versions.createAlias(functionName, config);
  }

  getAlias(functionName: string, aliasName: string): AliasInfo {
    return this.#versions.getAlias(functionName, aliasName);
  }

  /** Points an alias elsewhere or changes its weights; the next call follows. Fields left out stay as they are. */
  updateAlias(functionName: string, aliasName: string, changes: AliasChanges): Promise<AliasInfo> {
    return this.#versions.updateAlias(functionName, aliasName, changes);
  }

  deleteAlias(functionName: string, aliasName: string): Promise<void> {
    return this.#versions.deleteAlias(functionName, aliasName);
  }

  /** By name. */
  listAliases(functionName: string): AliasInfo[] {
    return this.#versions.listAliases(functionName);
  }

  /**
   * Instances to be kept for LATEST, an alias or a version; the greatest of what its rules say counts. Resolves when that is written
   * down: `current` tells how many are there. Rejects with `InvalidArgument`, `AliasNotFound`, `VersionNotFound` or
   * `ProvisionConfigExist`.
   */
  putProvisionConfig(
    functionName: string,
    config: ProvisionConfig,
    options?: QualifierOptions,
  ): Promise<ProvisionInfo> {
    return this.#provisioning.put(functionName, config, options?.qualifier);
  }

  /** Throws `ProvisionConfigNotFound`. */
  getProvisionConfig(functionName: string, options?: QualifierOptions): ProvisionInfo {
    return this.#provisioning.get(functionName, options?.qualifier);
  }

  deleteProvisionConfig(functionName: string, options?: QualifierOptions): Promise<void> {
    return this.#provisioning.delete(functionName, options?.qualifier);
  }

  /** Those of a function, or of all. */
  listProvisionConfigs(functionName?: string): ProvisionInfo[] {
    return this.#provisioning.list(functionName);
  }

  /** The newer form of `putProvisionConfig`; a qualifier has one or the other. */
  putScalingConfig(functionName: string, config: ScalingConfig, options?: QualifierOptions): Promise<ScalingInfo> {
    return this.#provisioning.putScaling(functionName, config, options?.qualifier);
  }

  /** Throws `ProvisionConfigNotFound`. */
  getScalingConfig(functionName: string, options?: QualifierOptions): ScalingInfo {
    return this.#provisioning.getScaling(functionName, options?.qualifier);
  }

  deleteScalingConfig(functionName: string, options?: QualifierOptions): Promise<void> {
    return this.#provisioning.deleteScaling(functionName, options?.qualifier);
  }

  /** Those of a function, or of all. */
  listScalingConfigs(functionName?: string): ScalingInfo[] {
    return this.#provisioning.listScaling(functionName);
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
      const pool = options === undefined ? entry.latest.pool : this.#poolFor(entry, options, 'invoke');
      const result = this.#invoker.invoke(pool ?? entry.latest.open(), event, options);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @internal The way of the API server: the event is the body of a request, the result is told to `sink` as text. Throws
   * what is wrong with the call itself. Gives what ends the call when its caller goes away; undefined when it has ended.
   */
  invokeBody(
    functionName: string,
    qualifier: string,
    body: Buffer,
    sink: BodySink,
  ): ((reason: unknown) => void) | undefined {
    const entry = this.#functions.find(functionName);
    if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
    const deployment = qualifier === 'LATEST' ? entry.latest : entry.route(qualifier, this.#invoker.nextRequestId);
    return invokeBody(this.#invoker, deployment.pool ?? deployment.open(), body, sink);
  }

  /**
   * As `invoke`, on the calling thread and without a promise; starts an instance here when there is none. Throws
   * `NotSynchronous` when the handler waits for a timer or a host function that does not return at once, or the module or
   * its initializer waits for anything.
   */
  invokeSync(functionName: string, event?: unknown, options?: InvokeOptions): unknown {
    const entry = this.#functions.find(functionName);
    if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
    const pool = options === undefined ? entry.latest.pool : this.#poolFor(entry, options, 'invokeSync');
    return this.#invoker.invokeSync(pool ?? entry.latest.open(), event, options);
  }

  #poolFor(entry: DeployedFunction, options: InvokeOptions, call: string): Pool {
    parse(invokeOptions, options, call);
    const { qualifier } = options;
    const deployment = qualifier === undefined ? entry.latest : entry.route(qualifier, this.#invoker.nextRequestId);
    return deployment.open();
  }

  /**
   * Accepts an event to be run later, and resolves when it is queued; with a dataDir, when it is on disk, from where it
   * comes back after a crash. Failed attempts are retried as the function's `asyncInvokeConfig` or `putAsyncInvokeConfig`
   * says. Rejects with `ResourceExhausted` when too many wait, `StoreFailed` when the disk fails, `AsyncTaskAlreadyExists`.
   */
  async invokeAsync(functionName: string, event?: unknown, options?: InvokeAsyncOptions): Promise<AsyncReceipt> {
    const entry = this.#functions.find(functionName);
    if (entry === undefined || this.#closing !== undefined) throw this.#missing(functionName);
    return this.#asyncCalls.accept(entry, event, options);
  }

  /** A task: an async call with an id. Rejects with `AsyncTaskNotFound`. */
  getAsyncTask(functionName: string, taskId: string): Promise<AsyncTask> {
    return this.#asyncCalls.getTask(functionName, taskId);
  }

  /** The tasks of a function, oldest first unless asked otherwise. */
  listAsyncTasks(functionName: string, options?: ListAsyncTasksOptions): Promise<AsyncTaskPage> {
    return this.#asyncCalls.listTasks(functionName, options);
  }

  /** Gives a task up, also one that runs: its instance is ended. One that has ended is left as it is. */
  stopAsyncTask(functionName: string, taskId: string): Promise<void> {
    return this.#asyncCalls.stopTask(functionName, taskId);
  }

  /** Does a remembered task again, as a new one. */
  rerunAsyncTask(functionName: string, taskId: string, options?: RerunOptions): Promise<AsyncReceipt> {
    return this.#asyncCalls.rerunTask(functionName, taskId, options);
  }

  /**
   * Says what happens to async events of a function and qualifier (default `LATEST`), in place of what its declaration says.
   * What is not said keeps its value, unless `replace` is set. Kept in the dataDir.
   */
  putAsyncInvokeConfig(
    functionName: string,
    settings: AsyncInvokeSettings,
    options?: PutAsyncInvokeConfigOptions,
  ): Promise<AsyncInvokeConfigInfo> {
    return this.#asyncCalls.putConfig(functionName, settings, options);
  }

  /** Rejects with `AsyncConfigNotExists`. */
  getAsyncInvokeConfig(functionName: string, options?: QualifierOptions): Promise<AsyncInvokeConfigInfo> {
    return this.#asyncCalls.getConfig(functionName, options);
  }

  /** What the declaration says applies again. Rejects with `AsyncConfigNotExists`. */
  deleteAsyncInvokeConfig(functionName: string, options?: QualifierOptions): Promise<void> {
    return this.#asyncCalls.deleteConfig(functionName, options);
  }

  listAsyncInvokeConfigs(options?: ListAsyncInvokeConfigsOptions): Promise<AsyncInvokeConfigPage> {
    return this.#asyncCalls.listConfigs(options);
  }

  /** Events that were given up and outcomes no destination took, oldest first. */
  listDeadLetters(functionName: string, options?: ListOptions): Promise<DeadLetterPage> {
    return this.#asyncCalls.listDeadLetters(functionName, options);
  }

  /** Rejects with `DeadLetterNotFound`. */
  getDeadLetter(functionName: string, id: string): Promise<DeadLetterDetail> {
    return this.#asyncCalls.getDeadLetter(functionName, id);
  }

  /** Accepts given-up events again, as new ones, and sends outcomes again. Resolves with how many. */
  redriveDeadLetters(functionName: string, options?: RedriveOptions): Promise<number> {
    return this.#asyncCalls.redriveDeadLetters(functionName, options);
  }

  /** Forgets dead letters. Resolves with how many. */
  purgeDeadLetters(functionName: string, options?: RedriveOptions): Promise<number> {
    return this.#asyncCalls.purgeDeadLetters(functionName, options);
  }

  /** Outcomes their destination has not taken yet, with what it said, oldest first. */
  listDestinationDeliveries(functionName: string, options?: ListOptions): Promise<DestinationDeliveryPage> {
    return this.#asyncCalls.listDeliveries(functionName, options);
  }

  /** What outcomes of functions of no tenant are signed with when they are sent to HTTP endpoints (Standard Webhooks). */
  get webhookSecret(): string {
    return this.webhookSecretOf(undefined);
  }

  /** The same of a tenant's functions. */
  webhookSecretOf(tenant: string | undefined): string {
    return this.#asyncCalls.webhookSecretOf(tenant);
  }

  /** Resolves when every async event accepted so far has ended. */
  async whenIdle(): Promise<void> {
    await this.#asyncCalls.whenIdle();
  }

  /**
   * Binds an event source to a function; docs/triggers.md has the sources and what they are told. Rejects with
   * `InvalidArgument` naming what is wrong, or `TriggerAlreadyExists`. A source that is away is no error: see `status`.
   */
  createTrigger(functionName: string, config: TriggerConfig): Promise<TriggerInfo> {
    return this.triggers.create(functionName, config);
  }

  /** Throws `FunctionNotFound` or `TriggerNotFound`. */
  getTrigger(functionName: string, triggerName: string): TriggerInfo {
    return this.triggers.get(functionName, triggerName);
  }

  /** Those of a function, or of all. */
  listTriggers(functionName?: string): TriggerInfo[] {
    return this.triggers.list(functionName);
  }

  /** Fields left out stay as they are; the source goes on from where it was. */
  updateTrigger(functionName: string, triggerName: string, changes: TriggerChanges): Promise<TriggerInfo> {
    return this.triggers.update(functionName, triggerName, changes);
  }

  /** Resolves when the source is not read any more. */
  deleteTrigger(functionName: string, triggerName: string): Promise<void> {
    return this.triggers.delete(functionName, triggerName);
  }

  /** Invokes the function with `event`, or with a sample of what the trigger's source sends; resolves with the result. */
  testTrigger(functionName: string, triggerName: string, event?: unknown): Promise<unknown> {
    return this.triggers.test(functionName, triggerName, event);
  }

  /** What there is now; `functionName`: of this function only. Throws `FunctionNotFound`. */
  stats(functionName?: string): EngineStats {
    return {
      functions: this.#functions.stats((name) => this.#asyncCalls.queued(name), functionName),
      open: this.#invoker.openCount,
      memoryUsedBytes: this.#deployer.usedBytes,
      workers: this.#options.workers,
      cells: this.#lanes.cells,
      undeclared: this.#asyncCalls.undeclared(),
    };
  }

  /**
   * Tells `observer` of every call from now on, and of instances, async events and log lines if it has methods for them,
   * until the function this returns is called. While nobody observes, nothing is measured for it.
   */
  observe(observer: Observer): () => void {
    return this.#observers.add(observer);
  }

  /**
   * Ends the engine: no new calls, calls in progress may finish for `timeoutMs`, preStop hooks run, threads and child
   * processes end. Events not done are done after the next start; without a dataDir they end as stopped. Later calls fail
   * with `EngineClosed`. May be called again.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? 5_000);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#follower?.close();
    await this.#cluster?.leave();
    await this.triggers.close(timeoutMs);
    this.#abort.abort(closedError());
    this.#provisioning.close();
    this.#asyncCalls.close();
    await this.#deployer.close(timeoutMs);
    clearInterval(this.#sweeper);
    this.#deadlines.stop();
    await this.#images.close();
    await this.#lanes.close();
    await this.#store.close();
    await this.#home.close();
    await this.#cluster?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  /** Why there is nothing to call. */
  #missing(functionName: string): IsopodError {
    return this.#closing === undefined ? this.#functions.missing(functionName) : closedError();
  }
}

const SILENT: EngineLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

const closedError = (): IsopodError =>
  new IsopodError('EngineClosed', 'The engine is closed, or the function was deleted');
