/**
 * The threads of the worker lane, and one thread of them, which make sense in one place only. Piscina keeps them alive and carries starts and stops; its load balancer is told by
 * each task which thread it is for, because an instance lives on one. Calls go over a port per thread, everything
 * of one turn in one message.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type ErrorRecord, IsopodError } from '../errors.ts';
import { haltWatchdog, runningIsolate, WATCHDOG_BYTES } from '../isolate/watchdog.ts';
import { FROM_WORKER_ARGS, HOST_CALL, type LaneTask, LOGGED, LOST, SETTLED, type StepReport } from './messages.ts';
import type { ThreadInstance } from './thread-instance.ts';

const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
/** Starts and stops one thread may have in progress: all there are. */
const TASKS_PER_THREAD = 100_000;

export interface ThreadsOptions {
  readonly count: number;
  readonly spinMs: number;
}

export class Threads {
  readonly lanes: readonly ThreadLane[];
  readonly #pool: Piscina;
  readonly #onExit = (): void => {
    for (const lane of this.lanes) lane.halt();
  };
  #closing = false;

  constructor(options: ThreadsOptions) {
    /** Lane number -> piscina's number of its thread. */
    const threadOf = new Map<number, number>();
    this.#pool = new Piscina({
      filename: entry.href,
      minThreads: options.count,
      maxThreads: options.count,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: TASKS_PER_THREAD,
      atomics: 'disabled',
      // Flags of this process may be for its main script only, such as --input-type.
      execArgv: [],
      loadBalancer: (task, workers) => {
        const { lane } = (task as unknown as Record<symbol, { lane: number }>)[Piscina.queueOptionsSymbol] ?? {
          lane: 0,
        };
        const known = workers.find((worker) => worker.id === threadOf.get(lane));
        if (known !== undefined) return known;
        const taken = new Set(threadOf.values());
        const free = workers.find((worker) => !taken.has(worker.id)) ?? workers[lane % workers.length];
        if (free !== undefined) threadOf.set(lane, free.id);
        return free ?? null;
      },
    });
    this.lanes = Array.from({ length: options.count }, (_, lane) => new ThreadLane(this.#pool, lane, options.spinMs));
    this.#pool.on('workerDestroy', (worker: { id: number }) => {
      for (const [lane, id] of threadOf) {
        if (id !== worker.id) continue;
        threadOf.delete(lane);
        if (!this.#closing) this.lanes[lane]?.ended();
      }
    });
    this.#pool.on('error', () => undefined);
    process.once('exit', this.#onExit);
  }

  /** Makes the threads ready, so that a first call does not wait for them. */
  warm(): void {
    for (const lane of this.lanes) lane.warm();
  }

  /** The thread for a new instance of a function: with the fewest of its instances, then with the least to do. */
  leastBusy(functionName: string): ThreadLane {
    let best = this.lanes[0] as ThreadLane;
    for (const lane of this.lanes) if (lane.busier(functionName) < best.busier(functionName)) best = lane;
    return best;
  }

  /** Ends the threads. Instances must have been stopped; what is still there is disposed. */
  async close(): Promise<void> {
    this.#closing = true;
    process.off('exit', this.#onExit);
    await Promise.all(this.lanes.map((lane) => lane.close()));
    await this.#pool.destroy();
  }
}

/** One thread, seen from here. */
export class ThreadLane {
  readonly index: number;
  readonly #pool: Piscina;
  readonly #spinMs: number;
  readonly #instances = new Map<number, ThreadInstance>();
  #port: MessagePort | undefined;
  #attached: Promise<unknown> | undefined;
  #watchdog: SharedArrayBuffer | undefined;
  #signal = new Int32Array(new SharedArrayBuffer(4));
  #outbox: unknown[] = [];
  #batches: ThreadInstance[] = [];
  #flushScheduled = false;
  readonly #flush = (): void => this.flush();

  constructor(pool: Piscina, index: number, spinMs: number) {
    this.#pool = pool;
    this.index = index;
    this.#spinMs = spinMs;
  }

  /** Calls open on this thread. */
  get load(): number {
    let open = 0;
    for (const instance of this.#instances.values()) open += instance.openCount;
    return open;
  }

  /** How little this thread suits another instance of a function. */
  busier(functionName: string): number {
    let own = 0;
    for (const { definition } of this.#instances.values()) if (definition.declared.functionName === functionName) own++;
    return own * 1_000_000 + this.load * 1_000 + this.#instances.size;
  }

  /** Watchdog number of the isolate the thread is inside of right now; 0 for none. */
  runningIsolate(): number {
    return this.#watchdog === undefined ? 0 : runningIsolate(this.#watchdog);
  }

  add(instance: ThreadInstance): void {
    this.#instances.set(instance.number, instance);
  }

  remove(instance: ThreadInstance): void {
    this.#instances.delete(instance.number);
  }

  /** Runs a task on this thread, which is made ready first. */
  async run(task: LaneTask): Promise<StepReport | undefined> {
    this.#attached ??= this.#attach();
    await this.#attached;
    return this.#post(task);
  }

  warm(): void {
    this.#attached ??= this.#attach();
    this.#attached.catch(() => undefined);
  }

  #post(task: LaneTask, transferList: MessagePort[] = []): Promise<StepReport | undefined> {
    const targeted = Object.assign(task, { [Piscina.queueOptionsSymbol]: { lane: this.index } });
    return this.#pool.run(targeted, { transferList }) as Promise<StepReport | undefined>;
  }

  async #attach(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    this.#watchdog = new SharedArrayBuffer(WATCHDOG_BYTES);
    const settings = {
      spinMs: this.#spinMs,
      watchdog: this.#watchdog,
      signal: this.#signal.buffer as SharedArrayBuffer,
    };
    this.#port = port1;
    port1.on('message', (message: unknown[]) => this.#take(message));
    port1.unref();
    await this.#post({ op: 'attach', port: port2, settings }, [port2]);
  }

  /** Puts a message with this turn's others. */
  send(...parts: unknown[]): void {
    for (const part of parts) this.#outbox.push(part);
    this.#scheduleFlush();
  }

  /** An instance has calls for this turn's message. */
  hasBatch(instance: ThreadInstance): void {
    this.#batches.push(instance);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  flush(): void {
    this.#flushScheduled = false;
    const outbox = this.#outbox;
    if (this.#batches.length > 0) {
      const now = performance.now();
      for (const instance of this.#batches) instance.flush(outbox, now);
      this.#batches = [];
    }
    this.#outbox = [];
    if (outbox.length === 0) return;
    this.#port?.postMessage(outbox);
    // After the message: a thread that polls this looks for the message at once.
    Atomics.add(this.#signal, 0, 1);
    // Awaited results keep the process alive; an idle thread does not.
    this.#port?.ref();
  }

  #take(message: unknown[]): void {
    let at = 0;
    while (at < message.length) {
      const op = message[at] as number;
      const instance = this.#instances.get(message[at + 1] as number);
      if (instance !== undefined) this.#tell(instance, op, message, at + 2);
      at += 1 + (FROM_WORKER_ARGS[op] ?? 1);
    }
    if (this.load === 0) this.#port?.unref();
  }

  #tell(instance: ThreadInstance, op: number, message: unknown[], at: number): void {
    switch (op) {
      case SETTLED:
        return instance.takeSettled(message[at] as string, message[at + 1] as number);
      case LOGGED:
        return instance.takeLogs(message[at] as (number | string)[], message[at + 1] as number);
      case HOST_CALL:
        return instance.takeHostCall(
          message[at] as number,
          message[at + 1] as number,
          message[at + 2] as string,
          message[at + 3] as string,
          message[at + 4] as string,
        );
      case LOST:
        return instance.takeLost(message[at] as ErrorRecord, message[at + 1] as number);
    }
  }

  /** The thread died; piscina makes another, which is attached when it is needed. */
  ended(): void {
    this.#attached = undefined;
    this.#port?.close();
    this.#port = undefined;
    const instances = [...this.#instances.values()];
    this.#instances.clear();
    for (const instance of instances) {
      instance.threadGone(new IsopodError('InstanceLost', 'The worker thread of the instance ended'));
    }
  }

  /** Ends what would keep the process from exiting; for the process's last moment. */
  halt(): void {
    if (this.#watchdog !== undefined) haltWatchdog(this.#watchdog);
  }

  async close(): Promise<void> {
    if (this.#attached === undefined) return;
    await this.#attached.catch(() => undefined);
    await this.#post({ op: 'close' }).catch(() => undefined);
    this.#port?.close();
    this.halt();
  }
}
