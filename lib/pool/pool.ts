/**
 * The instances of one function, in one place because every decision looks at all of them: which takes a call, when to start another, when to let one go. The actor that
 * carries out what lane-choice.ts and placement.ts decide; owner of the function's one waiting list.
 */

import { setTimeout } from 'node:timers/promises';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance, InstanceOwner, StartReport } from '../instance/instance.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { ColdStartStages, Lane } from '../types.ts';
import type { Experience } from './experience.ts';
import { Fifo } from './fifo.ts';
import { LaneChoice, type RemoteLane } from './lane-choice.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { place } from './placement.ts';

/** What every pool of an engine shares. */
export interface PoolResources {
  readonly budget: MemoryBudget;
  /** Calls of one function that may wait. */
  readonly maxWaiting: number;
  makeDirect(definition: Definition, owner: InstanceOwner): DirectInstance;
  /** Where instances live away from the calling thread; undefined when there is no such place. */
  readonly remote: RemotePlace | undefined;
}

export interface RemotePlace {
  readonly lane: RemoteLane;
  /** Starts it can work on at once. */
  readonly startsAtOnce: number;
  make(definition: Definition, owner: InstanceOwner): Instance;
}

/** One of each lane. */
function perLane<T>(make: () => T): Record<Lane, T> {
  return { direct: make(), worker: make(), cell: make() };
}
const LANES = ['direct', 'worker', 'cell'] as const;

/** Times a start is tried whose thread or process ended under it. */
const START_ATTEMPTS = 3;
/** Milliseconds between two looks at whether calls have ended. */
const DRAIN_LOOK_MS = 5;

export class Pool implements InstanceOwner {
  readonly definition: Definition;
  /** A direct instance with nothing to do while nobody waits: the hot path calls it without asking anything else. */
  quick: DirectInstance | undefined;
  readonly #resources: PoolResources;
  readonly #experience: Experience;
  readonly #choice: LaneChoice;
  readonly #serving: Record<Lane, Set<Instance>> = perLane(() => new Set<Instance>());
  readonly #starting: Record<Lane, number> = perLane(() => 0);
  readonly #spares: Record<Lane, Instance[]> = perLane<Instance[]>(() => []);
  #sparesStarting = 0;
  readonly #waiting: Record<Lane, Fifo> = perLane(() => new Fifo());
  #draining = false;
  #lastLoss: IsopodError | undefined;
  #closed = false;
  readonly #ending = new Set<Promise<void>>();
  /** `performance.now()` since when there has been nothing in it. */
  emptySince: number = performance.now();

  constructor(definition: Definition, resources: PoolResources, experience: Experience) {
    this.definition = definition;
    this.#resources = resources;
    this.#experience = experience;
    experience.choice ??= new LaneChoice(definition.declared.lane, resources.remote?.lane);
    this.#choice = experience.choice;
  }

  /** Nothing runs, starts, ends or waits here. */
  get isEmpty(): boolean {
    return this.instanceCount === 0 && this.#sparesStarting === 0 && this.waitingCount === 0 && this.#ending.size === 0;
  }

  /** Lane of the next synchronous call. */
  get lane(): Lane {
    return this.#choice.lane;
  }

  /** Milliseconds a call holds an instance, on average, where measured. */
  get averageMs(): number | undefined {
    return this.#choice.averageMs;
  }

  /** Lane of queued calls: away from the calling thread, where that is possible. */
  get queueLane(): Lane {
    const { remote } = this.#resources;
    return remote !== undefined && this.definition.declared.lane !== 'direct' ? remote.lane : 'direct';
  }

  get instanceCount(): number {
    let count = 0;
    for (const lane of LANES) count += this.#serving[lane].size + this.#starting[lane] + this.#spares[lane].length;
    return count;
  }

  /** Instances that take calls. */
  get servingCount(): number {
    let count = 0;
    for (const lane of LANES) count += this.#serving[lane].size;
    return count;
  }

  get spareCount(): number {
    let count = 0;
    for (const lane of LANES) count += this.#spares[lane].length;
    return count;
  }

  get waitingCount(): number {
    let count = 0;
    for (const lane of LANES) count += this.#waiting[lane].size;
    return count;
  }

  get openCount(): number {
    let open = 0;
    for (const instance of this.serving()) open += instance.openCount;
    return open;
  }

  *serving(): IterableIterator<Instance> {
    for (const lane of LANES) yield* this.#serving[lane];
  }

  /** Waiting calls, oldest first per lane. */
  *waiting(): IterableIterator<Call> {
    for (const lane of LANES) yield* this.#waiting[lane];
  }

