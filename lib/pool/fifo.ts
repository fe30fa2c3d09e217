/** Waiting calls, first in, first out; calls given up are skipped when their turn comes. */
import type { Call } from '../instance/call.ts';

export class Fifo {
  #calls: (Call | undefined)[] = [];
  #head = 0;
  #size = 0;

  /** Calls waiting, those given up meanwhile not counted. */
  get size(): number {
    return this.#size;
  }

  push(call: Call): void {
    this.#calls.push(call);
    this.#size++;
  }

  /** Puts calls before all others, in their order. */
  unshift(calls: readonly Call[]): void {
    this.#size += calls.length;
    const [only] = calls;
    if (calls.length === 1 && this.#head > 0) {
      this.#calls[--this.#head] = only;
      return;
    }
    this.#calls = [...calls, ...this.#calls.slice(this.#head)];
    this.#head = 0;
  }

  /** A waiting call was given up. */
  forget(): void {
    this.#size--;
  }

  shift(): Call | undefined {
    while (this.#head < this.#calls.length) {
      const call = this.#calls[this.#head];
      this.#calls[this.#head++] = undefined;
      if (this.#head > 1_024 && this.#head * 2 > this.#calls.length) {
        this.#calls = this.#calls.slice(this.#head);
        this.#head = 0;
      }
      if (call !== undefined && !call.done) {
        this.#size--;
        return call;
      }
    }
    this.#calls = [];
    this.#head = 0;
    return undefined;
  }

  *[Symbol.iterator](): IterableIterator<Call> {
    for (let at = this.#head; at < this.#calls.length; at++) {
      const call = this.#calls[at];
      if (call !== undefined && !call.done) yield call;
    }
  }
}
