/** Options of the engine and of its calls, their defaults and bounds, and how they are checked. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  type AsyncOptions,
  asyncOptions,
  type QueueOptions,
  qualifier,
  queueOptions,
  traceContext,
} from './async-options.ts';
import { type ClusterOptions, clusterOptions } from './cluster-options.ts';
import { type Inspector, inspector } from './inspect-options.ts';
import type { OutboundInterceptor, ResultStream } from './types.ts';

export interface EngineLogger {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

export interface EngineOptions {
  /**
   * Folder for what outlives the engine: images, what is kept in the catalog, and async events: one that was accepted is
   * on disk. Made when the folder around it exists; belongs to one engine at a time (`DataDirInUse`). Without one, a
   * temporary folder serves until `close`, and events that were not done by then are lost.
   */
  readonly dataDir?: string | undefined;
  /**
   * Functions are kept in `dataDir` with their versions and aliases, and are there at the next start without being built
   * again; default false. What has host functions (`bindings`, callbacks) cannot be kept and is yours to declare at each
   * start. Environment variables and secrets are kept as they were given: guard the folder.
   */
  readonly keepFunctions?: boolean | undefined;
  /**
   * Joins other engines on a NATS server with JetStream: functions, versions, aliases and everything else that is configured
   * are the cluster's, and kept there (`keepFunctions` is then true). docs/cluster.md tells what is shared and what is not.
   */
  readonly cluster?: ClusterOptions | undefined;
  /** Worker threads, 0-64; default: available cores, at most 4. With 0 every function runs on the direct lane. */
  readonly workers?: number | undefined;
  /**
   * Memory instances may hold in all; MB, 1-1,048,576, default 512. When it is full, idle instances that are worth least are
   * ended for new ones; when all are busy, starts wait, so that calls are let in more slowly.
   */
  readonly memoryBudgetMB?: number | undefined;
  /** Instances of all functions, 1-1,000,000; default 10,000. Beyond it starts wait, as for memory. */
  readonly maxInstances?: number | undefined;
  readonly scaleOut?: ScaleOutOptions | undefined;
  /** Calls in progress or waiting in all, 1-10,000,000; default 100,000. Beyond it calls fail with `ResourceExhausted`. */
  readonly maxConcurrency?: number | undefined;
  /** Calls of one function that may wait for an instance, 0-1,000,000; default 10,000. */
  readonly maxWaiting?: number | undefined;
  readonly queue?: QueueOptions | undefined;
  readonly async?: AsyncOptions | undefined;
  /** Largest event and result in bytes, 1 KB-256 MB; default 32 MB (Function Compute's sync limit). */
  readonly maxPayloadBytes?: number | undefined;
  /** Milliseconds a worker thread polls for its next message before it sleeps, 0-10; default 0.05. Burns a core while it polls. */
  readonly spinMs?: number | undefined;
  readonly cells?: CellOptions | undefined;
  /** For functions that are granted the network. */
  readonly outbound?: OutboundOptions | undefined;
  /** Buckets, servers, databases and logs that triggers may listen to. */
  readonly eventSources?: EventSourcesOptions | undefined;
  /** Where warnings go; silent by default. */
  readonly logger?: EngineLogger | undefined;
  /**
   * Told of every isolate a debugger may look into, for development alone: functions with `lane: 'worker'` then run on threads of
   * isolated-vm's own, where a breakpoint stops nothing else, and without limits of time, processor and memory.
   */
  readonly inspector?: Inspector | undefined;
}

/** How fast instances may be added while calls wait. Beyond it calls wait longer. */
export interface ScaleOutOptions {
  /** Instances that may be started at once, 1-1,000,000; default 1,000 (Function Compute's is 300 a region). */
  readonly burst?: number | undefined;
  /** Instances a minute after that, 1-10,000,000; default 60,000 (Function Compute's is 300). */
  readonly perMinute?: number | undefined;
}

/** Child processes that host functions with `isolation: 'process'`. Each holds some 50 MB. */
export interface CellOptions {
  /** Processes at most, 1-256; default 16. Functions have one each as long as there are enough, then share. */
  readonly max?: number | undefined;
  /** Messages after which a cell that has nothing to do is replaced, 1-1,000,000,000; default 1,000,000. */
  readonly recycleAfter?: number | undefined;
  /** MB above which a cell that has nothing to do is replaced, 64-1,048,576; default 512. */
  readonly recycleMB?: number | undefined;
}

/** How requests of guests leave. What they may reach is each function's `network`. */
export interface OutboundOptions {
  /** Sees every request, and may answer, change or refuse it. */
  readonly intercept?: OutboundInterceptor | undefined;
  /** Resolves a host name to IP addresses; the system's resolver by default. What it gives is checked, then connected to. */
  readonly lookup?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** Certificate authorities trusted instead of Node's, as PEM texts. */
  readonly ca?: readonly string[] | undefined;
}

/** A server that triggers listen to. */
export interface Connection {
  /** `nats://`, `redis://`, `amqp://`, `mqtt://`, `postgres://` and their TLS forms, with host and port. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** NATS. */
  readonly token?: string | undefined;
}

/** A connection, or what makes one each time it is needed: for credentials that expire. */
export type ConnectionSource = Connection | (() => Connection | Promise<Connection>);

