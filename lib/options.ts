/** Options of `createEngine`, their defaults and bounds. */

export interface EngineLogger {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

export interface QueueOptions {
  /** Async events that may wait in memory, rounded up to a power of two, 2-16,777,216; default 65,536. */
  readonly capacity?: number | undefined;
}

export interface EngineOptions {
  /** Folder for images (and, later, accepted events). Without one, images live in a temporary folder until `close`. */
  readonly dataDir?: string | undefined;
  /** Worker threads, 0-64; default: available cores, at most 4. With 0 every function runs on the direct lane. */
  readonly workers?: number | undefined;
  /** Memory idle instances may hold in all before the least recently used are reclaimed; MB, default 512. */
  readonly memoryBudgetMB?: number | undefined;
  /** Calls in progress or waiting in all, 1-10,000,000; default 100,000. Beyond it calls fail with `ResourceExhausted`. */
  readonly maxConcurrency?: number | undefined;
  /** Calls of one function that may wait for an instance, 0-1,000,000; default 10,000. */
  readonly maxWaiting?: number | undefined;
  readonly queue?: QueueOptions | undefined;
  /** Largest event and result in bytes, 1 KB-256 MB; default 32 MB (Function Compute's sync limit). */
  readonly maxPayloadBytes?: number | undefined;
  /** Milliseconds a worker thread polls for its next message before it sleeps, 0-10; default 0.05. Burns a core while it polls. */
  readonly spinMs?: number | undefined;
  /** Where warnings go; silent by default. */
  readonly logger?: EngineLogger | undefined;
}
