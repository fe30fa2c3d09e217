/**
 * The words of the public surface, in one place: what a function is declared as, what a call takes and what it tells.
 * Types only. Field names of a declaration are the Function Compute 3.0 API's; times say their unit.
 */
import type { AsyncInvokeConfig } from './async-types.ts';

export type * from './async-types.ts';

/** Where an instance lives: the calling thread, a piscina thread, or a child process. */
export type Lane = 'direct' | 'worker' | 'cell';

/** The lane a declaration asks for; cells come by `isolation`. */
export type LaneSetting = 'auto' | 'direct' | 'worker';

/**
 * The promise that is kept: `thread` is an isolate in this process, for code its owner trusts not to be hostile;
 * `process` hosts isolates in child processes (cells), so that an abort, a crash or the system's memory killer takes
 * only a cell; `jailed` locks the cells in besides: no files, programs, network, other processes or environment, even for
 * code that has left its isolate. Where the machine cannot keep that, the declaration is refused with `JailUnavailable`.
 */
export type Isolation = 'thread' | 'process' | 'jailed';

/** How an instance came to run: its own heap snapshot, a V8 code cache, or plain evaluation. */
export type StartKind = 'snapshot' | 'code-cache' | 'plain';

/** Where the code of a function comes from. Exactly one of the four shapes. */
export type CodeSource =
  /** Text of one file. `resolveDir`: where its `import`s of npm packages are looked up; none by default. */
  | {
      readonly source: string;
      readonly language?: 'js' | 'ts' | 'jsx' | 'tsx' | undefined;
      readonly resolveDir?: string | undefined;
    }
  /** A directory; npm packages are looked up as Node does, from the directory upwards. */
  | { readonly dir: string }
  /** A zip archive: its path, or its bytes. */
  | { readonly zipFile: string | Uint8Array }
  /** `https:` (or `http:` on loopback) or `file:` address of a zip or of one source file. */
  | { readonly url: string };

/** A host function granted to a guest. Arguments and result: JSON values, Uint8Array and undefined. */
// biome-ignore lint/suspicious/noExplicitAny: the caller's own parameter types must fit here.
export type HostFunction = (...args: any[]) => unknown;

/** A schema of any library that follows Standard Schema 1 (zod, valibot, arktype, ...). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaVerdict<Output> | Promise<SchemaVerdict<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaVerdict<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What one invocation may ask of a binding's method. Over a limit the guest's call rejects with `BindingQuotaExceeded`. */
export interface BindingQuota {
  /** Calls, 1-1,000,000,000; not limited by default. */
  readonly callsPerInvocation?: number | undefined;
  /** Calls not answered yet, 1-1,000; default 1,000, which is what an instance may have waiting in all. */
  readonly inFlight?: number | undefined;
  /** Bytes of one call's arguments as JSON text, 2-268,435,456; default and at most the engine's `maxPayloadBytes`. */
  readonly maxArgBytes?: number | undefined;
  /** Bytes of one result as JSON text, 2-268,435,456; default and at most the engine's `maxPayloadBytes`. */
  readonly maxResultBytes?: number | undefined;
  /** Milliseconds one call may take, 1-86,400,000; by default only the invocation's own timeout ends it. */
  readonly timeoutMs?: number | undefined;
}

/** Who calls a described method, and whether anybody still waits for it. */
export interface HostCallContext {
  readonly functionName: string;
  /** Request id of the invocation. */
  readonly requestId: string;
  readonly instanceId: string;
  /** Aborts when nobody waits any more: the instance is gone (timeout, out of memory, close), or `timeoutMs` is over. */
  readonly signal: AbortSignal;
}

/** A host function with what is known of it; see `binding`. */
export interface BindingMethod {
  /** Gets the context first, then the guest's arguments as `args` gave them. May return a promise. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller's own parameter types must fit here.
  readonly call: (context: HostCallContext, ...args: any[]) => unknown;
  /** One schema for each argument, or one for the list of all. Arguments it refuses never reach `call`. */
  readonly args?: StandardSchema | readonly StandardSchema[] | undefined;
  /** What the guest is given is checked too; a result it refuses is told to the engine's `logger`, not to the guest. */
  readonly result?: StandardSchema | undefined;
  readonly quota?: BindingQuota | undefined;
  /** For the generated types. */
  readonly description?: string | undefined;
}

