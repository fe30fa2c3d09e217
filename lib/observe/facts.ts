/** What an engine tells those who watch it. Types only. */
import type { ErrorKind, IsopodError } from '../errors.ts';
import type { RequestTrace } from '../outbound/instance-network.ts';
import type { ColdStart, ColdStartStages, EngineStats, InstanceEnd, Isolation, Lane, StartKind } from '../types.ts';
import type { TraceParent } from './trace-context.ts';

/** One invocation that has ended; of an async event, one attempt. */
export interface InvocationFacts {
  readonly requestId: string;
  /** With the tenant. */
  readonly functionName: string;
  readonly tenant: string | undefined;
  /** As the caller gave it: `LATEST`, a version or an alias. */
  readonly qualifier: string;
  /** The version that took the call. */
  readonly versionId: string;
  readonly type: 'sync' | 'async';
  /** Undefined when the call never came to an instance. */
  readonly lane: Lane | undefined;
  readonly instanceId: string | undefined;
  readonly isolation: Isolation;
  readonly startKind: StartKind;
  /** The call waited for an instance to start. */
  readonly coldStart: boolean;
  readonly stages: ColdStartStages | undefined;
  /** Milliseconds since the epoch at which the call, or the attempt, was accepted. */
  readonly startedAt: number;
  /** Milliseconds from acceptance to result. */
  readonly wallMs: number;
  /** Milliseconds of those it waited for an instance. */
  readonly queueMs: number;
  /** Processor time in the isolate, milliseconds; known when an observer asked for `detail`, or the caller for a status. */
  readonly cpuMs: number | undefined;
  /** V8 heap of the instance, bytes; known as `cpuMs` is. */
  readonly heapUsedBytes: number | undefined;
  /** Characters of the event as JSON text, or bytes of a binary one. */
  readonly eventBytes: number;
  /** As `eventBytes`. Undefined where the text would have to be made to know: on other lanes, unless `detail` is asked for. */
  readonly resultBytes: number | undefined;
  /** Calls of bindings. */
  readonly hostCalls: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly outcome: 'success' | ErrorKind;
  readonly error: IsopodError | undefined;
  /** When the call was traced. */
  readonly trace: SpanIds | undefined;
}

/** W3C Trace Context: of the span an invocation is. */
export interface SpanIds {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** A step in an instance's life. */
export interface InstanceFacts {
  readonly event: 'started' | 'startFailed' | 'ended';
  readonly functionName: string;
  readonly versionId: string;
  readonly lane: Lane;
  readonly instanceId: string | undefined;
  /** It is kept by configuration, not by demand. */
  readonly provisioned?: boolean;
  readonly stages?: ColdStartStages;
  /** Undefined when no call waited for it. */
  readonly coldStart?: ColdStart | undefined;
  readonly reason?: InstanceEnd;
  /** Why it could not start. */
  readonly error?: IsopodError;
}

/** A step of an accepted async event. */
export interface AsyncEventFacts {
  readonly event: 'accepted' | 'retried' | 'succeeded' | 'failed' | 'expired' | 'stopped' | 'delivered' | 'undelivered';
  readonly functionName: string;
  readonly qualifier: string;
  readonly requestId: string;
  readonly taskId?: string | undefined;
  readonly error?: IsopodError | undefined;
}

/** A line a function wrote: `console`, `context.logger`, or what the engine says in its place. */
export interface FunctionLogLine {
  readonly functionName: string;
  readonly versionId: string;
  readonly instanceId: string;
  /** Undefined for the initializer and preStop. */
  readonly requestId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `{time} {requestId} [{LEVEL}] {message}`, Function Compute's form. */
  readonly line: string;
}

/** A call at its beginning. */
export interface StartedCall {
  readonly functionName: string;
  readonly versionId: string;
  readonly requestId: string;
  readonly type: 'sync' | 'async';
  /** `performance.now()`. */
  readonly acceptedAt: number;
}

/** Makes spans of calls. `parent`: what the caller gave. */
export interface Tracing {
  begin(call: StartedCall, parent: TraceParent | undefined): CallTrace;
  /** An async event was accepted; what its attempts have as parent. */
  accepted(functionName: string, requestId: string, parent: TraceParent | undefined): TraceParent;
}

/** The span of one call. */
export interface CallTrace extends RequestTrace {
  readonly ids: SpanIds;
  /** What a message or an event that comes of the call carries on. */
  readonly headers: [name: string, value: string][];
  /** A binding is called; the function returned is called when it is answered. */
  hostCall(place: string): (error: unknown) => void;
  ended(facts: InvocationFacts): void;
}

/** Methods are called in the turn of what they tell, so they must be quick; what they throw is logged. */
export interface Observer {
  invocation?(facts: InvocationFacts): void;
  /** Measure processor time and heap of every call too. Dear: such calls cross to a worker one by one. Default false. */
  readonly detail?: boolean;
  instance?(facts: InstanceFacts): void;
  asyncEvent?(facts: AsyncEventFacts): void;
  /** Of several observers' the first one's is used. */
  readonly tracing?: Tracing;
  log?(line: FunctionLogLine): void;
}

/** What can be observed: an engine. */
export interface Observable {
  observe(observer: Observer): () => void;
  stats(): EngineStats;
}