  /** Takes a call: it runs, waits, or fails at once with `ResourceExhausted`. */
  submit(call: Call, lane: Lane = this.lane): void {
    if (this.#closed)
      return call.fail(new IsopodError('EngineClosed', 'The function was deleted or the engine is closed'));
    const waiting = this.#waiting[lane];
    const choice = waiting.size > 0 ? 'wait' : this.#place(lane, call.waitsUntimed);
    if (typeof choice === 'object') return this.#give(choice, call);
    if (this.waitingCount >= this.#resources.maxWaiting && (choice === 'wait' || this.waitingCount > 0)) {
      return call.fail(this.#exhausted());
    }
    waiting.push(call);
    this.#startWhatIsNeeded(lane);
  }

  #exhausted(): IsopodError {
    const { functionName, maxInstances } = this.definition.declared;
    return new IsopodError(
      'ResourceExhausted',
      `${functionName}: all instances are busy (at most ${maxInstances}) and ${this.waitingCount} calls wait already; ` +
        `raise maxInstances or maxWaiting, or call again later`,
      { retryAfterMs: 1_000 },
    );
  }

  #place(lane: Lane, queued: boolean): Instance | 'start' | 'wait' {
    return place(this.#serving[lane], {
      concurrency: this.definition.declared.instanceConcurrency,
      serviceMs: this.#choice.averageMs,
      startMs: this.#experience.startMs,
      mayStart: this.instanceCount < this.definition.declared.maxInstances,
      // A fresh instance is one call's; and what a call uses of the processor can be told only while it is alone.
      queues: lane !== 'direct' && this.definition.cpuMs === 0 && !this.definition.declared.freshInstance,
      queued,
    });
  }

  #give(instance: Instance, call: Call): void {
    if (this.quick === instance) this.quick = undefined;
    instance.submit(call);
    if (instance.lane === 'direct') this.#findQuick();
  }

  /** As many starts as calls wait, but no more at once than threads can work on. */
  #startWhatIsNeeded(lane: Lane): void {
    const { instanceConcurrency } = this.definition.declared;
    const atOnce = lane === 'direct' ? 1 : (this.#resources.remote?.startsAtOnce ?? 1);
    while (
      this.#starting[lane] < Math.min(atOnce, Math.ceil(this.#waiting[lane].size / instanceConcurrency)) &&
      (this.#spares[lane].length > 0 || this.instanceCount < this.definition.declared.maxInstances)
    ) {
      void this.#start(lane);
    }
  }

  #start(lane: Lane): Promise<void> {
    this.#starting[lane]++;
    const began = performance.now();
    return this.#startInstance(lane, began).then(
      (report) => this.#drain(lane, report, began),
      (error: unknown) => {
        this.#starting[lane]--;
        this.#startFailed(lane, toIsopodError(error), began);
      },
    );
  }

  async #startInstance(lane: Lane, began: number): Promise<StartReport> {
    const spare = this.#spares[lane].shift();
    const instance = spare ?? (await this.#prepared(lane));
    const report = await instance.activate();
    this.#starting[lane]--;
    this.#serve(instance);
    if (spare === undefined) this.#experience.startMs = performance.now() - began;
    return spare === undefined ? report : { ...report, restoreMs: 0, evaluateMs: 0 };
  }

  /** A new instance. Where its thread or process ends under it, another place is tried. */
  async #prepared(lane: Lane, attempt = 1): Promise<Instance> {
    const instance = this.#make(lane);
    try {
      await instance.prepare();
      return instance;
    } catch (error) {
      const again = toIsopodError(error).code === 'InstanceLost' && attempt < START_ATTEMPTS && !this.#closed;
      if (!again) throw error;
      return this.#prepared(lane, attempt + 1);
    }
  }

  #make(lane: Lane): Instance {
    const { remote } = this.#resources;
    if (lane === 'direct' || remote === undefined) return this.#resources.makeDirect(this.definition, this);
    return remote.make(this.definition, this);
  }

  #serve(instance: Instance): void {
    this.#experience.coldStarts++;
    instance.idleSince = performance.now();
    this.#serving[instance.lane].add(instance);
    this.#resources.budget.add(instance);
    this.#keepSpares(instance.lane);
    if (this.#closed) void this.#end(instance);
  }

  /** Starts spares off the critical path, after the call that took one has its answer. */
  #keepSpares(lane: Lane): void {
    const wanted = this.definition.declared.spareInstances;
    if (wanted === 0 || this.#closed || this.#spares[lane].length + this.#sparesStarting >= wanted) return;
    this.#sparesStarting++;
    setImmediate(() => {
      const instance = this.#make(lane);
      instance
        .prepare()
        .then(
          () => {
            if (this.#closed) return instance.stop();
            this.#spares[lane].push(instance);
            return undefined;
          },
          () => undefined,
        )
        .finally(() => {
          this.#sparesStarting--;
          this.#keepSpares(lane);
        });
    });
  }

  /** A start came to nothing. With nobody to serve them, those who waited for it learn why. */
  #startFailed(lane: Lane, error: IsopodError, began: number): void {
    if (this.#serving[lane].size === 0 && this.#starting[lane] === 0) {
      const later: Call[] = [];
      for (let call = this.#waiting[lane].shift(); call !== undefined; call = this.#waiting[lane].shift()) {
        if (call.acceptedAt > began) later.push(call);
        else call.fail(IsopodError.fromRecord(error.toJSON()));
      }
      this.#waiting[lane].unshift(later);
    }
    this.#startWhatIsNeeded(lane);
  }

  /** Gives waiting calls to instances with room. `report`: of an instance just started. */
  #drain(lane: Lane, report?: StartReport, began = 0): void {
    if (this.#draining) return;
    this.#draining = true;
    const waiting = this.#waiting[lane];
    while (waiting.size > 0) {
      const call = waiting.shift();
      if (call === undefined) break;
      const instance = this.#place(lane, call.waitsUntimed);
      if (typeof instance !== 'object') {
        waiting.unshift([call]);
        break;
      }
      if (report !== undefined) call.stages = this.stagesOf(call, report, began);
      instance.submit(call);
    }
    this.#draining = false;
    this.#startWhatIsNeeded(lane);
    this.#findQuick();
  }

  /** The stages of the cold start a call waited for. */
  stagesOf(call: Call, report: StartReport, began: number): ColdStartStages {
    const { buildTimes } = this.definition;
    this.definition.buildTimes = undefined;
    const builds = buildTimes ?? { codeLoadMs: 0, unzipMs: 0, bundleMs: 0, imageBuildMs: 0 };
    return { queueMs: Math.max(0, began - call.acceptedAt), ...builds, ...report };
  }

  /** Finds an instance for the hot path, if there may be one. */
  #findQuick(): void {
    this.quick = undefined;
    if (this.lane !== 'direct' || this.#waiting.direct.size > 0 || this.definition.declared.freshInstance) return;
    for (const instance of this.#serving.direct) {
      if (instance.openCount < this.definition.declared.instanceConcurrency) {
        this.quick = instance as DirectInstance;
        return;
      }
    }
  }

  /** A direct instance with room, started in this turn if need be. Throws when that takes waiting. */
  startNow(): { readonly instance: DirectInstance; readonly report: StartReport } {
    if (this.definition.declared.isolation !== 'thread') {
      throw new IsopodError(
        'NotSynchronous',
        `A function with isolation '${this.definition.declared.isolation}' runs in another process; use invoke`,
      );
    }
    let instance = this.#spares.direct.shift() as DirectInstance | undefined;
    const wasSpare = instance !== undefined;
    let failure: IsopodError | undefined;
    let done = wasSpare;
    if (instance === undefined) {
      if (this.instanceCount >= this.definition.declared.maxInstances) throw this.#exhausted();
      instance = this.#resources.makeDirect(this.definition, this);
      instance.prepareNow((error) => {
        done = true;
        failure = error;
      });
    }
    let started: StartReport | undefined;
    if (done && failure === undefined) {
      instance.activateNow((error, report) => {
        failure = error;
        started = report;
      });
    }
    if (failure !== undefined) throw failure;
    if (started === undefined) {
      instance.kill(new IsopodError('InstanceLost', 'The start was given up'));
      throw new IsopodError(
        'NotSynchronous',
        'The module or its initializer awaits something; use invoke instead of invokeSync',
      );
    }
    this.#serve(instance);
    this.#findQuick();
    return { instance, report: wasSpare ? { ...started, restoreMs: 0, evaluateMs: 0 } : started };
  }

  /** Any direct instance with room, for a synchronous call of a function that runs on workers otherwise. */
  idleDirect(): DirectInstance | undefined {
    for (const instance of this.#serving.direct) {
      if (instance.openCount < this.definition.declared.instanceConcurrency) return instance as DirectInstance;
    }
    return undefined;
  }

  /** Gives a reply of the hot path that has more to it to the call made for it. */
  adopt(instance: DirectInstance, call: Call, reply: string): void {
    if (this.quick === instance) this.quick = undefined;
    instance.adopt(call, reply);
    this.#findQuick();
  }

  /** Why the instance of the hot path's last call is gone. */
  takeLastLoss(): IsopodError | undefined {
    const loss = this.#lastLoss;
    this.#lastLoss = undefined;
    return loss;
  }

  /** A measured call of the hot path; milliseconds. */
  observe(serviceMs: number): void {
    if (!this.#choice.observe(serviceMs)) return;
    if (this.#choice.lane !== 'direct') this.quick = undefined;
    else if (this.#serving.direct.size === 0 && this.#starting.direct === 0) void this.#start('direct');
    else this.#findQuick();
  }

  ended(instance: Instance, serviceMs: number | undefined): void {
    instance.idleSince = 0;
    if (serviceMs !== undefined) this.observe(serviceMs);
    if (this.definition.declared.freshInstance) return this.#used(instance);
    if (this.#draining) return;
    if (this.#waiting[instance.lane].size > 0) this.#drain(instance.lane);
    else if (instance.lane === 'direct' && this.quick === undefined) this.#findQuick();
  }

  /** A fresh instance has had its call: it ends, and those who wait get others. */
  #used(instance: Instance): void {
    void this.#end(instance);
    this.#startWhatIsNeeded(instance.lane);
  }

  lost(instance: Instance, error: IsopodError, notBegun: Call[]): void {
    const { lane } = instance;
    this.#lastLoss = error;
    if (this.#serving[lane].delete(instance)) this.#resources.budget.remove(instance);
    const spare = this.#spares[lane].indexOf(instance);
    if (spare >= 0) this.#spares[lane].splice(spare, 1);
    if (this.quick === instance) this.quick = undefined;
    if (lane === 'direct' && error.code === 'FunctionTimeout') this.#choice.offend();
    if (this.#closed) {
      for (const call of notBegun) call.fail(error);
      return;
    }
    const again = notBegun.filter((call) => !call.done);
    // Their time went to a neighbour's call; they get it anew.
    const renewed = performance.now() + this.definition.timeoutMs;
    for (const call of again)
      call.deadlineAt = call.waitsUntimed ? Number.POSITIVE_INFINITY : Math.max(call.deadlineAt, renewed);
    this.#waiting[lane].unshift(again);
    this.#drain(lane);
  }

  /** A call that waits was given up by its caller or its deadline. */
  forget(call: Call): void {
    for (const lane of LANES) {
      for (const waiting of this.#waiting[lane]) if (waiting === call) this.#waiting[lane].forget();
    }
  }

  /** Now and then: lets instances go that were idle for too long, and offers idle ones to the memory budget. */
  sweep(now: number): void {
    if (!this.isEmpty) this.emptySince = now;
    const limitMs = this.definition.declared.idleTimeout * 1_000;
    for (const instance of this.serving()) {
      if (instance.openCount > 0 || instance.idleSweeps++ === 0) {
        instance.idleSince = now;
        this.#resources.budget.busy(instance);
      } else if (now - instance.idleSince >= limitMs) {
        void this.#end(instance);
      } else {
        this.#resources.budget.idle(instance, () => void this.#end(instance));
      }
    }
  }

  /** Takes an instance out of service; preStop runs, nothing is awaited by callers. */
  #end(instance: Instance): Promise<void> {
    if (this.#serving[instance.lane].delete(instance)) this.#resources.budget.remove(instance);
    if (this.quick === instance) this.quick = undefined;
    this.#findQuick();
    const ending = instance.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  /** Starts instances where the next calls would; resolves when they serve or could not be started. */
  async prewarm(count: number): Promise<void> {
    const { lane } = this;
    const wanted = Math.min(count, this.definition.declared.maxInstances);
    const starts: Promise<unknown>[] = [];
    for (let at = 0; at < wanted; at++) starts.push(this.#start(lane));
    await Promise.all(starts);
  }

  /** Resolves when every call it was given has ended. */
  async drained(): Promise<void> {
    while (!this.#closed && (this.openCount > 0 || this.waitingCount > 0)) await setTimeout(DRAIN_LOOK_MS);
  }

  /** No more calls. Waiting ones fail; open ones may finish within `graceMs`, then fail. */
  async close(graceMs: number): Promise<void> {
    const error = new IsopodError('EngineClosed', 'The engine is closed, or the function was deleted');
    this.#closed = true;
    this.quick = undefined;
    for (const lane of LANES) {
      for (let call = this.#waiting[lane].shift(); call !== undefined; call = this.#waiting[lane].shift())
        call.fail(error);
      for (const spare of this.#spares[lane].splice(0)) spare.kill(error);
    }
    const until = performance.now() + graceMs;
    while (this.openCount > 0 && performance.now() < until) await setTimeout(DRAIN_LOOK_MS);
    for (const instance of [...this.serving()]) {
      if (instance.openCount > 0) instance.kill(error);
      else void this.#end(instance);
    }
    await Promise.all(this.#ending);
  }
}
