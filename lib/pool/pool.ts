/**
 * The calls of one function, in one place because each of them may change where the next one goes: which instance takes a
 * call, which calls wait. The actor that carries out what placement.ts and lane-choice.ts decide; its instances are the
 * staff's business.
 */
import { setTimeout } from 'node:timers/promises';
import { IsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance } from '../instance/instance.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { ColdStart, Lane } from '../types.ts';
import type { Decision } from './chronicle.ts';
import type { Experience } from './experience.ts';
import { Fifo } from './fifo.ts';
import { LaneChoice } from './lane-choice.ts';
import { LANES, perLane } from './lanes.ts';
import { place } from './placement.ts';
import type { PoolResources } from './resources.ts';
import { type Employer, Staff } from './staff.ts';
import type { Started } from './starter.ts';

/** Milliseconds between two looks at whether calls have ended. */
const DRAIN_LOOK_MS = 5;

export class Pool implements Employer {
  readonly definition: Definition;
  /** A direct instance with nothing to do while nobody waits: the hot path calls it without asking anything else. */
  quick: DirectInstance | undefined;
  readonly staff: Staff;
  readonly #resources: PoolResources;
  readonly #experience: Experience;
  readonly #choice: LaneChoice;
  /** Where calls go: the choice's lane, as soon as there are instances. */
  #lane: Lane;
  readonly #waiting: Readonly<Record<Lane, Fifo>> = perLane(() => new Fifo());
  #draining = false;
  #lastLoss: IsopodError | undefined;
  #closed = false;
  /** `performance.now()` since when there has been nothing in it. */
  emptySince: number = performance.now();
  /** Its deadlines are looked after. */
  isWatched = false;

  constructor(definition: Definition, resources: PoolResources, experience: Experience) {
    this.definition = definition;
    this.#resources = resources;
    this.#experience = experience;
    experience.choice ??= new LaneChoice(definition.declared.lane, resources.remote?.lane);
    this.#choice = experience.choice;
    this.#lane = this.#choice.lane;
    this.staff = new Staff(definition, this, resources, experience);
  }

  /** Nothing runs, starts, ends or waits here, and nothing is to be kept ready. */
  get isEmpty(): boolean {
    return this.waitingCount === 0 && this.staff.isEmpty;
  }

