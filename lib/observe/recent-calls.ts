/** The last calls of each function, to look at one by one: its stages, its error, what it took. */
import { LRUCache } from 'lru-cache';
import type { InvocationFacts, Observable } from './facts.ts';

/** Calls kept of a function, and functions. */
const CALLS = 50;
const FUNCTIONS = 1_000;

interface Kept {
  readonly calls: InvocationFacts[];
  next: number;
}

export class RecentCalls {
  readonly #byFunction = new LRUCache<string, Kept>({ max: FUNCTIONS });
  readonly #stop: () => void;
  #lastName: string | undefined;
  #last: Kept | undefined;

  constructor(engine: Observable) {
    this.#stop = engine.observe({ invocation: (facts) => this.#take(facts) });
  }

  #take(facts: InvocationFacts): void {
    const kept = this.#keptOf(facts.functionName);
    kept.calls[kept.next] = facts;
    kept.next = (kept.next + 1) % CALLS;
  }

  #keptOf(functionName: string): Kept {
    if (functionName === this.#lastName && this.#last !== undefined) return this.#last;
    let kept = this.#byFunction.get(functionName);
    if (kept === undefined) {
      kept = { calls: [], next: 0 };
      this.#byFunction.set(functionName, kept);
    }
    this.#lastName = functionName;
    this.#last = kept;
    return kept;
  }

  /** Newest first. */
  of(functionName: string): InvocationFacts[] {
    const kept = this.#byFunction.peek(functionName);
    if (kept === undefined) return [];
    return [...kept.calls.slice(kept.next), ...kept.calls.slice(0, kept.next)].reverse();
  }

  close(): void {
    this.#stop();
    this.#byFunction.clear();
  }
}
