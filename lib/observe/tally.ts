/** What is counted of one function. Plain numbers, because it is told of every call. */
import type { ErrorCode } from '../errors.ts';
import type { ColdStartStages } from '../types.ts';
import type { AsyncEventFacts, InstanceFacts, InvocationFacts } from './facts.ts';
import { Histogram } from './histogram.ts';

export const TYPES = ['sync', 'async'] as const;
export const OUTCOMES = ['success', 'caller', 'function', 'system'] as const;

/** Codes of a call that was refused because there was too much to do. */
const THROTTLED: ReadonlySet<ErrorCode> = new Set(['ResourceExhausted']);

/** Stages that lie within another one. */
const PARTS: ReadonlySet<string> = new Set(['imageLoadMs', 'restoreMs', 'evaluateMs']);

export class Tally {
  /** By type, then by outcome. */
  readonly invocations: readonly [number[], number[]] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  readonly duration: readonly [Histogram, Histogram] = [new Histogram(), new Histogram()];
  readonly wait: Histogram = new Histogram();
  readonly cold: Histogram = new Histogram();
  readonly errors = new Map<ErrorCode, number>();
  readonly stageMs = new Map<string, number>();
  readonly asyncEvents = new Map<AsyncEventFacts['event'], number>();
  /** By lane and outcome. */
  readonly starts = new Map<string, number>();
  readonly ends = new Map<string, number>();
  throttles = 0;
  coldStarts = 0;
  hostCalls = 0;
  retries = 0;
  eventBytes = 0;

  invocation(facts: InvocationFacts): void {
    const type = facts.type === 'sync' ? 0 : 1;
    const { error } = facts;
    const counts = this.invocations[type];
    if (error === undefined) counts[0] = (counts[0] as number) + 1;
    else this.#failed(counts, error.kind, error.code);
    this.duration[type].add(facts.wallMs / 1_000);
    this.eventBytes += facts.eventBytes;
    if (facts.queueMs > 0) this.wait.add(facts.queueMs / 1_000);
    if (facts.hostCalls > 0) this.hostCalls += facts.hostCalls;
    if (facts.attempt > 1) this.retries++;
    if (facts.stages !== undefined) this.#coldStart(facts.stages);
  }

  #failed(counts: number[], kind: (typeof OUTCOMES)[number], code: ErrorCode): void {
    const at = OUTCOMES.indexOf(kind);
    counts[at] = (counts[at] as number) + 1;
    bump(this.errors, code);
    if (THROTTLED.has(code)) this.throttles++;
  }

  #coldStart(stages: ColdStartStages): void {
    this.coldStarts++;
    let total = 0;
    for (const [name, ms] of Object.entries(stages)) {
      if (!PARTS.has(name)) total += ms;
      bump(this.stageMs, name.replace(/Ms$/, ''), ms);
    }
    this.cold.add(total / 1_000);
  }

  instance(facts: InstanceFacts): void {
    if (facts.event === 'ended') bump(this.ends, facts.reason ?? 'closed');
    else bump(this.starts, `${facts.lane} ${facts.event === 'started' ? 'success' : 'failure'}`);
  }

  asyncEvent({ event }: AsyncEventFacts): void {
    bump(this.asyncEvents, event);
  }

  /** Invocations that ended with `outcome`, of both types. */
  ended(outcome: (typeof OUTCOMES)[number]): number {
    const at = OUTCOMES.indexOf(outcome);
    return (this.invocations[0][at] as number) + (this.invocations[1][at] as number);
  }

  get calls(): number {
    return this.duration[0].count + this.duration[1].count;
  }
}

function bump<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