  get lane(): Lane {
    return this.#lane;
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

  /** What the instances that take calls are taken to hold. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const instance of this.staff.serving()) bytes += instance.bytes;
    return bytes;
  }

  /** An instance waits for the next call. */
  get hasIdle(): boolean {
    return this.staff.rosters[this.#lane].idle !== undefined;
  }

  get waitingCount(): number {
    const { direct, worker, cell } = this.#waiting;
    return direct.size + worker.size + cell.size;
  }

  /** Calls that run. */
  get openCount(): number {
    let open = 0;
    for (const instance of this.staff.serving()) open += instance.openCount;
    return open;
  }

  /** Waiting calls, oldest first per lane. */
  *waiting(): IterableIterator<Call> {
    for (const lane of LANES) yield* this.#waiting[lane];
  }

  /** Takes a call: it runs, waits, or fails at once with `ResourceExhausted`. */
  submit(call: Call, lane: Lane = this.#lane): void {
    if (this.#closed) return call.fail(closed());
    this.definition.watch(call);
    this.#give(call, lane);
  }

  /** A call that was offered elsewhere is this engine's own after all. */
  comeBack(call: Call): void {
    if (this.#closed) return call.fail(closed());
    call.stays = true;
    this.#give(call, this.#lane);
  }

  #give(call: Call, lane: Lane): void {
    if (!this.isWatched) this.#resources.watch(this);
    const waiting = this.#waiting[lane];
    const choice = waiting.size > 0 ? 'wait' : this.#place(lane, call.waitsUntimed);
    if (typeof choice === 'object') {
      this.#hand(choice, call, submitTo);
      if (lane === 'direct') this.#findQuick();
      return;
    }
    const { elsewhere } = this.#resources;
    if (elsewhere !== undefined && !call.stays && !call.waitsUntimed && elsewhere(this, call)) return;
    if (this.waitingCount >= this.#resources.maxWaiting && (choice === 'wait' || this.waitingCount > 0)) {
      return call.fail(this.#exhausted());
    }
    waiting.push(call);
    this.staff.startFor(lane, waiting.size);
  }

  #exhausted(): IsopodError {
    const { functionName, maxInstances } = this.definition.declared;
    const hasRoom = this.staff.room > 0;
    const short = hasRoom
      ? 'there is no memory for another instance'
      : `all instances are busy (at most ${maxInstances})`;
    return new IsopodError(
      'ResourceExhausted',
      `${functionName}: ${short} and ${this.waitingCount} calls wait already; ` +
        `raise ${hasRoom ? 'memoryBudgetMB' : 'maxInstances'} or maxWaiting, or call again later`,
      { retryAfterMs: 1_000 },
    );
  }

  #place(lane: Lane, queued: boolean): Instance | 'start' | 'wait' {
    return place(this.staff.rosters[lane], {
      concurrency: this.definition.declared.instanceConcurrency,
      serviceMs: this.#choice.averageMs,
      startMs: this.#experience.startMs,
      mayStart: this.staff.room > 0,
      // A fresh instance is one call's; and what a call uses of the processor can be told only while it is alone.
      queues: lane !== 'direct' && this.definition.cpuMs === 0 && !this.definition.declared.freshInstance,
      queued,
    });
  }

  /** Gives a call to an instance. On this thread it may be over before the books know of it. */
  #hand<T extends Instance>(instance: T, call: Call, give: (instance: T, call: Call) => void): void {
    if (this.quick === (instance as Instance)) this.quick = undefined;
    const roster = this.staff.rosters[instance.lane];
    roster.used(instance);
    give(instance, call);
    roster.freed(instance);
  }

  /** Gives waiting calls to instances with room. The first that waited for `started` makes it a cold start. */
  #drain(lane: Lane, started?: Started, decision?: Decision): ColdStart | undefined {
    if (this.#draining) return undefined;
    this.#draining = true;
    const waiting = this.#waiting[lane];
    let coldStart: ColdStart | undefined;
    while (waiting.size > 0) {
      const call = waiting.shift();
      if (call === undefined) break;
      const instance = this.#place(lane, call.waitsUntimed);
      if (typeof instance !== 'object') {
        waiting.unshift([call]);
        break;
      }
      if (started !== undefined && decision !== undefined) {
        const { chronicle } = this.staff;
        const stages = chronicle.stages(decision, started.times, call.acceptedAt);
        call.startedCold(stages, performance.now());
        coldStart ??= chronicle.coldStart(decision, stages);
      }
      this.#hand(instance, call, submitTo);
    }
    this.#draining = false;
    this.staff.startFor(lane, waiting.size);
    this.#findQuick();
    // Calls that ended while others were handed out told nobody.
    if (waiting.size === 0) this.#resources.capacity.idle();
    return coldStart;
  }

  hired(started: Started, decision: Decision): ColdStart | undefined {
    const { lane } = started.instance;
    const coldStart = this.#drain(lane, started, decision);
    if (lane === 'direct') this.#aim();
    return coldStart;
  }

  /** With nobody to serve them, those who waited for a start that failed learn why. */
  startFailed({ lane, at }: Decision, error: IsopodError): void {
    const { observers, observed } = this.definition;
    if (observers.instanceOn) {
      const { functionName, versionId } = observed;
      observers.instance({ event: 'startFailed', functionName, versionId, lane, instanceId: undefined, error });
    }
    const waiting = this.#waiting[lane];
    if (this.staff.rosters[lane].size === 0 && this.staff.startingIn(lane) === 0) {
      const later: Call[] = [];
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        if (call.acceptedAt > at) later.push(call);
        else call.fail(IsopodError.fromRecord(error.toJSON()));
      }
      waiting.unshift(later);
    }
    this.staff.startFor(lane, waiting.size);
  }

  left(instance: Instance): void {
    if (this.quick === instance) this.#findQuick();
  }

  retry(): void {
    for (const lane of LANES) this.staff.startFor(lane, this.#waiting[lane].size);
  }

  /** Finds an instance for the hot path, if there may be one. */
  #findQuick(): void {
    const { freshInstance } = this.definition.declared;
    const mayBe = this.#lane === 'direct' && this.#waiting.direct.size === 0 && !freshInstance && !this.#closed;
    this.quick = mayBe ? this.idleDirect() : undefined;
  }

  /** A direct instance with room, started in this turn if need be. Throws when that takes waiting. */
  startNow(call: Call): DirectInstance {
    const { isolation } = this.definition.declared;
    if (isolation !== 'thread') {
      const why = `A function with isolation '${isolation}' runs in another process; use invoke`;
      throw new IsopodError('NotSynchronous', why);
    }
    const instance = this.staff.startNow(call);
    if (instance === undefined) throw this.#exhausted();
    return instance;
  }

  /** Any direct instance with room. */
  idleDirect(): DirectInstance | undefined {
    const roster = this.staff.rosters.direct;
    if (roster.idle !== undefined) return roster.idle as DirectInstance;
    const { instanceConcurrency } = this.definition.declared;
    if (instanceConcurrency === 1) return undefined;
    for (const instance of roster.busy) {
      if (instance.openCount < instanceConcurrency) return instance as DirectInstance;
    }
    return undefined;
  }

