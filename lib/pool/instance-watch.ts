/** Tells those who observe the engine of its instances. */
import type { Observers } from '../observe/observers.ts';
import type { ColdStart, ColdStartStages, InstanceEnd } from '../types.ts';
import type { InstanceFacts, PoolObserver } from './observer.ts';

export class InstanceWatch implements PoolObserver {
  readonly #observers: Observers;

  constructor(observers: Observers) {
    this.#observers = observers;
  }

  instanceStarted(facts: InstanceFacts, stages: ColdStartStages, coldStart: ColdStart | undefined): void {
    if (this.#observers.instanceOn) this.#observers.instance({ event: 'started', ...facts, stages, coldStart });
  }

  instanceEnded(facts: InstanceFacts, reason: InstanceEnd): void {
    if (this.#observers.instanceOn) this.#observers.instance({ event: 'ended', ...facts, reason });
  }
}
