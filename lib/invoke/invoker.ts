/**
 * One call. The quick way: a warm instance on this thread answers in place, and nothing is allocated but the event's
 * and the result's text. Every other call gets a `Call` and goes to the pool. One file because every way shares one
 * numbering and one account of open calls.
 */
import { IsopodError } from '../errors.ts';
import { Call, type CallSink } from '../instance/call.ts';
import { overTime } from '../instance/limits.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { Observers } from '../observe/observers.ts';
import type { TraceParent } from '../observe/trace-context.ts';
import type { Pool } from '../pool/pool.ts';
import { requestIdOf, TAG_BINARY, TAG_ERROR, TAG_HEAD, TAG_PENDING } from '../protocol/door.ts';
import type { InvokeOptions, ResultStream } from '../types.ts';
import { binaryText, bytesOf, eventText } from './payload.ts';
import { quickRecord, refusedRecord } from './quick-record.ts';
import { fillStatus, PromiseSink, SyncSink } from './sinks.ts';

/** One in this many quick calls is timed, so that a function that became slow is noticed. */
const TIMED_EVERY = 64;

/** A reply that is no value: what to do about it is decided off the quick way. */
const NOT_PLAIN = Symbol('not plain');

const isTag = (reply: string): boolean =>
  reply.length === 0 ||
  reply[0] === TAG_PENDING ||
  reply[0] === TAG_HEAD ||
  reply[0] === TAG_ERROR ||
  reply[0] === TAG_BINARY;

/** Told once what became of a call whose event and result are text. */
export interface TextSink extends CallSink {
  /** When the call was handed over, by `performance.now()`. */
  readonly beganAt: number;
  /** Takes the result in pieces, when the function gives it so. */
  readonly stream: ResultStream | undefined;
  /** Set by the invoker; to be called once when a call that was not answered in place ends. */
  ended: () => void;
  /** In place, before `invokeText` returns: JSON text, '' for nothing, or bytes. */
  answered(no: number, instance: DirectInstance, result: string | Uint8Array): void;
  /** In place as well. */
  refused(no: number, instance: DirectInstance, error: IsopodError): void;
}

/** A call as another engine made it. */
export interface ForeignCall {
  readonly no: number;
  readonly text: string;
  readonly binary: boolean;
  /** Milliseconds that are left of its time. */
  readonly leftMs: number;
  readonly qualifier: string;
  readonly logs: boolean;
  readonly parent: TraceParent | undefined;
}

export interface InvokerOptions {
  readonly requestPrefix: string;
  readonly maxPayloadBytes: number;
  readonly maxConcurrency: number;
  readonly firstCallNo: number;
}