  /** Gives a reply of the hot path that has more to it to the call made for it. */
  adopt(instance: DirectInstance, call: Call, reply: string): void {
    if (!this.isWatched) this.#resources.watch(this);
    this.definition.watch(call);
    this.#hand(instance, call, (to) => to.adopt(call, reply));
    this.#findQuick();
  }

  /** A call that is to be over in this turn. */
  submitNow(instance: DirectInstance, call: Call): void {
    if (!this.isWatched) this.#resources.watch(this);
    this.definition.watch(call);
    this.#hand(instance, call, (to) => to.submitNow(call));
    this.#findQuick();
  }

  /** As `takeLastLoss`, and leaves it to be taken. */
  get lastLoss(): IsopodError | undefined {
    return this.#lastLoss;
  }

  /** Why the instance of the hot path's last call is gone. */
  takeLastLoss(): IsopodError | undefined {
    const loss = this.#lastLoss;
    this.#lastLoss = undefined;
    return loss;
  }

  /** A measured call of the hot path; milliseconds. */
  observe(serviceMs: number): void {
    if (this.#choice.observe(serviceMs)) this.#aim();
  }

  /** Follows the choice of lane: to the calling thread when there are instances, away from it at once. */
  #aim(): void {
    const { lane } = this.#choice;
    if (lane === this.#lane || this.#closed) return;
    const { staff } = this;
    if (lane !== 'direct' || staff.rosters.direct.size >= Math.max(1, staff.target)) {
      this.#lane = lane;
      staff.keepTarget();
      this.#findQuick();
    } else if (staff.startingIn('direct') === 0 && staff.room > 0) {
      void staff.begin('direct');
    }
  }

  ended(instance: Instance, serviceMs: number | undefined): void {
    const { lane } = instance;
    const idle = this.staff.rosters[lane].freed(instance);
    if (serviceMs !== undefined) this.observe(serviceMs);
    if (this.definition.declared.freshInstance) return this.#used(instance);
    if (this.#draining) return;
    if (this.#waiting[lane].size > 0) this.#drain(lane);
    else if (lane === 'direct' && this.quick === undefined) this.#findQuick();
    if (idle) this.#resources.capacity.idle();
  }

  /** A fresh instance has had its call: it ends, and those who wait get others. */
  #used(instance: Instance): void {
    void this.staff.end(instance, 'used');
    this.staff.startFor(instance.lane, this.#waiting[instance.lane].size);
  }

  lost(instance: Instance, error: IsopodError, notBegun: Call[]): void {
    const { lane } = instance;
    this.#lastLoss = error;
    this.staff.gone(instance, 'lost', error.code);
    if (lane === 'direct' && error.code === 'FunctionTimeout' && this.#choice.offend()) this.#aim();
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
    this.staff.keepTarget();
  }

  /** A call that waits was given up by its caller or its deadline. */
  forget(call: Call): void {
    for (const lane of LANES) {
      for (const waiting of this.#waiting[lane]) if (waiting === call) this.#waiting[lane].forget();
    }
  }

  /** Now and then. */
  sweep(now: number): void {
    if (!this.isEmpty) this.emptySince = now;
    this.staff.sweep(now);
    this.#aim();
  }

  /** Starts instances where the next calls would; resolves when they serve or could not be started. */
  async prewarm(count: number): Promise<void> {
    const starts: unknown[] = [];
    for (let at = 0; at < count && this.staff.room > 0; at++) starts.push(this.staff.begin(this.#lane));
    await Promise.all(starts);
  }

  /** Resolves when every call it was given has ended. */
  async drained(): Promise<void> {
    while (!this.#closed && (this.openCount > 0 || this.waitingCount > 0)) await setTimeout(DRAIN_LOOK_MS);
  }

  /** It is given up for now: nothing is in it. */
  rest(): void {
    this.staff.rest();
  }

  /** No more calls. Waiting ones fail; open ones may finish within `graceMs`, then fail. */
  async close(graceMs: number): Promise<void> {
    const error = closed();
    this.#closed = true;
    this.quick = undefined;
    for (const lane of LANES) {
      for (let call = this.#waiting[lane].shift(); call !== undefined; call = this.#waiting[lane].shift()) {
        call.fail(error);
      }
    }
    this.staff.closing(error);
    const until = performance.now() + graceMs;
    while (this.openCount > 0 && performance.now() < until) await setTimeout(DRAIN_LOOK_MS);
    await this.staff.close(error);
  }
}

const submitTo = (instance: Instance, call: Call): void => instance.submit(call);

const closed = (): IsopodError => new IsopodError('EngineClosed', 'The engine is closed, or the function was deleted');
