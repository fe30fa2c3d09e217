/** Recent log lines of all functions, and whoever follows them. */
import { LRUCache } from 'lru-cache';
import type { FunctionLogLine, InvocationFacts, Observable, Observer } from './facts.ts';
import { type KeptLine, LogRing } from './log-ring.ts';

export interface LogsOptions {
  /** Lines kept of a function, 1-1,000,000; default 1,000. */
  readonly lines?: number | undefined;
  /** Characters kept of a function, 1-1,000,000,000; default 262,144. */
  readonly chars?: number | undefined;
  /** Lines of a function taken in a second, 1-1,000,000; default 1,000. A note tells how many were left out. */
  readonly linesPerSecond?: number | undefined;
  /** Functions whose lines are kept, 1-100,000; those that wrote last stay. Default 1,000. */
  readonly functions?: number | undefined;
}

export type LineListener = (line: KeptLine) => void;

export class FunctionLogs implements Observer {
  readonly #limits: Required<{ [K in keyof LogsOptions]: number }>;
  readonly #rings: LRUCache<string, LogRing>;
  readonly #followers = new Map<string, Set<LineListener>>();
  readonly #stop: () => void;

  constructor(engine: Observable, options: LogsOptions = {}) {
    const { lines = 1_000, chars = 262_144, linesPerSecond = 1_000, functions = 1_000 } = options;
    this.#limits = { lines, chars, linesPerSecond, functions };
    this.#rings = new LRUCache({ max: functions });
    this.#stop = engine.observe({
      log: (line) => this.log(line),
      invocation: (facts) => this.invocation(facts),
    });
  }

  log(line: FunctionLogLine): void {
    let ring = this.#rings.get(line.functionName);
    if (ring === undefined) {
      ring = new LogRing(this.#limits);
      this.#rings.set(line.functionName, ring);
    }
    const kept = ring.add(line);
    const followers = this.#followers.get(line.functionName);
    if (followers === undefined) return;
    for (const one of kept) for (const tell of followers) tell(one);
  }

  /** What became of a call is a line where somebody follows, or where it failed. */
  invocation(facts: InvocationFacts): void {
    if (facts.error === undefined && !this.#followers.has(facts.functionName)) return;
    const { functionName, versionId, requestId, error, wallMs, coldStart } = facts;
    const time = Date.now();
    const level = error === undefined ? 'INFO' : 'ERROR';
    const told = error === undefined ? '' : `, Error: ${error.code}: ${error.message.slice(0, 1_000)}`;
    const text = `FC Invoke End RequestId: ${requestId}, Duration: ${wallMs.toFixed(2)} ms${coldStart ? ', Cold start' : ''}${told}`;
    this.log({
      functionName,
      versionId,
      instanceId: facts.instanceId ?? '',
      requestId,
      time,
      line: `${new Date(time).toISOString()} ${requestId} [${level}] ${text}`,
    });
  }

  recent(functionName: string, limit = 100, after = 0): KeptLine[] {
    return this.#rings.peek(functionName)?.recent(limit, after) ?? [];
  }

  /** Every line of a function from now on, until the function returned is called. */
  follow(functionName: string, tell: LineListener): () => void {
    const followers = this.#followers.get(functionName) ?? new Set();
    this.#followers.set(functionName, followers.add(tell));
    return () => {
      followers.delete(tell);
      if (followers.size === 0) this.#followers.delete(functionName);
    };
  }

  close(): void {
    this.#stop();
    this.#followers.clear();
    this.#rings.clear();
  }
}
