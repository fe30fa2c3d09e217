/**
 * One function in the simulation, in one class because calls and instances decide about each other: it asks the same deciders as
 * the engine's pool and staff (placement, scaling, demand, reclaim, worth, capacity), and does in virtual time what they say.
 */
import type { Pooled } from '../../lib/instance/instance.ts';
import type { Capacity, Claimant } from '../../lib/pool/capacity.ts';
import type { Clock } from '../../lib/pool/clock.ts';
import { Demand } from '../../lib/pool/demand.ts';
import type { Offer } from '../../lib/pool/eviction.ts';
import { perLane } from '../../lib/pool/lanes.ts';
import { place } from '../../lib/pool/placement.ts';
import { lookFor, offersOf } from '../../lib/pool/reclaim.ts';
import { Roster } from '../../lib/pool/roster.ts';
import { startsWanted } from '../../lib/pool/scaling.ts';
import { Activity } from '../../lib/pool/worth.ts';
import type { Profile } from './functions.ts';
import type { Outcome } from './outcome.ts';
import type { Policy } from './policies.ts';
import type { Random } from './random.ts';

export interface SimInstance extends Pooled {
  openCount: number;
}

/** What all functions of a simulation share. */
export interface World {
  readonly clock: Clock;
  readonly capacity: Capacity<SimInstance>;
  readonly policy: Policy;
  readonly outcome: Outcome;
  /** How long calls take. */
  readonly random: Random;
}

/** As the engine's defaults. */
const MAX_INSTANCES = 100;
const MAX_WAITING = 10_000;
const STARTS_AT_ONCE = 4;
/** Calls of one function differ by this; of the logarithm. */
const RUN_SIGMA = 0.5;

export class SimPool implements Claimant<SimInstance> {
  readonly #world: World;
  readonly #profile: Profile;
  readonly #rosters = perLane(() => new Roster<SimInstance>());
  readonly #roster: Roster<SimInstance> = this.#rosters.direct;
  /** Times of arrival. */
  #waiting: number[] = [];
  #starting = 0;
  #sparesStarting = 0;
  readonly #spares: SimInstance[] = [];
  readonly #activity = new Activity();
  readonly #demand = new Demand();
  #leastStartMs = Number.POSITIVE_INFINITY;
  emptySince = 0;

  constructor(world: World, profile: Profile) {
    this.#world = world;
    this.#profile = profile;
  }

  get instances(): number {
    return this.#roster.size + this.#starting + this.#spares.length + this.#sparesStarting;
  }

  get isEmpty(): boolean {
    return this.instances + this.#waiting.length === 0;
  }

