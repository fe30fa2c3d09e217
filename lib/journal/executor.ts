/** Where the journal's groups are carried out: in place for one that is in memory, on a thread for one that syncs to disk. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Failure, failureOf, type Group, JournalDatabase, type Reply } from './database.ts';

const entry = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/** Carries out one group at a time. */
export interface Executor {
  /** Answered with `onReply`; no other group may be posted before. */
  post(group: Group): void;
  onReply: (reply: Reply) => void;
  close(): Promise<void>;
}

export class InPlace implements Executor {
  readonly #database = new JournalDatabase(':memory:');
  onReply: (reply: Reply) => void = () => undefined;

  post(group: Group): void {
    this.onReply(this.#database.run(group));
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

export class OnThread implements Executor {
  readonly #path: string;
  /** The thread; undefined after its end, until it is needed again. */
  #worker: Worker | undefined;
  #busy = false;
  onReply: (reply: Reply) => void = () => undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Rejects with a `Failure` when the file cannot be opened. */
  static async open(path: string): Promise<OnThread> {
    const executor = new OnThread(path);
    await executor.#start();
    return executor;
  }

  async #start(): Promise<Worker> {
    // Flags of this process may be for its main script only, such as --input-type.
    const worker = new Worker(entry, { workerData: this.#path, execArgv: [] });
    const [first] = (await once(worker, 'message')) as [Reply];
    if (first.failure !== undefined) throw first.failure;
    worker.on('message', (reply: Reply) => this.#reply(reply));
    worker.once('error', () => undefined);
    worker.once('exit', () => this.#ended(worker));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #reply(reply: Reply): void {
    this.#busy = false;
    // An idle thread does not keep the process alive; one that writes does.
    this.#worker?.unref();
    this.onReply(reply);
  }

  /** The thread ended under its work, which only a defect or the system can do. Whoever posts next starts another. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (this.#busy) this.#reply(lost({ message: 'the thread of the journal ended', errcode: undefined }));
  }

  post(group: Group): void {
    this.#busy = true;
    if (this.#worker !== undefined) return this.#give(this.#worker, group);
    this.#start().then(
      (worker) => this.#give(worker, group),
      (error: unknown) => this.#reply(lost(error instanceof Error ? failureOf(error) : (error as Failure))),
    );
  }

  #give(worker: Worker, group: Group): void {
    worker.ref();
    worker.postMessage(group);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const exited = once(worker, 'exit');
    worker.ref();
    worker.postMessage('close');
    await exited;
  }
}

const lost = (failure: Failure): Reply => ({ failure, answers: [] });
