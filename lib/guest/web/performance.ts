/** `performance` with marks and measures (User Timing standard), for code that uses more than `performance.now`. */
import { DOMException } from './dom-exception.ts';
import { EventTarget } from './events.ts';
import { asInterface } from './idl.ts';

interface Clock {
  now(): number;
  readonly timeOrigin: number;
}

/** The kernel's: restarted in every instance. */
const clock = (globalThis as unknown as { performance: Clock }).performance;

interface Entry {
  readonly name: string;
  readonly entryType: 'mark' | 'measure';
  readonly startTime: number;
  readonly duration: number;
  readonly detail: unknown;
}

const KEY = Symbol();

/** Entries kept; the oldest go first. */
const MAX_ENTRIES = 10_000;

export class Performance extends EventTarget {
  #entries: Entry[] = [];

  constructor(key?: symbol) {
    if (key !== KEY) throw new TypeError('A Performance is not made with new; there is globalThis.performance');
    super();
  }
  now(): number {
    return this.#clock().now();
  }
  get timeOrigin(): number {
    return this.#clock().timeOrigin;
  }
  toJSON(): object {
    return { timeOrigin: this.#clock().timeOrigin };
  }
  mark(name: string, options: { startTime?: number; detail?: unknown } = {}): Entry {
    const { startTime = this.now(), detail = null } = options;
    return this.#add({ name: `${name}`, entryType: 'mark', startTime, duration: 0, detail });
  }
  measure(
    name: string,
    from?: string | { start?: string | number; end?: string | number; detail?: unknown },
    to?: string,
  ): Entry {
    const { start, end, detail = null } = typeof from === 'object' ? from : { start: from, end: to };
    const startTime = start === undefined ? 0 : this.#timeOf(start);
    const endTime = end === undefined ? this.now() : this.#timeOf(end);
    return this.#add({ name: `${name}`, entryType: 'measure', startTime, duration: endTime - startTime, detail });
  }
  getEntries(): Entry[] {
    return this.#entries.toSorted((a, b) => a.startTime - b.startTime);
  }
  getEntriesByName(name: string, type?: string): Entry[] {
    return this.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type));
  }
  getEntriesByType(type: string): Entry[] {
    return this.getEntries().filter((entry) => entry.entryType === type);
  }
  clearMarks(name?: string): void {
    this.#clear('mark', name);
  }
  clearMeasures(name?: string): void {
    this.#clear('measure', name);
  }

  /** Private, so that no other object can call a member that asks for it. */
  #clock(): Clock {
    return clock;
  }
  #add(entry: Entry): Entry {
    this.#entries.push(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    return entry;
  }
  #timeOf(mark: string | number): number {
    if (typeof mark === 'number') return mark;
    const found = this.#entries.findLast(({ name, entryType }) => name === mark && entryType === 'mark');
    if (found === undefined) throw new DOMException(`There is no mark "${mark}"`, 'SyntaxError');
    return found.startTime;
  }
  #clear(type: Entry['entryType'], name: string | undefined): void {
    this.#entries = this.#entries.filter(
      (each) => each.entryType !== type || (name !== undefined && each.name !== name),
    );
  }
}
asInterface(Performance, 'Performance');

export const performance = new Performance(KEY);
