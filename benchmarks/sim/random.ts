/** Random numbers that come again with the same seed, and the distributions made of them. */
import { random } from '../rig/statistics.ts';

export class Random {
  /** Evenly between 0 and 1, 1 left out. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Time to the next event of a Poisson process. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  logNormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(sigma * normal);
  }
}

/** Draws an index by weight in constant time (Walker's alias method). */
export class Weighted {
  readonly #share: Float64Array;
  readonly #alias: Uint32Array;
  readonly total: number;

  constructor(weights: Float64Array) {
    const size = weights.length;
    this.total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#share = weights.map((weight) => (weight * size) / this.total);
    this.#alias = new Uint32Array(size);
    const small: number[] = [];
    const large: number[] = [];
    for (let at = 0; at < size; at++) ((this.#share[at] as number) < 1 ? small : large).push(at);
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large.at(-1) as number;
      this.#alias[less] = more;
      this.#share[more] = (this.#share[more] as number) + (this.#share[less] as number) - 1;
      if ((this.#share[more] as number) < 1) small.push(large.pop() as number);
    }
    for (const at of [...small, ...large]) this.#share[at] = 1;
  }

  draw(random: Random): number {
    const at = random.below(this.#share.length);
    return random.next() < (this.#share[at] as number) ? at : (this.#alias[at] as number);
  }
}