/** Host powers by name: `bindings.db.query` is called in the guest as `context.bindings.db.query(...)`. */
export type Bindings = Readonly<Record<string, Readonly<Record<string, HostFunction | BindingMethod>>>>;

/** Names of Function Compute's and Lambda's Node.js runtimes; `isopod` stands for our own conventions. */
export type Runtime =
  | 'isopod'
  | 'nodejs14'
  | 'nodejs16'
  | 'nodejs18'
  | 'nodejs20'
  | 'nodejs22'
  | 'nodejs24'
  | 'nodejs18.x'
  | 'nodejs20.x'
  | 'nodejs22.x'
  | 'nodejs24.x';

export interface LifecycleHook {
  /** `file.export` in the function's own code. */
  readonly handler: string;
  /** Seconds the hook may take. */
  readonly timeout?: number | undefined;
}

/** What a user declares. */
export interface FunctionConfig {
  /**
   * 1-128 characters: letters, digits, `_`, `-`; starts with a letter or `_` (Function Compute API); or two such names
   * joined by `$`, which is how Function Compute 3.0 shows functions of 2.0. `tenant/name` puts the function into a tenant's
   * namespace (tenant: 1-64 letters, digits, `_`, `-`): callers use the full name, the function's own code sees `name`.
   */
  readonly functionName: string;
  readonly code: CodeSource;
  /** `file.export`; default `index.handler`. */
  readonly handler?: string | undefined;
  /**
   * Whose conventions the handler follows. `nodejs20` and its like: Function Compute's, the event is a Buffer and the
   * context has `credentials`, `service`, `region`, ...; `nodejs22.x` and its like: Lambda's, the context has
   * `awsRequestId`, `getRemainingTimeInMillis()`, ...; `isopod` (default): the event is the value given to `invoke`,
   * the context as Function Compute's. Web-standard `fetch` handlers are recognised whatever this says.
   */
  readonly runtime?: Runtime | undefined;
  readonly description?: string | undefined;
  /** Heap limit of one instance in MB, 8-4,096; default 128. */
  readonly memorySize?: number | undefined;
  /** Seconds one call may take, from acceptance to result, 0.001-86,400; default 3 (Function Compute's default). */
  readonly timeout?: number | undefined;
  /**
   * Milliseconds of processor time one call may take, 1-86,400,000; not limited by default. Time spent waiting, for a timer or
   * for a processor, does not count. Needs an `instanceConcurrency` of 1.
   */
  readonly cpuMs?: number | undefined;
  /** Calls one instance may have in progress, 1-200; default 1. */
  readonly instanceConcurrency?: number | undefined;
  /** Instances the function may have at once, 1-10,000; default 100. */
  readonly maxInstances?: number | undefined;
  /** Instances of LATEST that are kept started and initialised whether it is called or not, 0 to `maxInstances`; default 0. */
  readonly minInstances?: number | undefined;
  /** Seconds an idle instance is kept; default 60. */
  readonly idleTimeout?: number | undefined;
  /**
   * Instances kept restored but not initialised, off the critical path of a cold start, 0-100; default 0, with
   * `freshInstance` 2. `auto`: as many as the function was short of lately, at most 8.
   */
  readonly spareInstances?: number | 'auto' | undefined;
  /** Seen by the guest as `process.env`. At most 4 KB in all (Function Compute API). */
  readonly environmentVariables?: Readonly<Record<string, string>> | undefined;
  readonly instanceLifecycleConfig?:
    | {
        /** Runs once per instance before its first call; 1-300 s, default 3 (Function Compute API). */
        readonly initializer?: LifecycleHook | undefined;
        /** Runs before an instance is reclaimed; 1-90 s, default 3 (Function Compute API). */
        readonly preStop?: LifecycleHook | undefined;
      }
    | undefined;
  /** Host functions granted to this function, plain or described with `binding`; none by default. */
  readonly bindings?: Bindings | undefined;
  /** Grants `fetch`; nothing can be reached by default. */
  readonly network?: NetworkConfig | undefined;
  readonly isolation?: Isolation | undefined;
  /** `auto` (default) moves the function between lanes by what was measured of it. */
  readonly lane?: LaneSetting | undefined;
  /**
   * Whether instances may start from a heap snapshot of the evaluated module. `auto` (default) takes one when it is
   * possible and measured faster; `never` evaluates the module in every instance; `always` takes one even when
   * the module read the clock or random numbers while it was evaluated, so every instance sees the same values.
   */
  readonly snapshot?: 'auto' | 'never' | 'always' | undefined;
  /**
   * An example event. The image builder calls the handler with it once, in a context that is thrown away, with no
   * bindings and its result ignored: what V8 compiled for it stays in the snapshot and makes first calls faster.
   */
  readonly warmUpEvent?: unknown;
  /** Grants `WebAssembly`, whose memory the heap limit does not see; default false. */
  readonly webAssembly?: boolean | undefined;
  /**
   * Grants `SharedArrayBuffer` and `Atomics`, `Atomics.wait` among them; default false. Such a function has no heap snapshot.
   */
  readonly sharedMemory?: boolean | undefined;
  /**
   * Whether `eval` and functions made from text work; default true. With false they throw an `EvalError`, and the function
   * has no heap snapshot.
   */
  readonly dynamicCode?: boolean | undefined;
  /**
   * Milliseconds between two ticks of every clock the function sees (`Date`, `performance`, timers), 0-60,000; default 0, the
   * system's own, which tell milliseconds. Coarse clocks make it hard to learn from timing; the function has no heap snapshot.
   */
  readonly clockResolutionMs?: number | undefined;
  /**
   * Every call gets an instance of its own, taken from the spares where one is ready, so that nothing passes from one call to
   * the next: initializer, call, preStop, end. Default false. Needs an `instanceConcurrency` of 1; `spareInstances` is 2
   * unless it is given.
   */
  readonly freshInstance?: boolean | undefined;
  /** Async calls: what happens after a failure. */
  readonly asyncInvokeConfig?: AsyncInvokeConfig | undefined;
}

