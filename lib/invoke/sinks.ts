/** Where the outcome of a call goes: a promise or the calling function, and the caller's status object. */
import type { IsopodError } from '../errors.ts';
import type { Call, CallSink } from '../instance/call.ts';
import type { Pool } from '../pool/pool.ts';
import { KIND_ERROR, requestIdOf } from '../protocol/door.ts';
import type { InvokeStatus } from '../types.ts';
import { resultOf } from './payload.ts';

/** Settles a promise, and fills the caller's status object when there is one. */
export class PromiseSink implements CallSink {
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #status: InvokeStatus | undefined;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: IsopodError) => void;
  /** Called once, however the call ends. */
  ended: () => void;

  constructor(
    pool: Pool,
    prefix: string,
    status: InvokeStatus | undefined,
    resolve: (value: unknown) => void,
    reject: (error: IsopodError) => void,
    ended: () => void,
  ) {
    this.#pool = pool;
    this.#prefix = prefix;
    this.#status = status;
    this.#resolve = resolve;
    this.#reject = reject;
    this.ended = ended;
  }

  succeeded(call: Call, kind: number, payload: unknown): void {
    this.ended();
    if (this.#status !== undefined) fillStatus(this.#status, this.#pool, call, this.#prefix);
    this.#resolve(resultOf(kind, payload));
  }

  failed(call: Call, error: IsopodError): void {
    this.ended();
    error.requestId ??= requestIdOf(this.#prefix, call.no);
    if (this.#status !== undefined) fillStatus(this.#status, this.#pool, call, this.#prefix);
    this.#reject(error);
  }
}

export class SyncSink implements CallSink {
  value: unknown;
  error: IsopodError | undefined;

  succeeded(_call: Call, kind: number, payload: unknown): void {
    this.value = kind === KIND_ERROR ? undefined : resultOf(kind, payload);
  }

  failed(_call: Call, error: IsopodError): void {
    this.error = error;
  }
}

export function fillStatus(status: InvokeStatus, pool: Pool, call: Call, prefix: string): void {
  const { instance } = call;
  status.requestId = requestIdOf(prefix, call.no);
  status.functionName = pool.definition.declared.functionName;
  status.versionId = pool.definition.versionId;
  status.startKind = pool.definition.code.image.info.kind;
  status.memorySize = pool.definition.declared.memorySize;
  status.coldStart = call.stages !== undefined;
  status.wallMs = performance.now() - call.acceptedAt;
  status.cpuMs = call.cpuMs;
  if (call.stages !== undefined) status.stages = call.stages;
  if (call.logs !== undefined) status.logs = call.logs;
  if (call.away !== undefined) {
    const { node, instanceId, lane, heapUsedBytes } = call.away;
    Object.assign(status, { node, instanceId, lane, heapUsedBytes });
  }
  if (instance === undefined) return;
  status.instanceId = instance.id;
  status.lane = instance.lane;
  status.heapUsedBytes = instance.heapUsedBytes();
}
