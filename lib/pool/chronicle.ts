/** Writes down what becomes of a function's instances: why each start was needed and what it took, and how each ended. */
import type { Definition } from '../instance/definition.ts';
import type { Instance } from '../instance/instance.ts';
import type { ColdStart, ColdStartStages, InstanceEnd, Lane } from '../types.ts';
import { reasonOf, type WhyCold } from './cold-starts.ts';
import type { Experience } from './experience.ts';
import type { InstanceFacts, PoolObserver } from './observer.ts';
import type { StartTimes } from './starter.ts';

/** A start that was decided. */
export interface Decision {
  readonly lane: Lane;
  readonly reason: WhyCold;
  readonly detail: string | undefined;
  /** `performance.now()`. */
  readonly at: number;
}

export class Chronicle {
  readonly #definition: Definition;
  readonly #experience: Experience;
  readonly #observer: PoolObserver | undefined;

  constructor(definition: Definition, experience: Experience, observer: PoolObserver | undefined) {
    this.#definition = definition;
    this.#experience = experience;
    this.#observer = observer;
  }

  /** A start is needed. `serving`: instances that take calls in that lane, `elsewhere`: in others. */
  decided(lane: Lane, serving: number, elsewhere: number): Decision {
    const { lastEnd } = this.#experience;
    const reason = reasonOf({ serving, elsewhere, lastEnd });
    const detail = reason === 'busy' ? `${serving} instances` : lastEnd?.detail;
    return { lane, reason, detail, at: performance.now() };
  }

  /** The stages of a start for one who waited since `acceptedAt`. What building took is told once. */
  stages({ at }: Decision, times: StartTimes, acceptedAt: number): ColdStartStages {
    const { buildTimes } = this.#definition;
    this.#definition.buildTimes = undefined;
    const builds = buildTimes ?? { downloadCodeMs: 0, unzipMs: 0, bundleMs: 0, imageBuildMs: 0 };
    const { startInstanceMs, ...parts } = times;
    return { scheduleMs: Math.max(0, at - acceptedAt), ...builds, startInstanceMs, ...parts, handlerMs: 0 };
  }

  /** Somebody waited for a start. */
  coldStart({ lane, reason, detail }: Decision, stages: ColdStartStages): ColdStart {
    const { versionId } = this.#definition;
    const cold = { at: Date.now(), versionId, lane, reason, ...(detail !== undefined && { detail }), stages };
    this.#experience.coldStarts.note(cold);
    return cold;
  }

  started(instance: Instance, decision: Decision, times: StartTimes, coldStart: ColdStart | undefined): void {
    const observer = this.#observer;
    if (observer === undefined) return;
    const stages = coldStart?.stages ?? this.stages(decision, times, decision.at);
    observer.instanceStarted(this.#factsOf(instance), stages, coldStart);
  }

  ended(instance: Instance, how: InstanceEnd, detail: string | undefined): void {
    this.#experience.lastEnd = { how, detail };
    this.#observer?.instanceEnded(this.#factsOf(instance), how);
  }

  #factsOf({ id: instanceId, lane, provisioned }: Instance): InstanceFacts {
    const { declared, versionId } = this.#definition;
    return { functionName: declared.functionName, versionId, instanceId, lane, provisioned };
  }
}