/** What a function may reach with `fetch`, and how much. */
export interface NetworkConfig {
  /**
   * Where requests may go; at most 1,000 rules. A rule is a host with, if need be, a scheme and ports:
   * `api.example.com`, `*.example.org` (every name below it), `*` (every public host), `https://x.example:8443`,
   * `host:8080-8090`, `host:*`, `203.0.113.0/24`, `[2001:db8::]/32:443`. Without a scheme both http and https are meant,
   * without a port the scheme's own (80, 443). A name is granted by its name; ranges are for URLs that hold an address.
   */
  readonly allow: readonly string[];
  /**
   * Addresses that are not public and may be connected to, beside what `allow` says: `127.0.0.1`, `10.0.0.0/8`,
   * `[fd00::]/8:5432`, or names (`db.internal`, `*.internal`) that may resolve to private, loopback and shared addresses.
   * `true`: all of those three kinds. Link-local, metadata, multicast and reserved addresses are granted only by a range
   * they are in. Without a port every port is meant. Default: none.
   */
  readonly allowPrivate?: boolean | readonly string[] | undefined;
  /** Requests of one invocation, redirects included, 1-10,000; default 50. */
  readonly maxRequests?: number | undefined;
  /** Requests of one instance that wait for their response at once, 1-1,000; default 6. Others wait in line. */
  readonly maxConcurrent?: number | undefined;
  /** Bytes of one request body, 0-268,435,456; default 6,291,456 (6 MiB). */
  readonly maxRequestBytes?: number | undefined;
  /** Bytes of one response body, counted after decompression, 0-17,179,869,184; default 33,554,432 (32 MiB). */
  readonly maxResponseBytes?: number | undefined;
  /**
   * Milliseconds one request may take until the last byte of its body, 1-86,400,000; default: the function's `timeout`
   * and a second more.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * By name of an environment variable. The guest finds a placeholder in it, to be put into a header; the value takes
   * its place on the way out.
   */
  readonly secrets?: Readonly<Record<string, NetworkSecret>> | undefined;
}

