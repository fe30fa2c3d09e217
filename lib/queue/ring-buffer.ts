/**
 * Accepted async events of one function, in order. A ring over parallel arrays: an event allocates nothing, a slot is
 * cleared when it is taken. The arrays grow by doubling up to the capacity, so that a queue nobody fills stays small.
 */

/** Slots a ring starts with. */
const FIRST_SLOTS = 1_024;

export class RingBuffer<T> {
  readonly capacity: number;
  #mask: number;
  #texts: (string | undefined)[];
  #tags: (T | undefined)[];
  #nos: Float64Array;
  #times: Float64Array;
  #flags: Uint8Array;
  #head = 0;
  #size = 0;

  /** What the last `take` took. */
  text = '';
  no = 0;
  /** Milliseconds since the epoch at which it was accepted. */
  acceptedAt = 0;
  flags = 0;
  tag: T | undefined = undefined;

  /** `capacity`: events, rounded up to a power of two. */
  constructor(capacity: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)));
    const slots = Math.min(FIRST_SLOTS, this.capacity);
    this.#mask = slots - 1;
    this.#texts = new Array<string | undefined>(slots).fill(undefined);
    this.#tags = new Array<T | undefined>(slots).fill(undefined);
    this.#nos = new Float64Array(slots);
    this.#times = new Float64Array(slots);
    this.#flags = new Uint8Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  /** When the oldest event was accepted; undefined when there is none. */
  get oldest(): number | undefined {
    return this.#size === 0 ? undefined : this.#times[this.#head];
  }

  /** Adds an event; false when the ring is full. `tag`: what the owner wants to find it again by. */
  offer(text: string, no: number, acceptedAt: number, flags: number, tag: T | undefined): boolean {
    if (this.#size > this.#mask && !this.#grow()) return false;
    const slot = (this.#head + this.#size) & this.#mask;
    this.#texts[slot] = text;
    this.#tags[slot] = tag;
    this.#nos[slot] = no;
    this.#times[slot] = acceptedAt;
    this.#flags[slot] = flags;
    this.#size++;
    return true;
  }

  /** Takes the oldest event into this object's fields; false when there is none. */
  take(): boolean {
    if (this.#size === 0) return false;
    const slot = this.#head;
    this.text = this.#texts[slot] as string;
    this.tag = this.#tags[slot];
    this.no = this.#nos[slot] as number;
    this.acceptedAt = this.#times[slot] as number;
    this.flags = this.#flags[slot] as number;
    this.#texts[slot] = undefined;
    this.#tags[slot] = undefined;
    this.#head = (slot + 1) & this.#mask;
    this.#size--;
    return true;
  }

  #grow(): boolean {
    const slots = this.#mask + 1;
    if (slots >= this.capacity) return false;
    const texts = new Array<string | undefined>(slots * 2).fill(undefined);
    const tags = new Array<T | undefined>(slots * 2).fill(undefined);
    const nos = new Float64Array(slots * 2);
    const times = new Float64Array(slots * 2);
    const flags = new Uint8Array(slots * 2);
    for (let at = 0; at < this.#size; at++) {
      const slot = (this.#head + at) & this.#mask;
      texts[at] = this.#texts[slot];
      tags[at] = this.#tags[slot];
      nos[at] = this.#nos[slot] as number;
      times[at] = this.#times[slot] as number;
      flags[at] = this.#flags[slot] as number;
    }
    this.#texts = texts;
    this.#tags = tags;
    this.#nos = nos;
    this.#times = times;
    this.#flags = flags;
    this.#head = 0;
    this.#mask = slots * 2 - 1;
    return true;
  }
}
