/**
 * Finds the idle instance that goes next when others need room: the one worth least. All of them are looked at only now and then:
 * the order found is used up first, as long as it is fresh, so that making room costs little however many there are.
 */
import type { Instance, Pooled } from '../instance/instance.ts';

/** An idle instance that may be ended, and what keeping it is worth. */
export interface Offer<T extends Pooled = Instance> {
  readonly instance: T;
  readonly worth: number;
}

/** A pool, as it is seen here. */
export interface Offering<T extends Pooled = Instance> {
  offers(now: number): Iterable<Offer<T>>;
}

interface Candidate<T extends Pooled, C> {
  readonly instance: T;
  readonly worth: number;
  readonly from: C;
  /** As it was found; less means it was called since. */
  readonly idleSweeps: number;
}

/** Milliseconds an order found is used. */
const FRESH_MS = 250;
/** Milliseconds for which nothing is looked for again where nothing was found, unless something became idle meanwhile. */
const FRUITLESS_MS = 5;

export class Eviction<T extends Pooled, C extends Offering<T>> {
  readonly #sources: Iterable<C>;
  readonly #isKnown: (instance: T) => boolean;
  /** Worth least last. */
  #candidates: Candidate<T, C>[] = [];
  #freshUntil = 0;
  #fruitlessUntil = 0;

  /** `isKnown`: whether an instance is still there. */
  constructor(sources: Iterable<C>, isKnown: (instance: T) => boolean) {
    this.#sources = sources;
    this.#isKnown = isKnown;
  }

  /** Something may have become idle. */
  hope(): void {
    this.#fruitlessUntil = 0;
  }

  /** The next one to go; undefined when none is idle. */
  next(now: number): Candidate<T, C> | undefined {
    const found = now < this.#freshUntil ? this.#pop() : undefined;
    if (found !== undefined || now < this.#fruitlessUntil) return found;
    this.#look(now);
    const first = this.#pop();
    if (first === undefined) this.#fruitlessUntil = now + FRUITLESS_MS;
    return first;
  }

  #pop(): Candidate<T, C> | undefined {
    for (let one = this.#candidates.pop(); one !== undefined; one = this.#candidates.pop()) {
      const { instance, idleSweeps } = one;
      const isIdle = instance.openCount === 0 && !instance.provisioned && instance.idleSweeps >= idleSweeps;
      if (isIdle && this.#isKnown(instance)) return one;
    }
    return undefined;
  }

  #look(now: number): void {
    this.#candidates = [];
    for (const from of this.#sources) {
      for (const { instance, worth } of from.offers(now)) {
        this.#candidates.push({ instance, worth, from, idleSweeps: instance.idleSweeps });
      }
    }
    this.#candidates.sort((a, b) => b.worth - a.worth);
    this.#freshUntil = now + FRESH_MS;
  }
}