export interface NetworkSecret {
  /** 1-8,192 printable ASCII characters. */
  readonly value: string;
  /** Hosts it may go to, in the forms of `allow` without scheme and port; over https only (http: to a loopback address). */
  readonly hosts: readonly string[];
}

/** `NetworkConfig` with every default filled in, without the values of secrets. */
export interface NetworkInfo extends Required<Omit<NetworkConfig, 'secrets'>> {
  readonly allowPrivate: boolean | readonly string[];
  /** Name -> hosts. */
  readonly secrets: Readonly<Record<string, readonly string[]>>;
}

export type OutboundBody = string | Uint8Array | AsyncIterable<Uint8Array | string>;

/** A request of a guest on its way out: one hop, so redirects that are followed come as requests of their own. */
export interface OutboundRequest {
  readonly functionName: string;
  /** Of the invocation; undefined for requests made outside of one, and when an instance runs several at once. */
  readonly requestId: string | undefined;
  readonly method: string;
  readonly url: string;
  /** Names in lower case. Secrets are placeholders still. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | undefined;
  /** Aborted when the guest gives the request up, its call or instance ends, or its time is up. */
  readonly signal: AbortSignal;
}

export interface OutboundResponse {
  /** 200-999. */
  readonly status: number;
  readonly statusText?: string | undefined;
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined;
  /** Decompressed. */
  readonly body?: OutboundBody | null | undefined;
}

/**
 * Sees every request a guest's policy allows. It may answer itself, pass the request on as it is (`next()`) or changed
 * (`next({ ...request, ... })`, checked against the policy again), or throw: `NetworkDenied`, or any error, which the
 * guest gets as `NetworkFailed`.
 */
export type OutboundInterceptor = (
  request: OutboundRequest,
  next: (request?: OutboundRequest) => Promise<OutboundResponse>,
) => OutboundResponse | Promise<OutboundResponse>;

