/**
 * Who listens to an engine, and the diagnostics channels. `on` is what everything that would have to be measured or made
 * for a listener is asked first: while nobody listens nothing is.
 */
import { channel } from 'node:diagnostics_channel';
import { LRUCache } from 'lru-cache';
import { requestIdOf } from '../protocol/door.ts';
import { PassedTrace } from './call-trace.ts';
import type {
  AsyncEventFacts,
  CallTrace,
  FunctionLogLine,
  InstanceFacts,
  Observer,
  StartedCall,
  Tracing,
} from './facts.ts';
import type { InvocationRecord } from './invocation-record.ts';
import type { TraceParent } from './trace-context.ts';

/** As calls' options have it. */
export interface GivenTrace {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Traced async events whose parents are known at once; of the oldest beyond that the attempts begin traces of their own. */
const MAX_PARENTS = 100_000;

export const CHANNELS = {
  invocation: channel('isopod:invocation'),
  instance: channel('isopod:instance'),
  asyncEvent: channel('isopod:async-event'),
  log: channel('isopod:log'),
} as const;

export class Observers {
  #all: readonly Observer[] = [];
  #invocation = false;
  #detail = false;
  #instance = false;
  #asyncEvent = false;
  #log = false;
  /** What callers gave with async events that are not over, by request id. */
  readonly #parents = new LRUCache<string, TraceParent>({ max: MAX_PARENTS });
  tracing: Tracing | undefined;
  readonly #failed: (error: unknown) => void;

  /** `failed`: told what an observer threw. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Somebody wants to know of invocations. */
  get on(): boolean {
    return this.#invocation || this.tracing !== undefined || CHANNELS.invocation.hasSubscribers;
  }

  /** Every call has a span before it begins. */
  get traces(): boolean {
    return this.tracing !== undefined;
  }

  /** Somebody wants to know what is dear to measure: processor time, heap. */
  get detail(): boolean {
    return this.#detail;
  }

  get instanceOn(): boolean {
    return this.#instance || CHANNELS.instance.hasSubscribers;
  }

  get asyncEventOn(): boolean {
    return this.#asyncEvent || CHANNELS.asyncEvent.hasSubscribers;
  }

  get logOn(): boolean {
    return this.#log || CHANNELS.log.hasSubscribers;
  }

  /** The function returned takes the observer away again. */
  add(observer: Observer): () => void {
    this.#set([...this.#all, observer]);
    return () => this.#set(this.#all.filter((other) => other !== observer));
  }

  #set(all: readonly Observer[]): void {
    this.#all = all;
    this.#invocation = all.some((observer) => observer.invocation !== undefined);
    this.#detail = all.some((observer) => observer.detail === true);
    this.#instance = all.some((observer) => observer.instance !== undefined);
    this.#asyncEvent = all.some((observer) => observer.asyncEvent !== undefined);
    this.tracing = all.find((observer) => observer.tracing !== undefined)?.tracing;
    this.#log = all.some((observer) => observer.log !== undefined);
  }

  /** The trace of a call that begins; `parent`: what its caller gave. Undefined when there is none. */
  begin(call: StartedCall, parent: TraceParent | undefined): CallTrace | undefined {
    if (this.tracing !== undefined) return this.tracing.begin(call, parent);
    return parent === undefined ? undefined : PassedTrace.of(parent);
  }

  /** An async event was accepted. */
  accepted(functionName: string, requestId: string, given: GivenTrace = {}): void {
    const { traceparent, tracestate } = given;
    const own = traceparent === undefined ? undefined : { traceparent, tracestate };
    const parent = this.tracing?.accepted(functionName, requestId, own) ?? own;
    if (parent !== undefined) this.#parents.set(requestId, parent);
  }

  /** What the attempts at an async event have as parent. */
  parentOf(requestPrefix: string, no: number): TraceParent | undefined {
    return this.#parents.size === 0 ? undefined : this.#parents.get(requestIdOf(requestPrefix, no));
  }

  invocation(record: InvocationRecord): void {
    for (const observer of this.#all) {
      try {
        observer.invocation?.(record);
      } catch (error) {
        this.#failed(error);
      }
    }
    if (CHANNELS.invocation.hasSubscribers) CHANNELS.invocation.publish(record);
  }

  instance(facts: InstanceFacts): void {
    this.#tell('instance', facts);
  }

  asyncEvent(facts: AsyncEventFacts): void {
    this.#tell('asyncEvent', facts);
  }

  log(line: FunctionLogLine): void {
    this.#tell('log', line);
  }

  #tell<K extends 'instance' | 'asyncEvent' | 'log'>(kind: K, facts: Parameters<NonNullable<Observer[K]>>[0]): void {
    for (const observer of this.#all) {
      try {
        (observer[kind] as ((facts: unknown) => void) | undefined)?.call(observer, facts);
      } catch (error) {
        this.#failed(error);
      }
    }
    if (CHANNELS[kind].hasSubscribers) CHANNELS[kind].publish(facts);
  }
}
