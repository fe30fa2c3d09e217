/** The instances of one lane that take calls, and which of them have nothing to do. Keeps the books; decides nothing. */
import type { Instance, Pooled } from '../instance/instance.ts';
import type { Crew } from './placement.ts';

export class Roster<T extends Pooled = Instance> implements Crew<T> {
  readonly all = new Set<T>();
  readonly busy = new Set<T>();
  /** Used last is last, so that those at the front grow old. */
  readonly #onDemand: T[] = [];
  readonly #provisioned: T[] = [];
  latest: T | undefined;

  get size(): number {
    return this.all.size;
  }

  /** Provisioned ones first. */
  get idle(): T | undefined {
    return this.#provisioned.at(-1) ?? this.#onDemand.at(-1);
  }

  /** Idle ones that are not provisioned, longest unused first. */
  get reclaimable(): readonly T[] {
    return this.#onDemand;
  }

  get provisionedCount(): number {
    let count = 0;
    for (const instance of this.all) if (instance.provisioned) count++;
    return count;
  }

  #stackOf(instance: T): T[] {
    return instance.provisioned ? this.#provisioned : this.#onDemand;
  }

  add(instance: T): void {
    this.all.add(instance);
    if (instance.openCount === 0) this.#stackOf(instance).push(instance);
    else this.busy.add(instance);
  }

  /** False when it was not here. */
  remove(instance: T): boolean {
    if (!this.all.delete(instance)) return false;
    if (!this.busy.delete(instance)) drop(this.#stackOf(instance), instance);
    if (this.latest === instance) this.latest = undefined;
    return true;
  }

  /** It was given a call. */
  used(instance: T): void {
    this.latest = instance;
    if (this.busy.has(instance)) return;
    this.busy.add(instance);
    drop(this.#stackOf(instance), instance);
  }

  /** A call of it has ended. True when it has nothing to do now. */
  freed(instance: T): boolean {
    if (instance.openCount > 0 || !this.busy.delete(instance)) return false;
    this.#stackOf(instance).push(instance);
    return true;
  }

  /** It belongs to the provisioned ones from now on, or no longer. */
  provision(instance: T, provisioned: boolean): void {
    if (instance.provisioned === provisioned) return;
    const idle = this.all.has(instance) && !this.busy.has(instance);
    if (idle) drop(this.#stackOf(instance), instance);
    instance.provisioned = provisioned;
    if (idle) this.#stackOf(instance).push(instance);
  }
}

/** Most often it is the last one. */
function drop<T>(stack: T[], instance: T): void {
  const at = stack.lastIndexOf(instance);
  if (at >= 0) stack.splice(at, 1);
}
