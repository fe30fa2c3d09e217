/**
 * Remembers what may be seen once only, for a while: two generations, each a set of 64-bit numbers without objects, so
 * that millions cost megabytes. What is older than two generations is forgotten; so a thing is remembered for at least
 * one span and at most two.
 */

const FIRST_SIZE = 1_024;

/** Open addressing over pairs of 32 bits; 0,0 stands for an empty place. */
class Generation {
  #cells = new Uint32Array(FIRST_SIZE * 2);
  size = 0;

  /** False when it was there already. */
  add(high: number, low: number): boolean {
    if (this.size * 2 >= this.#cells.length / 2) this.#grow();
    return this.#put(this.#cells, high, low);
  }

  has(high: number, low: number): boolean {
    const cells = this.#cells;
    const mask = cells.length / 2 - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const h = cells[at * 2];
      const l = cells[at * 2 + 1];
      if (h === 0 && l === 0) return false;
      if (h === high && l === low) return true;
    }
  }

  #put(cells: Uint32Array, high: number, low: number): boolean {
    const mask = cells.length / 2 - 1;
    let at = low & mask;
    while (cells[at * 2] !== 0 || cells[at * 2 + 1] !== 0) {
      if (cells[at * 2] === high && cells[at * 2 + 1] === low) return false;
      at = (at + 1) & mask;
    }
    cells[at * 2] = high;
    cells[at * 2 + 1] = low;
    this.size++;
    return true;
  }

  #grow(): void {
    const old = this.#cells;
    const cells = new Uint32Array(old.length * 2);
    this.size = 0;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0 || old[at + 1] !== 0) this.#put(cells, old[at] as number, old[at + 1] as number);
    }
    this.#cells = cells;
  }
}

export class Replays {
  readonly #spanMs: number;
  readonly #max: number;
  #now = new Generation();
  #before = new Generation();
  #turnedAt: number;

  /** `max`: entries of one generation; a flood beyond it shortens the memory instead of filling the machine's. */
  constructor(spanMs: number, max: number, now: number) {
    this.#spanMs = spanMs;
    this.#max = max;
    this.#turnedAt = now;
  }

  /** Takes a thing, told by at least 16 hexadecimal digits that nobody can choose. False when it was seen before. */
  take(digits: string, now: number): boolean {
    if (now - this.#turnedAt >= this.#spanMs || this.#now.size >= this.#max) {
      this.#before = now - this.#turnedAt >= 2 * this.#spanMs ? new Generation() : this.#now;
      this.#now = new Generation();
      this.#turnedAt = now;
    }
    const high = Number.parseInt(digits.slice(0, 8), 16) >>> 0;
    const low = (Number.parseInt(digits.slice(8, 16), 16) >>> 0) | 1;
    return !this.#before.has(high, low >>> 0) && this.#now.add(high, low >>> 0);
  }
}
