/**
 * The instances of one function, in one place because each decision counts all of them: started when they are needed, kept as
 * long as they should be, ended. What they do meanwhile is the pool's business. The actor that carries out what scaling.ts,
 * reclaim.ts and demand.ts decide.
 */
import { type IsopodError, toIsopodError } from '../errors.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance, InstanceOwner } from '../instance/instance.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { ColdStart, InstanceEnd, Lane } from '../types.ts';
import type { Claimant } from './capacity.ts';
import { Chronicle, type Decision } from './chronicle.ts';
import type { Offer } from './eviction.ts';
import type { Experience } from './experience.ts';
import { LANES, perLane } from './lanes.ts';
import { lookFor, offersOf } from './reclaim.ts';
import type { PoolResources } from './resources.ts';
import { Roster } from './roster.ts';
import { startsWanted } from './scaling.ts';
import { Standing } from './standing.ts';
import { type Started, Starter } from './starter.ts';

/** The pool. */
export interface Employer extends InstanceOwner {
  /** Lane of the next calls. */
  readonly lane: Lane;
  /** An instance takes calls; tells of those that waited for it. */
  hired(started: Started, decision: Decision): ColdStart | undefined;
  startFailed(decision: Decision, error: IsopodError): void;
  /** An instance takes no more calls. */
  left(instance: Instance): void;
  /** There may be room for more instances now. */
  retry(): void;
}

export class Staff implements Claimant {
  readonly #definition: Definition;
  readonly #employer: Employer;
  readonly #resources: PoolResources;
  readonly #experience: Experience;
  readonly #starter: Starter;
  readonly #standing: Standing;
  readonly chronicle: Chronicle;
  /** Those that take calls. */
  readonly rosters: Readonly<Record<Lane, Roster>> = perLane(() => new Roster());
  readonly #ending = new Set<Promise<void>>();
  #onDemand = true;
  #awake = false;
  #closed = false;

