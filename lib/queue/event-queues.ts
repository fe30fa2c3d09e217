/**
 * The queues of an engine, one for each function and qualifier, made at its first event; those of a journal are there from
 * the beginning and wait until their function is declared.
 */
import { availableParallelism } from 'node:os';
import type { Deployment } from '../deployment/deployment.ts';
import { tenantOf } from '../function/name.ts';
import type { EngineJournal } from '../journal/engine-journal.ts';
import type { Observers } from '../observe/observers.ts';
import type { CheckedOptions } from '../options.ts';
import type { Outcomes } from '../outcome/outcomes.ts';
import type { AsyncConfigs } from './async-configs.ts';
import { AsyncQueue } from './async-queue.ts';
import type { Backlog } from './backlog.ts';
import { Dispatcher } from './dispatcher.ts';
import { Room } from './front.ts';
import { MemoryBacklog } from './memory-backlog.ts';
import type { SharedEvents, TaskBook } from './shared-events.ts';
import { StoredBacklog } from './stored-backlog.ts';

export interface EventQueuesOptions {
  readonly keeper: EngineJournal;
  readonly limits: CheckedOptions['queue'];
  readonly workers: number;
  readonly tasks: TaskBook;
  /** Events are all engines' of a cluster; undefined: this engine's own. */
  readonly shared: SharedEvents | undefined;
  readonly outcomes: Outcomes;
  readonly configs: AsyncConfigs;
  /** As `AsyncQueueOptions.target`. */
  readonly target: (functionName: string, qualifier: string, no: number) => Deployment | undefined;
  readonly resultOf: (kind: number, payload: unknown) => unknown;
  readonly observers: Observers;
  readonly requestIdOf: (no: number) => string;
}

/** What the journal holds of a queue. */
interface StoredQueue {
  readonly id: number;
  readonly stored: number;
  readonly storedTimed: number;
}

export class EventQueues {
  readonly #options: EventQueuesOptions;
  readonly #dispatcher: Dispatcher;
  readonly #room: Room;
  /** By function, then by qualifier. */
  readonly #queues = new Map<string, Map<string, AsyncQueue>>();
  readonly #dropping = new Set<AsyncQueue>();
  readonly #byTenant = new Map<string, Set<AsyncQueue>>();
  #nextId = 1;

  constructor(options: EventQueuesOptions) {
    this.#options = options;
    this.#dispatcher = new Dispatcher(Math.max(options.workers, availableParallelism()));
    this.#room = new Room(options.limits.memoryMB * 1_000_000);
  }

  /** Events are kept in this engine's journal. */
  get #isInJournal(): boolean {
    return this.#options.keeper.isLasting && this.#options.shared === undefined;
  }

  /** Finds the queues of the last time. */
  async resume(): Promise<void> {
    const { keeper } = this.#options;
    if (!this.#isInJournal) return;
    const rows = (await keeper.journal.ask('queues')) as [number, string, string, number, number, number][];
    for (const [id, functionName, qualifier, dropped, stored, storedTimed] of rows) {
      this.#nextId = Math.max(this.#nextId, id + 1);
      const queue = this.#make(functionName, qualifier, { id, stored, storedTimed });
      if (dropped === 1) this.#drop(queue);
      else this.#put(functionName, qualifier, queue);
    }
  }

  /** The queue of a function and qualifier, made if need be. */
  get(functionName: string, qualifier: string): AsyncQueue {
    let queue = this.#queues.get(functionName)?.get(qualifier);
    if (queue !== undefined) return queue;
    const { keeper } = this.#options;
    const id = this.#nextId++;
    if (this.#isInJournal) keeper.journal.change('addQueue', id, functionName, qualifier);
    queue = this.#make(functionName, qualifier, { id, stored: 0, storedTimed: 0 });
    this.#put(functionName, qualifier, queue);
    queue.wake();
    return queue;
  }

  #put(functionName: string, qualifier: string, queue: AsyncQueue): void {
    let queues = this.#queues.get(functionName);
    if (queues === undefined) {
      queues = new Map();
      this.#queues.set(functionName, queues);
    }
    queues.set(qualifier, queue);
    const tenant = tenantOf(functionName) ?? '';
    const own = this.#byTenant.get(tenant);
    if (own === undefined) this.#byTenant.set(tenant, new Set([queue]));
    else own.add(queue);
  }

  #make(functionName: string, qualifier: string, stored: StoredQueue): AsyncQueue {
    const { tasks, outcomes, configs, target, resultOf, observers, requestIdOf } = this.#options;
    return new AsyncQueue({
      functionName,
      qualifier,
      id: stored.id,
      tenant: tenantOf(functionName) ?? '',
      dispatcher: this.#dispatcher,
      backlog: (onReady, free) =>
        this.#options.shared?.backlog({ functionName, qualifier, onReady, free }) ??
        this.#backlog(functionName, qualifier, stored, onReady),
      target: (no) => target(functionName, qualifier, no),
      settings: () => configs.of(functionName, qualifier),
      tasks,
      outcomes,
      resultOf,
      observers,
      requestIdOf,
    });
  }

  #backlog(functionName: string, qualifier: string, { id, ...stored }: StoredQueue, onReady: () => void): Backlog {
    const { keeper, tasks, limits } = this.#options;
    const { capacity, maxBacklog } = limits;
    if (!keeper.isLasting) return new MemoryBacklog(capacity, this.#room, onReady);
    return new StoredBacklog({
      journal: keeper.journal,
      queue: id,
      ...stored,
      capacity,
      maxBacklog,
      room: this.#room,
      tasks: {
        recall: (no, accepted, columns) => tasks.recall(no, functionName, qualifier, accepted, columns),
        release: (task) => tasks.release(task),
      },
      onReady,
    });
  }

  *of(functionName: string): IterableIterator<AsyncQueue> {
    const queues = this.#queues.get(functionName);
    if (queues !== undefined) yield* queues.values();
  }

  *all(): IterableIterator<AsyncQueue> {
    for (const queues of this.#queues.values()) yield* queues.values();
    yield* this.#dropping;
  }

  /** Events of a tenant accepted and not ended; `tenant`: undefined for functions of no tenant. */
  sizeOf(tenant: string | undefined): number {
    let size = 0;
    for (const queue of this.#byTenant.get(tenant ?? '') ?? []) size += queue.size;
    return size;
  }

  /** Functions whose events wait for them to be declared, with how many. */
  *waiting(isDeclared: (functionName: string) => boolean): IterableIterator<readonly [string, number]> {
    for (const [functionName, queues] of this.#queues) {
      if (isDeclared(functionName)) continue;
      let size = 0;
      for (const queue of queues.values()) size += queue.size;
      if (size > 0) yield [functionName, size];
    }
  }

  /** A function is gone for good. */
  drop(functionName: string): void {
    const queues = [...this.of(functionName)];
    this.#queues.delete(functionName);
    for (const queue of queues) {
      this.#byTenant.get(tenantOf(functionName) ?? '')?.delete(queue);
      if (this.#isInJournal) this.#options.keeper.journal.change('markQueue', queue.id);
      this.#drop(queue);
    }
  }

  #drop(queue: AsyncQueue): void {
    const { keeper } = this.#options;
    this.#dropping.add(queue);
    queue.drop().then(
      async () => {
        await queue.whenIdle();
        this.#dropping.delete(queue);
        if (this.#isInJournal) keeper.journal.change('endQueue', queue.id);
      },
      // The journal failed or was closed: it is gone on with the next time.
      () => this.#dropping.delete(queue),
    );
  }

  close(): void {
    for (const queue of this.all()) queue.close();
  }
}
