/**
 * Watches how much memory and processor time guests take while they run, for all threads of this process: a thread of its
 * own (`sentinel-worker.ts`), because theirs are blocked. It costs calls nothing: it sleeps until a watchdog
 * rings the alarm over a crossing that takes long.
 */
import { Worker } from 'node:worker_threads';
import { ALARM, ALARM_BYTES, STOP } from './watch-memory.ts';

const entry = new URL(
  import.meta.url.endsWith('.ts') ? './sentinel-worker.ts' : './sentinel-worker.js',
  import.meta.url,
);

export class Sentinel {
  readonly alarm = new SharedArrayBuffer(ALARM_BYTES);
  readonly #alarm = new Int32Array(this.alarm);
  #worker: Worker | undefined;

  /** `shared`: the watch memory of a thread. The first starts the sentinel. */
  add(shared: SharedArrayBuffer): void {
    this.#worker ??= this.#start();
    this.#tell({ add: shared });
  }

  remove(shared: SharedArrayBuffer): void {
    this.#tell({ remove: shared });
  }

  #tell(message: object): void {
    this.#worker?.postMessage(message);
    this.#ring();
  }

  #ring(): void {
    Atomics.add(this.#alarm, ALARM, 1);
    Atomics.notify(this.#alarm, ALARM);
  }

  #start(): Worker {
    const worker = new Worker(entry, {
      workerData: this.alarm,
      // Flags of this process may be for its main script only, such as --input-type.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 },
    });
    worker.unref();
    // Without it limits are coarser, as before it began; nothing else depends on it.
    worker.on('error', () => {
      this.#worker = undefined;
    });
    return worker;
  }

  /** Ends the thread. */
  close(): void {
    Atomics.store(this.#alarm, STOP, 1);
    this.#ring();
  }
}
