/**
 * The caller's side of an instance, one class because it is the same for every lane: which calls are open, what their outcome
 * is, which host functions the guest may call. How text gets to the isolate is the lane's part.
 */

import { IsopodError, toIsopodError } from '../errors.ts';
import { ENGINE, KIND_BINARY, KIND_DONE, KIND_ERROR, KIND_UNDEFINED } from '../protocol/door.ts';
import type { Lane } from '../types.ts';
import type { Call } from './call.ts';
import { type Definition, MAX_LOG_CHARS } from './definition.ts';
import { EngineOperations } from './engine-operations.ts';
import { HostCalls } from './host-calls.ts';
import type { Instance, InstanceOwner, StartReport } from './instance.ts';
import { NEAR } from './limits.ts';
import { type InstanceEvent, type InstanceState, nextState } from './state.ts';
import { countHostCall, keepLine, tellLines } from './watched.ts';

/** Bytes of the smallest instance, and what each holds beside its heap; measured by the suites `memory` and `density`. */
const BASE_BYTES = 1_300_000;
const OVERHEAD_BYTES = 1_400_000;
/** How long the end of an instance may take after one of its calls was given up; milliseconds. */
const EXPIRY_MS = 2_000;

export abstract class BaseInstance implements Instance {
  readonly id: string;
  abstract readonly lane: Lane;
  readonly definition: Definition;
  protected readonly owner: InstanceOwner;
  /** Calls given and not ended, in the order they were given. */
  protected readonly open = new Map<number, Call>();
  #operations: EngineOperations | undefined;
  #given = 0;
  #state: InstanceState = 'preparing';
  #hostCalls: HostCalls | undefined;
  #expiredAt = Number.NEGATIVE_INFINITY;
  bytes: number = BASE_BYTES;
  idleSweeps = 0;
  idleSince: number = performance.now();
  provisioned = false;
  #awake = false;
  readonly createdAt: number = Date.now();
  protected imageLoadMs = 0;

