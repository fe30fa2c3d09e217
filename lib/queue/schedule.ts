/** Things to do at a time: delayed events and retries. A binary heap and one timer for the earliest. */
import { now, sleep } from '../journal/clock.ts';

interface Entry<T> {
  readonly dueAt: number;
  /** Of entries of one time, the lower comes first. */
  readonly order: number;
  readonly item: T;
}

/** Longest a timer of Node.js can wait. */
const MAX_WAIT_MS = 2_147_483_647;

export class Schedule<T> {
  readonly #heap: Entry<T>[] = [];
  readonly #due: (item: T) => void;
  #cancel: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(due: (item: T) => void) {
    this.#due = due;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** `dueAt`: milliseconds since the epoch. */
  add(item: T, dueAt: number, order: number): void {
    this.#heap.push({ dueAt, order, item });
    this.#up(this.#heap.length - 1);
    this.#arm();
  }

  /** Takes the first item that `matches` out again. */
  remove(matches: (item: T) => boolean): T | undefined {
    const at = this.#heap.findIndex(({ item }) => matches(item));
    if (at < 0) return undefined;
    const left = this.#heap.splice(0);
    const [removed] = left.splice(at, 1);
    for (const entry of left) this.#up(this.#heap.push(entry) - 1);
    this.#cancel?.();
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#arm();
    return removed?.item;
  }

  /** In no order. */
  *items(): IterableIterator<T> {
    for (const { item } of this.#heap) yield item;
  }

  /** The item that comes last. */
  get latest(): T | undefined {
    let latest = this.#heap[0];
    for (const entry of this.#heap) if (before(latest as Entry<T>, entry)) latest = entry;
    return latest?.item;
  }

  /** Keeps the `count` items that come first; returns the others. */
  keepEarliest(count: number): T[] {
    // A sorted array is a heap.
    this.#heap.sort((a, b) => (before(a, b) ? -1 : 1));
    return this.#heap.splice(count).map((entry) => entry.item);
  }

  /** Every item left, earliest first; nothing is due any more. */
  clear(): T[] {
    this.#cancel?.();
    this.#cancel = undefined;
    return this.#heap
      .splice(0)
      .sort((a, b) => (before(a, b) ? -1 : 1))
      .map((entry) => entry.item);
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueAt >= this.#timerAt) return;
    this.#cancel?.();
    this.#timerAt = first.dueAt;
    this.#cancel = sleep(Math.min(MAX_WAIT_MS, Math.max(0, first.dueAt - now())), () => this.#fire());
  }

  #fire(): void {
    this.#cancel = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const time = now();
    for (let first = this.#heap[0]; first !== undefined && first.dueAt <= time; first = this.#heap[0]) {
      this.#removeFirst();
      this.#due(first.item);
    }
    this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(index: number): void {
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #down(index: number): void {
    let at = index;
    for (;;) {
      const left = at * 2 + 1;
      const right = left + 1;
      let least = left;
      if (right < this.#heap.length && before(this.#heap[right] as Entry<T>, this.#heap[left] as Entry<T>))
        least = right;
      if (least >= this.#heap.length || !this.#swapIfBefore(least, at)) return;
      at = least;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const a = this.#heap[child] as Entry<T>;
    const b = this.#heap[parent] as Entry<T>;
    if (!before(a, b)) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