  get #room(): number {
    return MAX_INSTANCES - this.#roster.size - this.#starting - this.#spares.length;
  }

  #place() {
    return place(this.#roster, {
      concurrency: 1,
      serviceMs: undefined,
      startMs: this.#profile.startMs,
      mayStart: this.#room > 0,
      queues: false,
      queued: false,
    });
  }

  submit(): void {
    const { outcome } = this.#world;
    const choice = this.#waiting.length > 0 ? 'wait' : this.#place();
    if (typeof choice === 'object') {
      outcome.warm(this.#world.clock.now());
      return this.#hand(choice);
    }
    if (this.#waiting.length >= MAX_WAITING) return outcome.refused(this.#world.clock.now());
    this.#waiting.push(this.#world.clock.now());
    this.#startFor();
  }

  #hand(instance: SimInstance): void {
    this.#roster.used(instance);
    instance.openCount++;
    instance.idleSweeps = 0;
    const { clock, random } = this.#world;
    clock.later(random.logNormal(this.#profile.runMs, RUN_SIGMA), () => this.#ended(instance));
  }

  #ended(instance: SimInstance): void {
    instance.openCount--;
    const idle = this.#roster.freed(instance);
    if (this.#waiting.length > 0) this.#drain(false);
    if (idle) this.#world.capacity.idle();
  }

  #drain(cold: boolean): void {
    while (this.#waiting.length > 0) {
      const instance = this.#place();
      if (typeof instance !== 'object') break;
      const arrivedAt = this.#waiting.shift() as number;
      this.#world.outcome.waited(arrivedAt, this.#world.clock.now() - arrivedAt, cold);
      this.#hand(instance);
    }
    this.#startFor();
  }

  #startFor(): void {
    if (this.#waiting.length === 0) return;
    let wanted = startsWanted({
      waiting: this.#waiting.length,
      starting: this.#starting,
      startsAtOnce: STARTS_AT_ONCE,
      concurrency: 1,
      room: this.#room,
      spares: this.#spares.length,
    });
    for (; wanted > 0; wanted--) if (!this.#begin()) return;
  }

  #begin(): boolean {
    const { capacity, clock, outcome } = this.#world;
    const { bytes, startMs, initializerMs } = this.#profile;
    const spare = this.#spares.pop();
    if (spare === undefined && !capacity.admit(this, bytes)) {
      outcome.heldUp(clock.now());
      return false;
    }
    this.#starting++;
    this.#demand.note(this.#starting, clock.now());
    outcome.starts++;
    clock.later(spare === undefined ? startMs : initializerMs, () => {
      this.#starting--;
      const instance = spare ?? this.#make();
      if (spare === undefined) {
        capacity.settled(bytes, instance);
        this.#leastStartMs = Math.min(this.#leastStartMs, startMs);
      }
      instance.idleSince = clock.now();
      this.#roster.add(instance);
      this.#drain(true);
      this.#keepSpares();
    });
    return true;
  }

  #make(): SimInstance {
    const { bytes } = this.#profile;
    return { lane: 'direct', openCount: 0, bytes, provisioned: false, idleSweeps: 0, idleSince: 0 };
  }

  #sparesWanted(): number {
    const { policy, clock } = this.#world;
    return policy.spares === 'auto' ? this.#demand.wanted(clock.now()) : policy.spares;
  }

  /** One after the other, as the engine makes them. */
  #keepSpares(): void {
    const { clock, capacity, outcome } = this.#world;
    const { bytes, startMs, initializerMs } = this.#profile;
    const wanted = Math.min(this.#sparesWanted(), this.#room);
    if (this.#spares.length + this.#sparesStarting >= wanted || !capacity.admitSpare(bytes)) return;
    this.#sparesStarting++;
    outcome.spares++;
    clock.later(startMs - initializerMs, () => {
      this.#sparesStarting--;
      const spare = this.#make();
      spare.idleSince = clock.now();
      capacity.settled(bytes, spare);
      this.#spares.push(spare);
      this.#keepSpares();
    });
  }

  *offers(now: number): IterableIterator<Offer<SimInstance>> {
    const { evicts } = this.#world.policy;
    const known = { activity: this.#activity, leastStartMs: this.#leastStartMs };
    for (const offer of offersOf(this.#rosters, this.#spares, known, now)) {
      yield evicts === 'worth least' ? offer : { instance: offer.instance, worth: offer.instance.idleSince };
    }
  }

  evict(instance: SimInstance): void {
    this.#world.outcome.evicted++;
    this.#end(instance);
  }

  #end(instance: SimInstance): void {
    const at = this.#spares.indexOf(instance);
    if (at >= 0) this.#spares.splice(at, 1);
    else this.#roster.remove(instance);
    this.#world.capacity.remove(instance);
  }

  retry(): void {
    this.#startFor();
  }

  sweep(now: number): void {
    const { policy, outcome } = this.#world;
    const { overdue, used } = lookFor(this.#rosters, now, policy.idleMs);
    for (const instance of overdue) {
      outcome.idleEnded++;
      this.#end(instance);
    }
    if (used) this.#activity.note(now);
    let extra = this.#spares.length - this.#sparesWanted();
    for (const spare of [...this.#spares]) {
      if (extra-- > 0 || (this.#roster.size === 0 && now - spare.idleSince >= policy.idleMs)) this.#end(spare);
    }
    if (!this.isEmpty) this.emptySince = now;
  }
}