/** What triggers may listen to. Triggers name these; whoever may create triggers reaches nothing else. */
export interface EventSourcesOptions {
  /** Buckets that are folders: name -> path. Other buckets lie in the engine's own folder. */
  readonly buckets?: Readonly<Record<string, string>> | undefined;
  /** Servers by the name triggers have for them (`InstanceId`). */
  readonly connections?: Readonly<Record<string, ConnectionSource>> | undefined;
  /** SQLite files with tables to watch: instance name -> path. PostgreSQL servers are `connections`. */
  readonly databases?: Readonly<Record<string, string>> | undefined;
  /** What is written into log stores: `project/logstore` -> files to follow, syslog to listen to. */
  readonly logs?: Readonly<Record<string, LogFeed>> | undefined;
}

export interface LogFeed {
  /** Files whose new lines are taken, also when they are rotated. */
  readonly files?: readonly string[] | undefined;
  /** RFC 5424 messages, over UDP and TCP. Port 0 takes a free one. */
  readonly syslog?: { readonly port: number; readonly host?: string | undefined } | undefined;
  /** OTLP logs as JSON, posted to `/otlp/{project}/{logstore}/v1/logs` with this bearer token. */
  readonly otlp?: { readonly token: string } | undefined;
  /** Functions of this engine whose log lines are taken: full names, or beginnings of them with `*` (`acme/*`, `*`). */
  readonly functions?: readonly string[] | undefined;
}

export interface CloseOptions {
  /** Milliseconds calls in progress may take to finish before they fail with `EngineClosed`; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

const callable = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function');

const outbound = z.strictObject({
  intercept: callable<OutboundInterceptor>().optional(),
  lookup: callable<NonNullable<OutboundOptions['lookup']>>().optional(),
  ca: z.array(z.string().min(1)).readonly().optional(),
});

const connection = z.strictObject({
  url: z.string().min(1),
  username: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
});

const eventSources = z.strictObject({
  buckets: z.record(z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/), z.string().min(1)).default({}),
  connections: z
    .record(z.string().min(1), z.union([connection, callable<() => Connection | Promise<Connection>>()]))
    .default({}),
  databases: z.record(z.string().min(1), z.string().min(1)).default({}),
  logs: z
    .record(
      z.string().regex(/^[\w-]+\/[\w-]+$/, 'is named project/logstore'),
      z.strictObject({
        files: z.array(z.string().min(1)).readonly().default([]),
        syslog: z
          .strictObject({ port: z.number().int().min(0).max(65_535), host: z.string().default('127.0.0.1') })
          .optional(),
        otlp: z.strictObject({ token: z.string().min(8).max(256) }).optional(),
        functions: z.array(z.string().min(1).max(200)).readonly().optional(),
      }),
    )
    .default({}),
});

export type CheckedEventSources = z.output<typeof eventSources>;

const engineFields = z.strictObject({
  dataDir: z.string().min(1).optional(),
  keepFunctions: z.boolean().default(false),
  cluster: clusterOptions.optional(),
  workers: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(() => Math.min(4, availableParallelism())),
  memoryBudgetMB: z.number().min(1).max(1_048_576).default(512),
  maxInstances: z.number().int().min(1).max(1_000_000).default(10_000),
  scaleOut: z
    .strictObject({
      burst: z.number().int().min(1).max(1_000_000).default(1_000),
      perMinute: z.number().int().min(1).max(10_000_000).default(60_000),
    })
    .prefault({}),
  maxConcurrency: z.number().int().min(1).max(10_000_000).default(100_000),
  maxWaiting: z.number().int().min(0).max(1_000_000).default(10_000),
  queue: queueOptions.prefault({}),
  async: asyncOptions.prefault({}),
  maxPayloadBytes: z.number().int().min(1_024).max(268_435_456).default(33_554_432),
  spinMs: z.number().min(0).max(10).default(0.05),
  cells: z
    .strictObject({
      max: z.number().int().min(1).max(256).default(16),
      recycleAfter: z.number().int().min(1).max(1_000_000_000).default(1_000_000),
      recycleMB: z.number().min(64).max(1_048_576).default(512),
    })
    .prefault({}),
  outbound: outbound.prefault({}),
  eventSources: eventSources.prefault({}),
  inspector: inspector.optional(),
  logger: z
    .custom<EngineLogger>(
      (value) => typeof (value as EngineLogger | null)?.warn === 'function',
      'must have info, warn and error',
    )
    .optional(),
});

export const engineOptions = engineFields
  .refine(({ keepFunctions, dataDir, cluster }) => !keepFunctions || dataDir !== undefined || cluster !== undefined, {
    path: ['keepFunctions'],
    message: 'needs a dataDir or a cluster to keep them in',
  })
  .refine(({ dataDir, cluster }) => cluster?.outbox !== true || dataDir !== undefined, {
    path: ['cluster', 'outbox'],
    message: 'needs a dataDir to keep events in',
  });

export const qualifierOptions = z.strictObject({ qualifier: qualifier.optional() });

export const invokeOptions = z.strictObject({
  qualifier: qualifier.optional(),
  signal: z.instanceof(AbortSignal).optional(),
  status: z.record(z.string(), z.unknown()).optional(),
  timeout: z.number().min(0.001).max(86_400).optional(),
  stream: z
    .custom<ResultStream>(
      (given) =>
        typeof (given as ResultStream).start === 'function' && typeof (given as ResultStream).write === 'function',
      'must be an object with the methods start and write',
    )
    .optional(),
  ...traceContext,
});

export type CheckedOptions = z.output<typeof engineOptions>;