/** A function as the engine knows it: every default filled in. */
export interface FunctionInfo {
  readonly functionName: string;
  /** `LATEST`, or the number of a published version. */
  readonly versionId: string;
  readonly handler: string;
  readonly runtime: Runtime;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: number;
  readonly cpuMs: number | undefined;
  readonly instanceConcurrency: number;
  readonly maxInstances: number;
  readonly idleTimeout: number;
  readonly lane: LaneSetting;
  readonly isolation: Isolation;
  readonly freshInstance: boolean;
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Undefined: the function may reach nothing. */
  readonly network: NetworkInfo | undefined;
  /** SHA-256 of the bundled script. */
  readonly codeHash: string;
  /** Bytes of the bundled script. */
  readonly codeSize: number;
  readonly packages: readonly string[];
  readonly warnings: readonly string[];
  readonly image: ImageInfo;
  /** As `2026-01-01T00:00:00.000Z`. */
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

/** A published version: code and configuration as LATEST had them, never changed. */
export interface VersionInfo {
  /** Numbers count up from 1 and are not used twice. */
  readonly versionId: string;
  readonly description: string;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

export interface AliasConfig {
  /** 1-128 characters: letters, digits, `_`, `-`; starts with a letter or `_`; not `LATEST`. */
  readonly aliasName: string;
  /** A version's number, or `LATEST`. */
  readonly versionId: string;
  readonly description?: string | undefined;
  /**
   * Version -> share of the alias' calls it gets, 0-1, at most 1 in all; `versionId` gets the rest. A request, its retries
   * included, always comes to the same version: its id decides.
   */
  readonly additionalVersionWeight?: Readonly<Record<string, number>> | undefined;
}

export type AliasChanges = Partial<Omit<AliasConfig, 'aliasName'>>;

export interface AliasInfo extends Required<AliasConfig> {
  readonly description: string;
  readonly additionalVersionWeight: Readonly<Record<string, number>>;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

/** At a moment, so many instances are to be there from then on, until another action fires or its window ends. */
export interface ScheduledAction {
  readonly name: string;
  /** `2026-05-06T07:08:09Z`; without the `Z` in `timeZone`. Unbounded by default. */
  readonly startTime?: string | undefined;
  readonly endTime?: string | undefined;
  /** Instances, 0-10,000. */
  readonly target: number;
  /** `cron(second minute hour day month weekday)` or `at(2026-05-06T07:08:09)`. */
  readonly scheduleExpression: string;
  /** IANA name; default UTC. */
  readonly timeZone?: string | undefined;
}

/** So many instances that a share of what they can do is used. */
export interface TrackingPolicy {
  readonly name: string;
  readonly startTime?: string | undefined;
  readonly endTime?: string | undefined;
  /** Calls in progress on provisioned instances, by the calls they can have. */
  readonly metricType: 'ProvisionedConcurrencyUtilization';
  /** 0-1. */
  readonly metricTarget: number;
  readonly timeZone?: string | undefined;
}

/** Instances of a qualifier that are kept started and initialised, whether it is called or not. */
export interface ProvisionConfig {
  /** Instances while no rule says otherwise, 0-10,000; default 0. `target` is its old name. */
  readonly defaultTarget?: number | undefined;
  readonly target?: number | undefined;
  /**
   * Timers of the kept instances go on between calls; default false: then they wait for the next call. What runs then may use
   * host functions without a schema; requests and host functions with one need a call. Each run has the function's `timeout`,
   * and one that exceeds it ends the instance.
   */
  readonly alwaysAllocateCPU?: boolean | undefined;
  readonly scheduledActions?: readonly ScheduledAction[] | undefined;
  readonly targetTrackingPolicies?:
    | readonly (TrackingPolicy & { readonly minCapacity: number; readonly maxCapacity: number })[]
    | undefined;
}

/** The newer form of the same: at least so many instances. */
export interface ScalingConfig {
  /** Instances while no policy says otherwise, 0-10,000; default 0. */
  readonly minInstances?: number | undefined;
  /** Whether calls the kept instances have no room for may start others; default true. Otherwise they wait. */
  readonly enableOnDemandScaling?: boolean | undefined;
  readonly scheduledPolicies?: readonly ScheduledAction[] | undefined;
  readonly horizontalScalingPolicies?:
    | readonly (TrackingPolicy & { readonly minInstances: number; readonly maxInstances: number })[]
    | undefined;
}

export interface ProvisionStatus {
  readonly functionName: string;
  readonly qualifier: string;
  /** Instances to be there now. */
  readonly target: number;
  /** Instances that are there. */
  readonly current: number;
  /** ISO 8601. */
  readonly lastModifiedTime: string;
  /** Why some are missing, if a start failed or there is no room. */
  readonly currentError?: string;
}

export interface ProvisionInfo extends ProvisionConfig, ProvisionStatus {
  readonly target: number;
}

export interface ScalingInfo extends ScalingConfig, ProvisionStatus {}

/** How instances of a function start, and why that way. */
export interface ImageInfo {
  readonly kind: StartKind;
  /** Why not a snapshot; absent when it is one. */
  readonly reason?: string;
  /** Bytes of the snapshot or code cache. */
  readonly bytes: number;
  /** Milliseconds the builder measured for each kind it tried, first call left out. */
  readonly measuredMs: Readonly<Partial<Record<StartKind, number>>>;
}

/**
 * The stages of a cold start, in order and by Function Compute's names, in milliseconds. A stage that did not happen is 0.
 * Code is downloaded, unpacked, bundled and made an image when it is deployed: the first cold start tells what that took.
 */
export interface ColdStartStages {
  /** Schedule instance: waiting for a place in the pool. */
  scheduleMs: number;
  /** Download code: reading or fetching it. */
  downloadCodeMs: number;
  unzipMs: number;
  bundleMs: number;
  imageBuildMs: number;
  /** Start instance, the next three and messages to threads included; 0 for a spare, which was started before. */
  startInstanceMs: number;
  /** Reading the image from disk. */
  imageLoadMs: number;
  /** Creating the isolate and its context, from the image. */
  restoreMs: number;
  /** Evaluating the module, where no snapshot holds the result. */
  evaluateMs: number;
  initializerMs: number;
  /** The handler, until its result was there. */
  handlerMs: number;
}

/**
 * How an instance ended: idle for too long; for others' memory; no longer provisioned; had its one call (`freshInstance`); by a
 * fault; with its function or engine.
 */
export type InstanceEnd = 'idle' | 'evicted' | 'released' | 'used' | 'lost' | 'closed';

/** A start calls had to wait for. */
export interface ColdStart {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly versionId: string;
  readonly lane: Lane;
  /**
   * Why no instance was there: the first call; the last instance ended (`idle`, `evicted`, `released`, `used`, `lost`); all of them
   * were `busy`; the function `moved` to another lane.
   */
  readonly reason: 'first' | 'idle' | 'evicted' | 'released' | 'used' | 'lost' | 'busy' | 'moved';
  readonly detail?: string;
  /** As the first of those saw it who waited. */
  readonly stages: ColdStartStages;
}

/** What would have avoided cold starts, or made them shorter. */
export interface ColdStartAdvice {
  /** Why those starts were needed; absent for advice about how long they take. */
  readonly reason?: ColdStart['reason'];
  /** How many of the starts looked at it would have avoided. */
  readonly avoids: number;
  /** Milliseconds of a start it is about. */
  readonly savesMs?: number;
  readonly says: string;
}

/** A package of a bundle, or a file of the function's own. */
export interface ModuleSize {
  readonly name: string;
  readonly bytes: number;
  /** Of the bundle, 0-1. */
  readonly share: number;
}

export interface InspectOptions extends QualifierOptions {
  /** Cold starts to look at, 1-50; default 10. */
  readonly last?: number | undefined;
}

/** How a version of a function starts, and why it had to. */
export interface FunctionInspection {
  readonly functionName: string;
  readonly versionId: string;
  readonly lane: Lane;
  readonly instances: { readonly provisioned: number; readonly onDemand: number; readonly spares: number };
  readonly start: {
    readonly image: ImageInfo;
    /** Milliseconds of the quickest whole start so far. */
    readonly quickestMs?: number;
    /** What an instance held after its start, the last time. */
    readonly instanceBytes?: number;
  };
  readonly coldStarts: {
    /** Since the function was created or updated, or the engine started. */
    readonly count: number;
    readonly byReason: Readonly<Partial<Record<ColdStart['reason'], number>>>;
    /** Of those looked at. */
    readonly meanStages?: ColdStartStages;
    /** Newest first. */
    readonly last: readonly ColdStart[];
  };
  /** Most useful first. */
  readonly advice: readonly ColdStartAdvice[];
  readonly bundle: { readonly bytes: number; readonly modules: readonly ModuleSize[] };
}

/** Filled in by `invoke` when the caller hands one in; costs nothing otherwise. */
export interface InvokeStatus {
  requestId?: string;
  functionName?: string;
  /** The version that took the call: `LATEST`, or a number. */
  versionId?: string;
  instanceId?: string;
  /** Id of the engine that ran it, when that was another one of the cluster. */
  node?: string;
  lane?: Lane;
  startKind?: StartKind;
  coldStart?: boolean;
  /** Present when this call waited for a cold start. */
  stages?: ColdStartStages;
  /** Wall time from acceptance to result in milliseconds. */
  wallMs?: number;
  /**
   * Processor time the call took in the isolate in milliseconds; waiting is not in it. Of calls that run in one instance at the
   * same time each is told what all of them took meanwhile. 0 for a call that ended its instance or did not begin.
   */
  cpuMs?: number;
  /** V8 heap of the instance in bytes: after the call on the direct lane, after its start on the worker lane. */
  heapUsedBytes?: number;
  /** What the function was declared with; MB. */
  memorySize?: number;
  /** Log lines of this call, oldest first; at most 64 KB. */
  logs?: string[];
}

/** An engine of a cluster. */
export interface ClusterNode {
  readonly id: string;
  /** Its name for people. */
  readonly node: string;
  /** Of Isopod. */
  readonly version: string;
  /** `draining`: it takes no calls of others, and finishes its own. `silent`: not heard of for some seconds. */
  readonly state: 'serving' | 'draining' | 'silent';
  /** Milliseconds since the epoch. */
  readonly startedTime: number;
  /** Calls in progress or waiting. */
  readonly open: number;
  readonly instances: number;
  readonly functions: number;
  /** Versions with an instance that waits for a call, at most 4,096 of them. */
  readonly warm: number;
  /** Since it was heard of last. */
  readonly silentMs: number;
}

/** The cluster an engine is in, as it sees it. */
export interface ClusterView {
  /** Id of this engine. */
  readonly id: string;
  /** Its server can be reached. */
  readonly isUp: boolean;
  /** Engines that take calls, this one among them. */
  readonly size: number;
  /** Async events this engine accepted while the server was away, and which wait for it (`cluster.outbox`). */
  readonly unsentEvents: number;
  /** By name. */
  nodes(): ClusterNode[];
  /** This engine takes no more calls of others and no events; what it has goes on. Resolves when the others know. */
  drain(): Promise<void>;
  /** Takes `drain` back. */
  join(): Promise<void>;
}

/** A version's number, an alias, or `LATEST`, which is the default. */
export interface QualifierOptions {
  readonly qualifier?: string | undefined;
}

/** What stands before the first piece of a result. What of it the function gave is checked for its form alone. */
export interface StreamHead {
  readonly requestId: string;
  readonly instanceId: string;
  readonly versionId: string;
  /** Status, headers and cookies of an answer to an HTTP request; no status: the pieces are the result itself. */
  readonly statusCode?: number | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly cookies?: readonly string[] | undefined;
  readonly contentType?: string | undefined;
}

/** Takes a result in pieces while the handler runs. What its methods throw fails the handler's writing, with the code of an `IsopodError`. */
export interface ResultStream {
  /** Once, before the first piece. */
  start(head: StreamHead): void;
  /** The handler goes on when what this returns resolves. */
  write(piece: Uint8Array): void | PromiseLike<void>;
  /**
   * Where the caller can take a WebSocket, which a `head` with status 101 begins: the next message from it, undefined at the end.
   * Pieces of a WebSocket, in both directions: `T` and UTF-8 text, `B` and bytes, or `C` and `{ code, reason }` as JSON, the last.
   */
  read?(): Promise<Uint8Array | undefined>;
}

export interface InvokeOptions extends QualifierOptions {
  /**
   * Takes the result in pieces from a handler that gives it so (a `Response` whose body is a stream, `awslambda.streamifyResponse`);
   * `invoke` then resolves with undefined at its end. Without this, and from every other handler, the result comes as a whole.
   */
  readonly stream?: ResultStream | undefined;
  /** Gives the call up; the promise rejects with `InvocationAborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Filled in when the call ends, whether it succeeds or not. */
  readonly status?: InvokeStatus | undefined;
  /** Seconds for this call; at most the function's own timeout. */
  readonly timeout?: number | undefined;
  /** W3C Trace Context of the caller; goes on with the call's requests and spans. A malformed one is ignored. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** What a handler's second argument offers; the shape is Function Compute's Node.js runtime's. */
export interface HandlerContext {
  readonly requestId: string;
  readonly function: {
    readonly name: string;
    readonly handler: string;
    /** MB. */
    readonly memory: number;
    /** Seconds. */
    readonly timeout: number;
  };
  readonly logger: Readonly<Record<'debug' | 'info' | 'warn' | 'error' | 'log', (...args: unknown[]) => void>>;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>>>;
}

/** A limit there can be little left of. */
export type NearLimit = 'memory' | 'cpu' | 'time' | 'logs' | 'host calls' | 'timers';

/** One live instance. */
export interface InstanceInfo {
  readonly instanceId: string;
  /** `LATEST`, or the number of a published version. */
  readonly versionId: string;
  /** Kept by configuration (`Provision`), or there because calls came. */
  readonly resourceMode: 'Provision' | 'OnDemand';
  readonly lane: Lane;
  /** Calls in progress. */
  readonly open: number;
  /** Bytes it is taken to hold. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly createdTime: number;
}

export interface FunctionStats {
  readonly functionName: string;
  readonly lane: Lane;
  /** In all: those that take calls, those that start, and spares. */
  readonly instances: number;
  readonly starting: number;
  readonly spares: number;
  /** Of the instances, those kept by configuration. */
  readonly provisioned: number;
  readonly open: number;
  readonly waiting: number;
  /** Async events accepted and not ended. */
  readonly queued: number;
  /** Milliseconds since the oldest async event was accepted that waits for an attempt; 0 when none waits. */
  readonly oldestWaitingMs: number;
  readonly coldStarts: number;
  /** What its instances are taken to hold. */
  readonly memoryBytes: number;
  /** How often more than 80% of a limit was used, by limit, since the function was created or updated. */
  readonly nearLimits: Readonly<Partial<Record<NearLimit, number>>>;
}

export interface EngineStats {
  readonly functions: readonly FunctionStats[];
  /** Calls in progress or waiting. */
  readonly open: number;
  /** Bytes instances are taken to hold. */
  readonly memoryUsedBytes: number;
  readonly workers: number;
  /** Child processes there are now, by the isolation they keep. */
  readonly cells: Readonly<Record<Exclude<Isolation, 'thread'>, number>>;
  /** Async events that wait in the dataDir for their function to be declared, by its name. */
  readonly undeclared: Readonly<Record<string, number>>;
}

/** Function Compute's names of event sources. */
export type TriggerType = 'timer' | 'http' | 'oss' | 'log' | 'tablestore' | 'cdn_events' | 'mns_topic' | 'eventbridge';

export interface TriggerConfig {
  /** 1-128 characters: letters, digits, `_`, `-`; starts with a letter or `_`. Unique within the function. */
  readonly triggerName: string;
  readonly triggerType: TriggerType;
  /** What the type asks for (docs/triggers.md): an object, or its JSON text as Function Compute's API has it. */
  readonly triggerConfig?: string | object | undefined;
  /** Which version events go to; default `LATEST`. */
  readonly qualifier?: string | undefined;
  /** Names the source: `acs:oss:{region}:{account}:{bucket}`, `acs:log:...:project/{project}`, ... */
  readonly sourceArn?: string | undefined;
  /** Kept and given back; means nothing here. */
  readonly invocationRole?: string | undefined;
  readonly description?: string | undefined;
}

export type TriggerChanges = Partial<Omit<TriggerConfig, 'triggerName' | 'triggerType'>>;

export interface TriggerInfo {
  readonly functionName: string;
  readonly triggerId: string;
  readonly triggerName: string;
  readonly triggerType: TriggerType;
  /** JSON text. */
  readonly triggerConfig: string;
  readonly qualifier: string;
  readonly sourceArn: string | undefined;
  readonly invocationRole: string | undefined;
  readonly description: string;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
  readonly status: TriggerStatus;
}

/**
 * `running`; `disabled` by its configuration; `waiting` for its function to be declared; `failing`: its source or its
 * function does not do what it should, and the trigger tries again.
 */
export type TriggerState = 'running' | 'disabled' | 'waiting' | 'failing';

export interface TriggerStatus {
  readonly state: TriggerState;
  /** Deliveries that were accepted (async sources) or done (sync sources) since the engine was made. */
  readonly events: number;
  readonly failures: number;
  /** ISO 8601, as all times here. */
  readonly lastEventTime: string | undefined;
  readonly lastError: TriggerErrorInfo | undefined;
  /** Events that are in the source and not delivered; undefined where the source cannot tell. */
  readonly lag: number | undefined;
  readonly nextEventTime: string | undefined;
}

export interface TriggerErrorInfo {
  readonly code: string;
  readonly message: string;
  readonly time: string;
}
