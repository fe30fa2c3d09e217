/** Where instances live: this thread, worker threads, cells. Each is made when it is first needed and ends with the engine. */
import { Cells } from '../cell/cells.ts';
import { jailCommand } from '../cell/jail.ts';
import { IsopodError } from '../errors.ts';
import type { DeclaredFunction } from '../function/declaration.ts';
import { shortName } from '../function/name.ts';
import { DirectInstance } from '../isolate/direct-instance.ts';
import { acquireThreadHost, type IsolateHost, releaseThreadHost } from '../isolate/host.ts';
import { InspectedInstance } from '../isolate/inspected-instance.ts';
import type { CheckedOptions } from '../options.ts';
import type { RemoteLane } from '../pool/lane-choice.ts';
import type { PoolResources } from '../pool/resources.ts';
import type { RemoteHost } from '../remote/remote-host.ts';
import { RemoteInstance } from '../remote/remote-instance.ts';
import { Threads } from '../thread/threads.ts';
import type { Isolation } from '../types.ts';

/** Starts one cell works on at once. */
const STARTS_PER_CELL = 4;

export type Places = Pick<PoolResources, 'makeDirect' | 'remote'>;

export class Lanes {
  readonly #options: CheckedOptions;
  /** Tells instances of this engine from those of others. */
  readonly #mark: string;
  readonly #host: IsolateHost = acquireThreadHost();
  #threads: Threads | undefined;
  readonly #cells = new Map<Isolation, Cells>();
  /** Promises that can be kept here. */
  readonly #available = new Set<Isolation>(['thread']);
  #nextInstance = 1;
  #closed = false;

  constructor(options: CheckedOptions, mark: string) {
    this.#options = options;
    this.#mark = mark;
  }

  /** Threads and processes take longer to start than a build: lets them do it meanwhile. */
  warm({ isolation, lane }: DeclaredFunction): void {
    if (isolation === 'thread') this.#host.guard();
    if (isolation === 'thread' && this.#options.workers > 0 && lane !== 'direct') this.#workerThreads().warm();
  }

  /** Rejects with `JailUnavailable`; jailed cells have shown that they are locked in. */
  async assertAvailable(isolation: Isolation): Promise<void> {
    if (isolation === 'thread') return;
    const jail = isolation === 'jailed' ? await jailCommand() : undefined;
    const cells =
      this.#cells.get(isolation) ?? new Cells({ ...this.#options.cells, logger: this.#options.logger, jail });
    if (this.#closed) cells.close();
    this.#cells.set(isolation, cells);
    cells.warm();
    if (isolation === 'jailed') await cells.assertJailed();
    this.#available.add(isolation);
  }

  /** The lane away from the calling thread that functions of an isolation have, if any. */
  remoteLane(isolation: Isolation): RemoteLane | undefined {
    if (isolation !== 'thread') return 'cell';
    return this.#options.workers > 0 || this.#options.inspector !== undefined ? 'worker' : undefined;
  }

  /** Where a function's instances can live. Throws `JailUnavailable` when `assertAvailable` did, or was not asked. */
  placesFor({ functionName, isolation }: DeclaredFunction): Places {
    const cells = this.#cells.get(isolation);
    if (!this.#available.has(isolation)) {
      throw new IsopodError('JailUnavailable', `isolation '${isolation}' was not found to be kept here`);
    }
    const { workers, inspector } = this.#options;
    const lane = this.remoteLane(isolation);
    const hostFor = (): RemoteHost => cells?.homeOf(functionName) ?? this.#workerThreads().leastBusy(functionName);
    return {
      makeDirect: (of, owner) => new DirectInstance(this.#instanceId(functionName), of, owner, this.#host),
      remote:
        lane === undefined
          ? undefined
          : {
              lane,
              startsAtOnce: cells === undefined ? Math.max(1, workers) * 2 : STARTS_PER_CELL,
              make: (of, owner) => {
                if (inspector !== undefined && isolation === 'thread') {
                  return new InspectedInstance(this.#instanceId(functionName), of, owner, this.#host, inspector);
                }
                const number = this.#nextInstance;
                return new RemoteInstance(this.#instanceId(functionName), number, of, owner, hostFor());
              },
            },
    };
  }

  #instanceId(functionName: string): string {
    return `${shortName(functionName)}-${this.#mark}-${this.#nextInstance++}`;
  }

  #workerThreads(): Threads {
    const { workers: count, spinMs } = this.#options;
    this.#threads ??= new Threads({ count, spinMs, sentinel: this.#host.sentinel });
    return this.#threads;
  }

  /** Child processes there are now. */
  get cells(): { readonly process: number; readonly jailed: number } {
    return { process: this.#cells.get('process')?.size ?? 0, jailed: this.#cells.get('jailed')?.size ?? 0 };
  }

  /** Instances must have been stopped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#threads?.close();
    for (const cells of this.#cells.values()) cells.close();
    releaseThreadHost();
  }
}