  constructor(id: string, definition: Definition, owner: InstanceOwner) {
    this.id = id;
    this.definition = definition;
    this.owner = owner;
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** The isolate is gone. A getter of its own, because `state` may change during any call. */
  get isGone(): boolean {
    return this.#state === 'gone';
  }

  get expiring(): boolean {
    return performance.now() - this.#expiredAt < EXPIRY_MS;
  }

  get awake(): boolean {
    return this.#awake;
  }

  set awake(awake: boolean) {
    if (awake === this.#awake || this.isGone) return;
    this.#awake = awake;
    this.wake(awake);
  }

  get openCount(): number {
    return this.open.size;
  }

  /** The open calls, oldest first. */
  get openCalls(): IterableIterator<Call> {
    return this.open.values();
  }

  /** Heap and external memory are so large now; a cell may tell anything, so its word has a limit. */
  protected holds(heapBytes: number): void {
    const heap = Math.min(heapBytes, this.definition.declared.memorySize * 1_000_000);
    this.bytes = Math.max(BASE_BYTES, OVERHEAD_BYTES + heap);
  }

  protected move(event: InstanceEvent): void {
    this.#state = nextState(this.#state, event);
    if (this.#state !== 'gone') return;
    this.#hostCalls?.abandon();
    this.#operations?.close();
  }

  abstract prepare(): Promise<void>;
  abstract activate(): Promise<StartReport>;
  abstract stop(): Promise<void>;
  abstract submit(call: Call): void;
  abstract heapUsedBytes(): number;
  /** The isolate's timers go on between calls from here on, or no longer. */
  protected abstract wake(awake: boolean): void;
  /** Processor time of a call that settles, which its caller asked for; milliseconds. */
  protected abstract cpuMsOf(call: Call): number;
  /** Ends the isolate, whatever it does. */
  protected abstract destroy(): void;
  /** Gives a host function's result back; `how` as in the protocol, `value` is JSON text. */
  protected abstract answer(id: number, how: number, value: string): void;
  /** Asks whether the call that is `order`-th here has begun, and ends the instance if so. */
  protected abstract expireOrder(order: number, error: IsopodError): void;

  /** Writes down that a call was given here. */
  protected register(call: Call): void {
    if (call.waitsUntimed) call.deadlineAt = performance.now() + this.definition.timeoutMs;
    if (call.watcher !== undefined) call.givenAt = performance.now();
    call.instance = this;
    call.order = this.#given++;
    this.idleSweeps = 0;
    this.open.set(call.no, call);
  }

  /** Takes a settled list: `[no, kind, payload, ...]`. `heldMs`: how long these calls held the isolate, if measured. */
  protected settle(list: readonly unknown[], heldMs: number | undefined): void {
    let ended = 0;
    for (let at = 0; at + 2 < list.length; at += 3) {
      const no = list[at] as number;
      const kind = list[at + 1] as number;
      if (kind === KIND_DONE) ended += this.#settleRun(no, list[at + 2] as number);
      else if (this.#settleOne(no, kind, list[at + 2])) ended++;
    }
    this.definition.noteEnded(ended);
    if (ended > 0) this.owner.ended(this, heldMs === undefined ? undefined : heldMs / ended);
  }

  #settleOne(no: number, kind: number, payload: unknown): boolean {
    const call = this.open.get(no);
    if (call === undefined) return false;
    this.open.delete(no);
    if (call.wantsUse || this.definition.cpuMs > 0) this.#noteCpu(call);
    finishCall(call, this.definition, kind, payload);
    this.#operations?.callEnded(no);
    return true;
  }

  #noteCpu(call: Call): void {
    call.cpuMs += this.cpuMsOf(call);
    const { cpuMs } = this.definition;
    if (cpuMs > 0 && call.cpuMs > cpuMs * NEAR) this.definition.near('cpu', call.cpuMs, cpuMs);
  }

  /** The guest wrote `count`: no more calls than are open are looked for. */
  #settleRun(first: number, count: number): number {
    const end = first + Math.min(count, this.open.size);
    let ended = 0;
    for (let no = first; no < end; no++) if (this.#settleOne(no, KIND_UNDEFINED, 0)) ended++;
    return ended;
  }

  protected settleText(body: string, heldMs: number | undefined): void {
    let list: unknown;
    try {
      list = JSON.parse(body);
    } catch {
      return this.kill(new IsopodError('InstanceLost', 'The guest gave an answer that cannot be read'));
    }
    if (Array.isArray(list)) this.settle(list, heldMs);
  }

  protected logged(lines: readonly (number | string)[], dropped: number): void {
    if (this.definition.observers.logOn) tellLines(this.definition, this.id, lines);
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const logs = this.open.get(lines[at] as number)?.logs;
      if (logs !== undefined) keepLine(logs, String(lines[at + 1]));
    }
    if (dropped === 0) return;
    this.definition.near('logs', MAX_LOG_CHARS, MAX_LOG_CHARS);
    for (const call of this.open.values()) {
      if (call.logs !== undefined) call.logs.push(`(${dropped} log lines over the limit were left out)`);
    }
  }

  #engineOperations(): EngineOperations {
    this.#operations ??= new EngineOperations(this.definition, this.open, (id, how, value) =>
      this.answer(id, how, value),
    );
    return this.#operations;
  }

  #hostFunctions(): HostCalls {
    this.#hostCalls ??= new HostCalls({
      id: this.id,
      definition: this.definition,
      callOf: (open) => this.open.get(open),
      answer: (answered, how, value) => this.answer(answered, how, value),
    });
    return this.#hostCalls;
  }

  /** Runs a granted host function and answers. What is not granted cannot be named: the guest's request is only text. */
  protected hostCall(id: number, no: number, binding: string, method: string, args: string): void {
    if (this.isGone) return;
    const calls = binding === ENGINE ? this.#engineOperations() : this.#hostFunctions();
    if (this.definition.observers.on) countHostCall(this.open, no);
    calls.take(id, no, binding, method, args);
  }

  isHeldUp(_call: Call): boolean {
    return false;
  }

  /** A start step failed: what the guest told, or an error of ours. An initializer's failure has a code of its own. */
  protected startError(
    failure: { readonly told: unknown } | { readonly error: IsopodError },
    initializer: boolean,
  ): IsopodError {
    const error = 'error' in failure ? failure.error : this.definition.toError(failure.told);
    if (!initializer || (error.code !== 'UnhandledInvocationError' && error.code !== 'HandledInvocationError'))
      return error;
    return new IsopodError('InitializerFailed', error.message, {
      ...(error.errorType !== undefined && { errorType: error.errorType }),
      ...(error.stackTrace !== undefined && { stackTrace: error.stackTrace }),
    });
  }

  expire(call: Call, error: IsopodError): void {
    if (!this.open.has(call.no)) return;
    this.#expiredAt = performance.now();
    this.expireOrder(call.order, error);
  }

  kill(error: IsopodError): void {
    if (this.#state === 'gone') return;
    this.destroy();
    this.gone(error, this.#given);
  }

  /**
   * The isolate is gone. Of the open calls, those at or after `begun` never ran. Of those that began, one at a time
   * runs unless the function allows more: that one ended the instance and fails with `error`; the results of
   * earlier ones are lost with it.
   */
  protected gone(error: IsopodError, begun: number): void {
    if (this.#state === 'gone') return;
    this.move('lost');
    if (error.kind === 'function') this.definition.noteLost();
    const notBegun: Call[] = [];
    const failed: Call[] = [];
    const calls = [...this.open.values()];
    this.open.clear();
    for (const call of calls) (call.order >= begun ? notBegun : failed).push(call);
    const alone = this.definition.bootFacts.concurrency === 1;
    for (const call of failed) {
      const culprit = !alone || call === failed.at(-1);
      call.fail(
        culprit
          ? error
          : new IsopodError('InstanceLost', `The instance ended before it told the result: ${error.message}`),
      );
    }
    this.owner.lost(this, error, notBegun);
  }
}

/** Ends a call with what the guest told. */
export function finishCall(call: Call, definition: Definition, kind: number, payload: unknown): void {
  if (kind === KIND_ERROR) call.fail(definition.toError(payload));
  else if (kind === KIND_BINARY && typeof payload !== 'string')
    call.fail(toIsopodError('a binary result that is not text'));
  else call.succeed(kind, payload);
}