  constructor(definition: Definition, employer: Employer, resources: PoolResources, experience: Experience) {
    this.#definition = definition;
    this.#employer = employer;
    this.#resources = resources;
    this.#experience = experience;
    this.#starter = new Starter(definition, employer, this, resources, experience);
    this.chronicle = new Chronicle(definition, experience, resources.observer);
    this.#standing = new Standing({
      start: () => (this.#free > 0 ? this.begin(employer.lane, true) : undefined),
      release: (instance) => void this.end(instance, 'released'),
    });
    resources.capacity.open(this);
  }

  /** There are none, and none are to be. */
  get isEmpty(): boolean {
    const { sparesStarting } = this.#starter;
    return (
      this.#standing.target === 0 && this.#onDemand && sparesStarting + this.count === 0 && this.#ending.size === 0
    );
  }

  /** Those that take calls, those on the way, and spares. */
  get count(): number {
    return this.servingCount + this.#starter.startingCount + this.#starter.spareCount;
  }

  get servingCount(): number {
    const { direct, worker, cell } = this.rosters;
    return direct.size + worker.size + cell.size;
  }

  get spareCount(): number {
    return this.#starter.spareCount;
  }

  get provisionedCount(): number {
    return LANES.reduce((sum, lane) => sum + this.rosters[lane].provisionedCount, 0);
  }

  /** How many more may be started because calls come. */
  get room(): number {
    return this.#onDemand ? this.#free : 0;
  }

  /** How many more the function may have. */
  get #free(): number {
    return this.#definition.declared.maxInstances - this.count;
  }

  startingIn(lane: Lane): number {
    return this.#starter.starting[lane];
  }

  *serving(): IterableIterator<Instance> {
    for (const lane of LANES) yield* this.rosters[lane].all;
  }

  /** Begins as many starts as so many waiting calls need. */
  startFor(lane: Lane, waiting: number): void {
    if (waiting === 0) return;
    let wanted = startsWanted({
      waiting,
      starting: this.#starter.starting[lane],
      startsAtOnce: lane === 'direct' ? 1 : (this.#resources.remote?.startsAtOnce ?? 1),
      concurrency: this.#definition.declared.instanceConcurrency,
      room: this.room,
      spares: this.#starter.sparesIn(lane),
    });
    for (; wanted > 0; wanted--) if (this.begin(lane) === undefined) return;
  }

  /** Begins a start; undefined when there is no room. Resolves with why it failed, if it did. */
  begin(lane: Lane, provisioned = false): Promise<IsopodError | undefined> | undefined {
    const decision = this.#decided(lane);
    const starting = this.#starter.start(lane);
    if (starting === undefined) return undefined;
    if (!provisioned) this.#experience.demand.note(this.#starter.starting[lane], decision.at);
    return starting.then(
      (started) => this.#serve(started, decision, provisioned),
      (thrown: unknown) => {
        const error = toIsopodError(thrown);
        this.#employer.startFailed(decision, error);
        return error;
      },
    );
  }

  #decided(lane: Lane): Decision {
    const serving = this.rosters[lane].size;
    return this.chronicle.decided(lane, serving, this.servingCount - serving);
  }

  #serve(started: Started, decision: Decision, provisioned: boolean): undefined {
    const { instance, times } = started;
    instance.provisioned = provisioned;
    this.#add(instance);
    if (this.#closed) {
      void this.end(instance, 'closed');
      return;
    }
    instance.awake = provisioned && this.#awake;
    const coldStart = this.#employer.hired(started, decision);
    this.chronicle.started(instance, decision, times, coldStart);
    this.#keepSpares(instance.lane);
  }

  #add(instance: Instance): void {
    instance.idleSince = performance.now();
    this.rosters[instance.lane].add(instance);
  }

  /** Starts one on this thread and in this turn, for a call; undefined when there is no room. Throws when it takes waiting. */
  startNow(call: Call): DirectInstance | undefined {
    const decision = this.#decided('direct');
    const hasRoom = this.room > 0 || this.#starter.sparesIn('direct') > 0;
    const started = hasRoom ? this.#starter.startNow() : undefined;
    if (started === undefined) return undefined;
    const { instance, times } = started;
    const stages = this.chronicle.stages(decision, times, call.acceptedAt);
    call.startedCold(stages, performance.now());
    this.chronicle.started(instance, decision, times, this.chronicle.coldStart(decision, stages));
    this.#add(instance);
    this.#keepSpares('direct');
    return instance;
  }

  /** Off the critical path: after the call that took one has its answer. */
  #keepSpares(lane: Lane): void {
    this.#starter.keepSpares(lane, Math.min(this.#sparesWanted(performance.now()), this.room));
  }

  #sparesWanted(now: number): number {
    const { spareInstances } = this.#definition.declared;
    return spareInstances === 'auto' ? this.#experience.demand.wanted(now) : spareInstances;
  }

  /**
   * Instances to be kept ready from now on, whether they are called or not. `onDemand`: calls may start others; `awake`: the
   * timers of those that are kept go on between calls.
   */
  provision(target: number, { onDemand = true, awake = false }: { onDemand?: boolean; awake?: boolean } = {}): void {
    this.#onDemand = onDemand;
    this.#awake = awake;
    this.#standing.aim(Math.min(target, this.#definition.declared.maxInstances));
    this.keepTarget();
  }

  get target(): number {
    return this.#standing.target;
  }

  /** Why provisioned instances are missing, when they are. */
  get provisionError(): IsopodError | undefined {
    return this.#standing.errorFor(this.provisionedCount);
  }

  keepTarget(): void {
    if (this.#closed) return;
    this.#standing.keep(this.rosters[this.#employer.lane]);
    for (const instance of this.serving()) instance.awake = instance.provisioned && this.#awake;
  }

  /** Now and then: lets those go that were idle for too long, and sees to it that there are those there should be. */
  sweep(now: number): void {
    const limitMs = this.#definition.declared.idleTimeout * 1_000;
    for (const instance of this.serving()) this.#resources.capacity.refresh(instance);
    const { overdue, used } = lookFor(this.rosters, now, limitMs);
    for (const instance of overdue) void this.end(instance, 'idle', `${limitMs / 1_000} s without a call`);
    if (used) this.#experience.activity.note(now);
    this.#trimSpares(now, limitMs);
    this.keepTarget();
  }

  /** Spares go with the last instance they could stand in for, or when fewer are wanted. */
  #trimSpares(now: number, limitMs: number): void {
    let extra = this.spareCount - this.#sparesWanted(now);
    for (const spare of [...this.#starter.spares()]) {
      if (extra-- > 0 || (this.servingCount === 0 && now - spare.idleSince >= limitMs)) void this.end(spare, 'idle');
    }
  }

  offers(now: number): IterableIterator<Offer> {
    return offersOf(this.rosters, this.#starter.spares(), this.#experience, now);
  }

  evict(instance: Instance): void {
    void this.end(instance, 'evicted', 'memoryBudgetMB or maxInstances of the engine');
  }

  retry(): void {
    this.#employer.retry();
    this.keepTarget();
  }

  /** An instance is gone, or takes no more calls from now on. */
  gone(instance: Instance, how: InstanceEnd, detail?: string): void {
    this.#resources.capacity.remove(instance);
    if (this.#starter.drop(instance) || !this.rosters[instance.lane].remove(instance)) return;
    this.chronicle.ended(instance, how, detail);
    this.#employer.left(instance);
  }

  /** Takes an instance out of service; preStop runs, nothing is awaited by callers. */
  end(instance: Instance, how: InstanceEnd, detail?: string): Promise<void> {
    this.gone(instance, how, detail);
    const ending = instance.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return ending;
  }

  /** Spares end, and those still starting will. */
  closing(error: IsopodError): void {
    this.#closed = true;
    this.#starter.close(error);
  }

  /** Ends all; those with calls at once. */
  async close(error: IsopodError): Promise<void> {
    for (const instance of [...this.serving()]) {
      if (instance.openCount > 0) instance.kill(error);
      else void this.end(instance, 'closed');
    }
    await Promise.all(this.#ending);
    this.rest();
  }

  /** Nothing is left that others could need the memory of. */
  rest(): void {
    this.#resources.capacity.close(this);
  }
}
