/**
 * What is known of one invocation when it has ended: one structure for the log line, the metrics, the trace span, the
 * console and whoever else listens. Made only while somebody does.
 */
import type { ErrorKind, IsopodError } from '../errors.ts';
import { requestIdOf } from '../protocol/door.ts';
import type { ColdStartStages, Isolation, Lane, StartKind } from '../types.ts';
import type { InvocationFacts, SpanIds } from './facts.ts';

/** What all calls of one version of a function have in common. */
export interface ObservedFunction {
  /** Full name. */
  readonly functionName: string;
  readonly versionId: string;
  readonly isolation: Isolation;
  readonly startKind: StartKind;
  /** MB. */
  readonly memorySize: number;
  readonly requestPrefix: string;
}

/** Positional and with every field set, because one is made for every observed call. */
export class InvocationRecord implements InvocationFacts {
  readonly of: ObservedFunction;
  readonly no: number;
  readonly type: 'sync' | 'async';
  readonly qualifier: string;
  readonly lane: Lane | undefined;
  readonly instanceId: string | undefined;
  /** `performance.now()`. */
  readonly acceptedAt: number;
  readonly wallMs: number;
  readonly queueMs: number;
  readonly stages: ColdStartStages | undefined;
  readonly cpuMs: number | undefined;
  readonly heapUsedBytes: number | undefined;
  readonly eventBytes: number;
  readonly resultBytes: number | undefined;
  readonly hostCalls: number;
  readonly attempt: number;
  readonly error: IsopodError | undefined;
  readonly trace: SpanIds | undefined;

  constructor(
    of: ObservedFunction,
    no: number,
    type: 'sync' | 'async',
    qualifier: string,
    lane: Lane | undefined,
    instanceId: string | undefined,
    acceptedAt: number,
    wallMs: number,
    queueMs: number,
    stages: ColdStartStages | undefined,
    cpuMs: number | undefined,
    heapUsedBytes: number | undefined,
    eventBytes: number,
    resultBytes: number | undefined,
    hostCalls: number,
    attempt: number,
    error: IsopodError | undefined,
    trace: SpanIds | undefined,
  ) {
    this.of = of;
    this.no = no;
    this.type = type;
    this.qualifier = qualifier;
    this.lane = lane;
    this.instanceId = instanceId;
    this.acceptedAt = acceptedAt;
    this.wallMs = wallMs;
    this.queueMs = queueMs;
    this.stages = stages;
    this.cpuMs = cpuMs;
    this.heapUsedBytes = heapUsedBytes;
    this.eventBytes = eventBytes;
    this.resultBytes = resultBytes;
    this.hostCalls = hostCalls;
    this.attempt = attempt;
    this.error = error;
    this.trace = trace;
  }

  get requestId(): string {
    return requestIdOf(this.of.requestPrefix, this.no);
  }

  get functionName(): string {
    return this.of.functionName;
  }

  get tenant(): string | undefined {
    const { functionName } = this.of;
    const slash = functionName.indexOf('/');
    return slash === -1 ? undefined : functionName.slice(0, slash);
  }

  get versionId(): string {
    return this.of.versionId;
  }

  get isolation(): Isolation {
    return this.of.isolation;
  }

  get startKind(): StartKind {
    return this.of.startKind;
  }

  get startedAt(): number {
    return performance.timeOrigin + this.acceptedAt;
  }

  get coldStart(): boolean {
    return this.stages !== undefined;
  }

  get outcome(): 'success' | ErrorKind {
    return this.error === undefined ? 'success' : this.error.kind;
  }

  toJSON(): InvocationFacts {
    const { requestId, functionName, tenant, versionId, isolation, startKind, startedAt, coldStart, outcome } = this;
    const { of: _of, no: _no, acceptedAt: _acceptedAt, ...own } = this;
    return { requestId, functionName, tenant, versionId, isolation, startKind, startedAt, coldStart, outcome, ...own };
  }
}
