/** One call on its way: made when it is accepted, done exactly once. Every field is set in the constructor, so all calls share one shape. */
import type { IsopodError } from '../errors.ts';
import type { CallTrace } from '../observe/facts.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import type { ColdStartStages, Lane, ResultStream } from '../types.ts';
import type { CallWatcher } from './call-watcher.ts';
import type { Instance } from './instance.ts';

/** Told once what became of a call. */
export interface CallSink {
  /** `kind` and `payload` as in the protocol's settled list; kind error comes as `failed`. */
  succeeded(call: Call, kind: number, payload: unknown): void;
  failed(call: Call, error: IsopodError): void;
}

export interface AwayFacts {
  /** Id of the engine. */
  readonly node: string;
  readonly instanceId: string | undefined;
  readonly lane: Lane | undefined;
  readonly heapUsedBytes: number;
}

export class Call {
  /** Unique per engine; the request id is made from it. */
  readonly no: number;
  /** The event: JSON text, or one character per byte when binary. Dropped when the call is done. */
  text: string;
  readonly binary: boolean;
  /** `performance.now()` at acceptance and at the deadline, milliseconds. */
  readonly acceptedAt: number;
  deadlineAt: number;
  /** Milliseconds it was allowed when it was accepted. */
  readonly timeoutMs: number;
  /** Waiting for an instance does not count: the deadline is set when the call is given to one. */
  readonly waitsUntimed: boolean;
  readonly sink: CallSink;
  /** Told when the call ends, while somebody observes the engine. */
  watcher: CallWatcher | undefined = undefined;
  /** Of whoever made the call, as told by `traceparent`. */
  parent: TraceParent | undefined = undefined;
  trace: CallTrace | undefined = undefined;
  /** As the caller gave it. */
  qualifier = 'LATEST';
  /** 1 for the first attempt at an async event. */
  attempt = 1;
  /** Known of a watched call: bindings it called, and `performance.now()` when an instance took it. */
  hostCalls = 0;
  givenAt = 0;
  /** Somebody asks what the handler returned; if nobody does, an instance need not tell. */
  wantsResult = true;
  /** Takes the result in pieces; and whether the handler began to give it so, and is waiting for one to be taken. */
  stream: ResultStream | undefined = undefined;
  streaming: 'no' | 'open' | 'busy' = 'no';
  /** Where it runs; undefined while it waits. */
  instance: Instance | undefined = undefined;
  /** It was offered to other engines of the cluster, or comes from one: it stays here. */
  stays = false;
  /** Where it ran, when that was another engine of the cluster. */
  away: AwayFacts | undefined = undefined;
  /** Its place among all calls its instance was given, from 0. */
  order = 0;
  done = false;
  /** Set when the caller wants to know. */
  logs: string[] | undefined;
  /** The caller wants to know what it took. */
  wantsUse: boolean;
  /** Of the cold start it waited for. */
  stages: ColdStartStages | undefined = undefined;
  #handedAt = 0;
  /** Processor time it took, where that was asked for; milliseconds. */
  cpuMs = 0;
  /** Its function's owner was told that little of its time is left. */
  nearTime = false;

  constructor(
    no: number,
    text: string,
    binary: boolean,
    acceptedAt: number,
    timeoutMs: number,
    sink: CallSink,
    logs: boolean,
  ) {
    this.no = no;
    this.text = text;
    this.binary = binary;
    this.acceptedAt = acceptedAt;
    this.deadlineAt = acceptedAt + timeoutMs;
    this.timeoutMs = timeoutMs;
    this.waitsUntimed = timeoutMs === Number.POSITIVE_INFINITY;
    this.sink = sink;
    this.logs = logs ? [] : undefined;
    this.wantsUse = logs;
  }

  /** The instance it waited for takes it `now`. */
  startedCold(stages: ColdStartStages, now: number): void {
    this.stages = stages;
    this.#handedAt = now;
  }

  succeed(kind: number, payload: unknown): void {
    if (this.done) return;
    this.#end(kind, payload, undefined);
    this.sink.succeeded(this, kind, payload);
  }

  fail(error: IsopodError): void {
    if (this.done) return;
    this.#end(0, undefined, error);
    this.sink.failed(this, error);
  }

  #end(kind: number, payload: unknown, error: IsopodError | undefined): void {
    this.done = true;
    if (this.stages !== undefined) this.stages.handlerMs = performance.now() - this.#handedAt;
    this.watcher?.ended(this, kind, payload, error);
    this.text = '';
  }
}
