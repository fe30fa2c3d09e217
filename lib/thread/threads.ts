/**
 * The threads of the worker lane, and one thread of them, which make sense in one place only. Piscina keeps them alive and carries starts and stops; its load balancer is told by
 * each task which thread it is for, because an instance lives on one. Calls go over a port per thread, everything
 * of one turn in one message.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { IsopodError } from '../errors.ts';
import type { Sentinel } from '../isolate/sentinel.ts';
import { WATCH_BYTES } from '../isolate/watch-memory.ts';
import { haltWatchdog, runningIsolate } from '../isolate/watchdog.ts';
import type { FarTask, StepReport } from '../remote/messages.ts';
import { RemoteHost } from '../remote/remote-host.ts';
import type { ThreadTask } from './tasks.ts';

const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
/** Starts and stops one thread may have in progress: all there are. */
const TASKS_PER_THREAD = 100_000;

export interface ThreadsOptions {
  readonly count: number;
  readonly spinMs: number;
  /** Watches the threads' guests. */
  readonly sentinel: Sentinel;
}

export class Threads {
  readonly lanes: readonly ThreadHost[];
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
    this.lanes = Array.from({ length: options.count }, (_, lane) => new ThreadHost(this.#pool, lane, options));
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
  leastBusy(functionName: string): ThreadHost {
    let best = this.lanes[0] as ThreadHost;
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
export class ThreadHost extends RemoteHost {
  readonly lane = 'worker';
  readonly #index: number;
  readonly #pool: Piscina;
  readonly #options: ThreadsOptions;
  #port: MessagePort | undefined;
  #attached: Promise<unknown> | undefined;
  #watchdog: SharedArrayBuffer | undefined;
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));

  constructor(pool: Piscina, index: number, options: ThreadsOptions) {
    super();
    this.#pool = pool;
    this.#index = index;
    this.#options = options;
  }

  override runningIsolate(): number {
    return this.#watchdog === undefined ? 0 : runningIsolate(this.#watchdog);
  }

  async run(task: FarTask): Promise<StepReport | undefined> {
    this.#attached ??= this.#attach();
    await this.#attached;
    return this.#give(task);
  }

  warm(): void {
    this.#attached ??= this.#attach();
    this.#attached.catch(() => undefined);
  }

  #give(task: ThreadTask, transferList: MessagePort[] = []): Promise<StepReport | undefined> {
    const targeted = Object.assign(task, { [Piscina.queueOptionsSymbol]: { lane: this.#index } });
    return this.#pool.run(targeted, { transferList }) as Promise<StepReport | undefined>;
  }

  async #attach(): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const { sentinel, spinMs } = this.#options;
    this.#watchdog = new SharedArrayBuffer(WATCH_BYTES);
    sentinel.add(this.#watchdog);
    const settings = {
      spinMs,
      watch: { shared: this.#watchdog, alarm: sentinel.alarm },
      signal: this.#signal.buffer as SharedArrayBuffer,
    };
    this.#port = port1;
    port1.on('message', (message: unknown[]) => {
      this.take(message);
      if (this.load === 0) this.#port?.unref();
    });
    port1.unref();
    await this.#give({ op: 'attach', port: port2, settings }, [port2]);
  }

  protected post(message: unknown[]): void {
    this.#port?.postMessage(message);
    // After the message: a thread that polls this looks for the message at once.
    Atomics.add(this.#signal, 0, 1);
    // Awaited results keep the process alive; an idle thread does not, nor does a message nothing comes back for.
    if (this.load > 0) this.#port?.ref();
    else this.#port?.unref();
  }

  /** The thread died; piscina makes another, which is attached when it is needed. */
  ended(): void {
    this.#attached = undefined;
    if (this.#watchdog !== undefined) this.#options.sentinel.remove(this.#watchdog);
    this.#port?.close();
    this.#port = undefined;
    this.lose(new IsopodError('InstanceLost', 'The worker thread of the instance ended'));
  }

  /** Ends what would keep the process from exiting; for the process's last moment. */
  halt(): void {
    if (this.#watchdog !== undefined) haltWatchdog(this.#watchdog);
  }

  async close(): Promise<void> {
    if (this.#attached === undefined) return;
    await this.#attached.catch(() => undefined);
    await this.#give({ op: 'close' }).catch(() => undefined);
    this.#port?.close();
    if (this.#watchdog !== undefined) this.#options.sentinel.remove(this.#watchdog);
    this.halt();
  }
}
