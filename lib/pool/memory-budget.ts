/** What instances of all functions may hold together; the least recently used idle ones go first. */
import { LRUCache } from 'lru-cache';
import type { Instance } from '../instance/instance.ts';

export class MemoryBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  /** Idle instances, and how to reclaim each. An entry may be busy again; that is looked at when its turn comes. */
  readonly #idle: LRUCache<Instance, () => void>;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#idle = new LRUCache<Instance, () => void>({
      maxSize: limitBytes,
      sizeCalculation: (_reclaim, instance) => Math.min(instance.bytes, limitBytes),
      dispose: (reclaim, instance, reason) => {
        if (reason === 'evict' && instance.openCount === 0) reclaim();
      },
    });
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** An instance was started; others are reclaimed when that is too much. */
  add(instance: Instance): void {
    this.#usedBytes += instance.bytes;
    while (this.#usedBytes > this.#limitBytes) {
      const oldest = this.#idle.rkeys().next().value as Instance | undefined;
      if (oldest === undefined) return;
      const reclaim = this.#idle.get(oldest);
      this.#idle.delete(oldest);
      if (oldest !== instance && oldest.openCount === 0) reclaim?.();
    }
  }

  remove(instance: Instance): void {
    this.#usedBytes -= instance.bytes;
    this.#idle.delete(instance);
  }

  /** An instance had nothing to do for a while. */
  idle(instance: Instance, reclaim: () => void): void {
    if (!this.#idle.has(instance)) this.#idle.set(instance, reclaim);
  }

  busy(instance: Instance): void {
    this.#idle.delete(instance);
  }
}
