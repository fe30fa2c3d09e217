/**
 * Makes instances of one function ready: room, isolate, module, initializer; and keeps spares, which wait for nothing but
 * their initializer, off the critical path.
 */
import { IsopodError, toIsopodError } from '../errors.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance, InstanceOwner, StartReport } from '../instance/instance.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { Lane } from '../types.ts';
import type { Claimant } from './capacity.ts';
import type { Experience } from './experience.ts';
import { LANES, perLane } from './lanes.ts';
import type { PoolResources } from './resources.ts';

/** Times a start is tried whose thread or process ended under it. */
const START_ATTEMPTS = 3;

/** An instance that can take calls, and what that took. */
export interface Started<T extends Instance = Instance> {
  readonly instance: T;
  readonly times: StartTimes;
}

/** Milliseconds. A spare's isolate was started before anybody waited. */
export interface StartTimes extends StartReport {
  /** From the decision to the initializer, messages to threads included. */
  readonly startInstanceMs: number;
}

export class Starter {
  readonly #definition: Definition;
  readonly #owner: InstanceOwner;
  readonly #claimant: Claimant;
  readonly #resources: PoolResources;
  readonly #experience: Experience;
  /** Ready but for their initializer. */
  readonly #spares: Record<Lane, Instance[]> = perLane<Instance[]>(() => []);
  /** Instances on the way, spares left out. */
  readonly starting: Record<Lane, number> = perLane(() => 0);
  #sparesStarting = 0;
  #closed = false;

  constructor(
    definition: Definition,
    owner: InstanceOwner,
    claimant: Claimant,
    resources: PoolResources,
    experience: Experience,
  ) {
    this.#definition = definition;
    this.#owner = owner;
    this.#claimant = claimant;
    this.#resources = resources;
    this.#experience = experience;
  }

  get startingCount(): number {
    return LANES.reduce((sum, lane) => sum + this.starting[lane], 0);
  }

  get spareCount(): number {
    return LANES.reduce((sum, lane) => sum + this.#spares[lane].length, 0);
  }

  get sparesStarting(): number {
    return this.#sparesStarting;
  }

  sparesIn(lane: Lane): number {
    return this.#spares[lane].length;
  }

  *spares(): IterableIterator<Instance> {
    for (const lane of LANES) yield* this.#spares[lane];
  }

  /**
   * An instance that can take calls, or a coded error; undefined when there is no room now, and the owner is asked to try
   * again when there is.
   */
  start(lane: Lane): Promise<Started> | undefined {
    const spare = this.#spares[lane].pop();
    const { bytes } = this.#experience;
    if (spare === undefined && !this.#resources.capacity.admit(this.#claimant, bytes)) return undefined;
    this.starting[lane]++;
    return (spare === undefined ? this.#startNew(lane, bytes) : this.#startSpare(spare)).finally(() => {
      this.starting[lane]--;
    });
  }

  async #startNew(lane: Lane, bytes: number): Promise<Started> {
    const began = performance.now();
    let instance: Instance | undefined;
    let started: Started | undefined;
    try {
      instance = await this.#prepared(lane);
      const startInstanceMs = performance.now() - began;
      const times = { ...(await instance.activate()), startInstanceMs };
      this.#experience.learn(instance, performance.now() - began);
      started = { instance, times };
      return started;
    } finally {
      this.#resources.capacity.settled(bytes, started?.instance);
    }
  }

  async #startSpare(spare: Instance): Promise<Started> {
    try {
      return { instance: spare, times: spareTimes(await spare.activate()) };
    } catch (error) {
      this.#resources.capacity.remove(spare);
      throw error;
    }
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
    if (lane === 'direct' || remote === undefined) return this.#resources.makeDirect(this.#definition, this.#owner);
    return remote.make(this.#definition, this.#owner);
  }

  /** As `start`, on this thread and in this turn. Throws when that takes waiting. */
  startNow(): Started<DirectInstance> | undefined {
    const spare = this.#spares.direct.pop() as DirectInstance | undefined;
    const { capacity } = this.#resources;
    const { bytes } = this.#experience;
    if (spare === undefined && !capacity.admit(this.#claimant, bytes)) return undefined;
    let started: Started<DirectInstance> | undefined;
    try {
      started = this.#activatedNow(spare);
      return started;
    } finally {
      if (spare === undefined) capacity.settled(bytes, started?.instance);
      else if (started === undefined) capacity.remove(spare);
    }
  }

  #activatedNow(spare: DirectInstance | undefined): Started<DirectInstance> {
    const began = performance.now();
    const instance = spare ?? this.#resources.makeDirect(this.#definition, this.#owner);
    let failure: IsopodError | undefined;
    let isPrepared = spare !== undefined;
    let report: StartReport | undefined;
    if (spare === undefined) {
      instance.prepareNow((error) => {
        isPrepared = true;
        failure = error;
      });
    }
    const startInstanceMs = performance.now() - began;
    if (isPrepared && failure === undefined) {
      instance.activateNow((error, told) => {
        failure = error;
        report = told;
      });
    }
    if (failure !== undefined) throw failure;
    if (report !== undefined) {
      if (spare === undefined) this.#experience.learn(instance, performance.now() - began);
      return {
        instance,
        times: spare === undefined ? { ...(report as StartReport), startInstanceMs } : spareTimes(report),
      };
    }
    instance.kill(new IsopodError('InstanceLost', 'The start was given up'));
    throw new IsopodError(
      'NotSynchronous',
      'The module or its initializer awaits something; use invoke instead of invokeSync',
    );
  }

  /** Starts spares until there are `wanted`, one after the other, when the turn is over. */
  keepSpares(lane: Lane, wanted: number): void {
    if (this.#closed || this.#spares[lane].length + this.#sparesStarting >= wanted) return;
    this.#sparesStarting++;
    setImmediate(() => {
      void this.#prepareSpare(lane)
        .catch(() => false)
        .then((made) => {
          this.#sparesStarting--;
          if (made) this.keepSpares(lane, wanted);
        });
    });
  }

  /** False when there is no room: no more are tried then. Nothing is ended for a spare. */
  async #prepareSpare(lane: Lane): Promise<boolean> {
    const { capacity } = this.#resources;
    const { bytes } = this.#experience;
    if (this.#closed || !capacity.admitSpare(bytes)) return false;
    let spare: Instance | undefined;
    try {
      const instance = this.#make(lane);
      await instance.prepare();
      spare = instance;
    } finally {
      capacity.settled(bytes, spare);
    }
    this.#spares[lane].push(spare);
    if (this.#closed) this.#endSpares(new IsopodError('EngineClosed', 'The engine is closed'));
    return !this.#closed;
  }

  /** A spare is gone, or is to go; false when it is none. */
  drop(instance: Instance): boolean {
    const spares = this.#spares[instance.lane];
    const at = spares.indexOf(instance);
    if (at >= 0) spares.splice(at, 1);
    return at >= 0;
  }

  close(error: IsopodError): void {
    this.#closed = true;
    this.#endSpares(error);
  }

  #endSpares(error: IsopodError): void {
    for (const lane of LANES) {
      for (const spare of this.#spares[lane].splice(0)) {
        this.#resources.capacity.remove(spare);
        spare.kill(error);
      }
    }
  }
}

const spareTimes = ({ initializerMs }: StartReport): StartTimes => ({
  imageLoadMs: 0,
  restoreMs: 0,
  evaluateMs: 0,
  initializerMs,
  startInstanceMs: 0,
});