export class Invoker {
  readonly #options: InvokerOptions;
  readonly #observers: Observers;
  /** `performance.now()` before the last timed crossing. */
  #began = 0;
  #nextNo: number;
  /** Calls that have a `Call`: those in progress or waiting. */
  #open = 0;
  readonly #ended = (): void => {
    this.#open--;
  };

  constructor(options: InvokerOptions, observers: Observers) {
    this.#options = options;
    this.#observers = observers;
    this.#nextNo = options.firstCallNo;
  }

  /** Calls in progress or waiting. */
  get openCount(): number {
    return this.#open;
  }

  takeNo(): number {
    return this.#nextNo++;
  }

  /** Of the call that is made next. */
  get nextNo(): number {
    return this.#nextNo;
  }

  set nextNo(no: number) {
    this.#nextNo = no;
  }

  /** Id of the call that is made next. */
  get nextRequestId(): string {
    return requestIdOf(this.#options.requestPrefix, this.#nextNo);
  }

  encode(event: unknown): { readonly text: string; readonly binary: boolean } {
    const { maxPayloadBytes } = this.#options;
    return event instanceof Uint8Array
      ? { text: binaryText(event, maxPayloadBytes), binary: true }
      : { text: eventText(event, maxPayloadBytes), binary: false };
  }

  /** As the engine's `invoke`. Throws what is wrong with the call itself; the engine makes that a rejection. */
  invoke(pool: Pool, event: unknown, options: InvokeOptions | undefined): unknown {
    const { traces } = this.#observers;
    if (options === undefined && pool.quick !== undefined && !traces) {
      return this.#quick(pool, pool.quick, event);
    }
    return this.#start(pool, event, options);
  }

  #quick(pool: Pool, instance: DirectInstance, event: unknown): unknown {
    const { maxPayloadBytes } = this.#options;
    const binary = event instanceof Uint8Array;
    const text = binary ? binaryText(event, maxPayloadBytes) : eventText(event, maxPayloadBytes);
    const no = this.#nextNo++;
    const isTimed = this.#isTimed(no);
    const reply = isTimed ? this.#timed(pool, instance, text, no, binary) : instance.callNow(text, no, binary);
    if (reply !== undefined && !isTag(reply)) return JSON.parse(reply);
    const value = this.#special(pool, reply, no);
    if (value !== NOT_PLAIN) return value;
    return new Promise((resolve, reject) => {
      const call = this.#call(
        pool,
        no,
        text,
        binary,
        undefined,
        new PromiseSink(pool, this.#options.requestPrefix, undefined, resolve, reject, this.#ended),
        this.#acceptedAt,
      );
      pool.adopt(instance, call, reply as string);
    });
  }

  /**
   * As `invoke`, for an event that is text already and a result that stays text where it can; no promise is made. Throws
   * what is wrong with the call itself. Undefined: `sink` was told already.
   */
  invokeText(pool: Pool, text: string, binary: boolean, sink: TextSink): Call | undefined {
    const { maxConcurrency } = this.#options;
    const instance = pool.quick;
    sink.ended = this.#ended;
    if (instance === undefined || this.#observers.traces) {
      if (this.#open >= maxConcurrency) throw this.#refused(pool, maxConcurrency);
      const call = this.#call(pool, this.#nextNo++, text, binary, undefined, sink);
      call.wantsUse = true;
      call.stream = sink.stream;
      pool.submit(call);
      return call;
    }
    const no = this.#nextNo++;
    const isTimed = this.#isTimed(no);
    const reply = isTimed ? this.#timed(pool, instance, text, no, binary) : instance.callNow(text, no, binary);
    if (reply !== undefined && (reply === '' || !isTag(reply))) {
      sink.answered(no, instance, reply);
      return undefined;
    }
    let value: unknown;
    try {
      value = this.#special(pool, reply, no);
    } catch (error) {
      sink.refused(no, instance, error as IsopodError);
      return undefined;
    }
    if (value !== NOT_PLAIN) {
      sink.answered(no, instance, value as Uint8Array);
      return undefined;
    }
    const call = this.#call(pool, no, text, binary, undefined, sink, this.#acceptedAt);
    call.wantsUse = true;
    call.stream = sink.stream;
    // Until now it ran here, uncounted unless it has a limit.
    if (pool.definition.cpuMs === 0) call.cpuMs = performance.now() - sink.beganAt;
    pool.adopt(instance, call, reply as string);
    return call;
  }

  /** A call another engine made; it stays here. Throws `ResourceExhausted`. */
  invokeFor(pool: Pool, foreign: ForeignCall, sink: CallSink & { ended: () => void }): Call {
    const { maxConcurrency } = this.#options;
    if (this.#open >= maxConcurrency) throw this.#refused(pool, maxConcurrency);
    const { no, text, binary, leftMs, qualifier, logs, parent } = foreign;
    const timeoutMs = Math.min(pool.definition.timeoutMs, leftMs);
    const call = new Call(no, text, binary, performance.now(), timeoutMs, sink, logs);
    this.#open++;
    sink.ended = this.#ended;
    call.qualifier = qualifier;
    call.parent = parent;
    call.stays = true;
    call.wantsUse = true;
    pool.submit(call);
    return call;
  }

  /** Gives a call up whose caller is gone. */
  abandon(pool: Pool, call: Call, reason: unknown): void {
    if (call.done) return;
    const { instance } = call;
    const error = new IsopodError('InvocationAborted', 'The caller went away', { cause: reason });
    if (instance === undefined) pool.forget(call);
    call.fail(error);
    instance?.expire(call, error);
  }

  #timed(pool: Pool, instance: DirectInstance, text: string, no: number, binary: boolean): string | undefined {
    const began = performance.now();
    const reply = instance.callNow(text, no, binary);
    const tookMs = performance.now() - began;
    this.#began = began;
    if (no % TIMED_EVERY === 0) pool.observe(tookMs);
    if (this.#observers.on) {
      const record = quickRecord(pool, instance, no, began, tookMs, text.length, reply);
      if (record !== undefined) this.#observers.invocation(record);
    }
    return reply;
  }

  #isTimed(no: number): boolean {
    return no % TIMED_EVERY === 0 || this.#observers.on;
  }

  /** When a call of the quick way that becomes one like others was accepted, as far as it is known. */
  get #acceptedAt(): number {
    return this.#observers.on ? this.#began : performance.now();
  }

  /** Too many calls are in progress; whoever observes is told. */
  #refused(pool: Pool, limit: number): IsopodError {
    const error = tooMany(limit);
    if (this.#observers.on) this.#observers.invocation(refusedRecord(pool, this.#nextNo++, error));
    return error;
  }

  /** An empty, binary or failed reply; `NOT_PLAIN` for one that has more to it. */
  #special(pool: Pool, reply: string | undefined, no: number): unknown {
    if (reply === '') return undefined;
    const requestId = requestIdOf(this.#options.requestPrefix, no);
    if (reply === undefined) {
      const error = pool.takeLastLoss() ?? new IsopodError('InstanceLost', 'The instance ended during the call');
      error.requestId = requestId;
      throw error;
    }
    if (reply[0] === TAG_ERROR) throw pool.definition.toError(JSON.parse(reply.slice(1)), requestId);
    if (reply[0] === TAG_BINARY) return bytesOf(reply.slice(1));
    return NOT_PLAIN;
  }

  #call(
    pool: Pool,
    no: number,
    text: string,
    binary: boolean,
    options: InvokeOptions | undefined,
    sink: CallSink,
    acceptedAt = performance.now(),
  ): Call {
    this.#open++;
    const timeoutMs = Math.min(pool.definition.timeoutMs, (options?.timeout ?? Number.POSITIVE_INFINITY) * 1_000);
    const call = new Call(no, text, binary, acceptedAt, timeoutMs, sink, options?.status !== undefined);
    if (options?.qualifier !== undefined) call.qualifier = options.qualifier;
    if (options?.stream !== undefined) call.stream = options.stream;
    if (options?.traceparent !== undefined) {
      call.parent = { traceparent: options.traceparent, tracestate: options.tracestate };
    }
    return call;
  }

  #start(pool: Pool, event: unknown, options: InvokeOptions | undefined): Promise<unknown> {
    const { requestPrefix, maxConcurrency } = this.#options;
    const signal = options?.signal;
    if (signal?.aborted === true) throw aborted(signal);
    if (this.#open >= maxConcurrency) throw this.#refused(pool, maxConcurrency);
    const { text, binary } = this.encode(event);
    const no = this.#nextNo++;
    return new Promise((resolve, reject) => {
      const sink = new PromiseSink(pool, requestPrefix, options?.status, resolve, reject, this.#ended);
      const call = this.#call(pool, no, text, binary, options, sink);
      if (options !== undefined && (signal !== undefined || options.timeout !== undefined)) {
        sink.ended = this.#giveUp(pool, call, options);
      }
      pool.submit(call);
    });
  }

  /** Ends the call early when its caller says so; returns what undoes that. */
  #giveUp(pool: Pool, call: Call, options: InvokeOptions): () => void {
    const { signal, timeout } = options;
    const end = (error: IsopodError): void => {
      if (call.done) return;
      const { instance } = call;
      if (instance === undefined) pool.forget(call);
      call.fail(error);
      instance?.expire(call, error);
    };
    const onAbort = (): void => end(aborted(signal as AbortSignal));
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = timeout === undefined ? undefined : setTimeout(() => end(overTime(timeout * 1_000)), timeout * 1_000);
    return () => {
      this.#open--;
      signal?.removeEventListener('abort', onAbort);
      if (timer !== undefined) clearTimeout(timer);
    };
  }

  /** As the engine's `invokeSync`. */
  invokeSync(pool: Pool, event: unknown, options: InvokeOptions | undefined): unknown {
    const quick = pool.quick ?? pool.idleDirect();
    const isWatched = options?.status !== undefined || options?.traceparent !== undefined || this.#observers.traces;
    const plain = !isWatched && pool.definition.grants.isEmpty;
    if (plain && quick !== undefined) {
      return this.#settleNow(pool, this.#quick(pool, quick, event));
    }
    const { text, binary } = this.encode(event);
    const no = this.#nextNo++;
    const sink = new SyncSink();
    const call = this.#call(pool, no, text, binary, options, sink);
    try {
      const instance = quick ?? pool.startNow(call);
      pool.submitNow(instance, call);
      if (!call.done) {
        const error = performance.now() < call.deadlineAt ? notSynchronous() : overTime(call.timeoutMs);
        instance.kill(error);
        throw error;
      }
      if (sink.error !== undefined) throw sink.error;
      return sink.value;
    } finally {
      this.#open--;
      if (options?.status !== undefined) fillStatus(options.status, pool, call, this.#options.requestPrefix);
    }
  }

  /** A quick call whose handler awaited something settled in this turn, or it is too late. */
  #settleNow(_pool: Pool, value: unknown): unknown {
    if (!(value instanceof Promise)) return value;
    value.catch(() => undefined);
    throw notSynchronous();
  }
}

const notSynchronous = (): IsopodError =>
  new IsopodError(
    'NotSynchronous',
    'The handler awaits a timer or a host call that is not answered at once; use invoke instead of invokeSync',
  );

const tooMany = (limit: number): IsopodError =>
  new IsopodError('ResourceExhausted', `${limit} calls are in progress or waiting already, which is maxConcurrency`, {
    retryAfterMs: 1_000,
  });

function aborted(signal: AbortSignal): IsopodError {
  return new IsopodError('InvocationAborted', 'The call was given up by its AbortSignal', { cause: signal.reason });
}
