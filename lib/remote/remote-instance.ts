/** An instance on a worker thread or in a cell, seen from the calling thread. */

import { type ErrorRecord, IsopodError } from '../errors.ts';
import { BaseInstance } from '../instance/base-instance.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { InstanceOwner, StartReport } from '../instance/instance.ts';
import { limitsOf } from '../isolate/hosted-instance.ts';
import type { Lane, NearLimit } from '../types.ts';
import { ANSWER, CALL_ALONE, CALL_BINARY, CALL_MANY, COUNT, EXPIRE, KILL, type StepReport, WAKE } from './messages.ts';
import type { RemoteHost } from './remote-host.ts';

/** Characters of events that cross together: an isolate holds them, what they are parsed to and their results at once. */
const MAX_BATCH_CHARS = 1_048_576;

export class RemoteInstance extends BaseInstance {
  readonly number: number;
  readonly host: RemoteHost;
  #times: StepReport | undefined;
  #heapBytes = 0;
  #watchId = 0;
  #wasHeldUp = false;
  /** Number of the call that was overdue at the latest look. */
  #doubted = 0;
  /** Processor time of the calls about to settle, where somebody asked; milliseconds. */
  #cpuMs = 0;
  /** `no,event,...` of this turn, not sent yet. */
  #batch = '';
  /** The latest deadline of those calls: the calling thread minds the earlier ones. */
  #batchDeadline = 0;

  get lane(): Lane {
    return this.host.lane;
  }

  constructor(id: string, number: number, definition: Definition, owner: InstanceOwner, host: RemoteHost) {
    super(id, definition, owner);
    this.number = number;
    this.host = host;
  }

  /** Milliseconds `prepare` took over there, messages left out; undefined before. */
  get preparedInMs(): number | undefined {
    return this.#times && this.#times.restoreMs + this.#times.evaluateMs;
  }

  async prepare(): Promise<void> {
    const limits = limitsOf(this.definition);
    const { bootFacts } = this.definition;
    const { image, ms } = await this.definition.loadImage();
    this.imageLoadMs = ms;
    this.host.add(this);
    const report = await this.host.run({ op: 'prepare', instance: this.number, image, facts: bootFacts, limits });
    this.#check(report, false);
    this.#times = report;
    this.#watchId = report?.watchId ?? 0;
    this.move('prepared');
  }

  async activate(): Promise<StartReport> {
    this.move('activate');
    const report = await this.host.run({ op: 'activate', instance: this.number });
    this.#check(report, true);
    this.move('initialized');
    this.#heapBytes = report?.heapBytes ?? 0;
    this.holds(this.#heapBytes);
    return {
      imageLoadMs: this.imageLoadMs,
      restoreMs: this.#times?.restoreMs ?? 0,
      evaluateMs: this.#times?.evaluateMs ?? 0,
      initializerMs: report?.initializerMs ?? 0,
    };
  }

  #check(report: StepReport | undefined, initializer: boolean): void {
    const failure = report?.failure;
    if (failure === undefined && !this.isGone) return;
    this.host.remove(this);
    if (!this.isGone) this.move('lost');
    if (failure === undefined) throw new IsopodError('InstanceLost', 'The instance was ended while it started');
    throw this.startError(
      'record' in failure ? { error: IsopodError.fromRecord(failure.record) } : failure,
      initializer,
    );
  }

  submit(call: Call): void {
    this.register(call);
    const counted = call.wantsUse || this.definition.cpuMs > 0;
    if (counted) this.host.send(COUNT, this.number);
    if (call.binary) {
      this.host.send(CALL_BINARY, this.number, call.no, call.text, call.deadlineAt - performance.now());
      return;
    }
    const no = call.wantsResult ? call.no : -call.no;
    // A call with a shorter deadline of its own must not impose it on others.
    if (counted || this.definition.isUnproven || call.timeoutMs < this.definition.timeoutMs) {
      this.host.send(CALL_ALONE, this.number, `[${no},${call.text}]`, call.deadlineAt - performance.now());
      return;
    }
    if (this.#batch.length + call.text.length > MAX_BATCH_CHARS) this.#closeBatch();
    if (this.#batch === '') {
      this.host.hasBatch(this);
      this.#batch = `${no},${call.text}`;
    } else {
      this.#batch += `,${no},${call.text}`;
    }
    if (call.deadlineAt > this.#batchDeadline) this.#batchDeadline = call.deadlineAt;
  }

  /**
   * The host is inside another instance; bounded, so that one stuck for good is not waited for. Where it was until now,
   * the calls here have their time anew. What ended just now over there may not have been heard yet, so a call is
   * believed to be overdue at the second look.
   */
  override isHeldUp(call: Call): boolean {
    const running = this.host.runningIsolate();
    const patience = call.deadlineAt + this.definition.timeoutMs;
    if (running !== 0 && running !== this.#watchId && performance.now() < patience) {
      this.#wasHeldUp = true;
      return true;
    }
    if (this.#wasHeldUp) {
      this.renew();
      return true;
    }
    if (this.#doubted === call.no) return false;
    this.#doubted = call.no;
    return true;
  }

  /** Another instance held the host: the calls here have their time anew. */
  renew(): void {
    this.#wasHeldUp = false;
    const renewed = performance.now() + this.definition.timeoutMs;
    for (const call of this.open.values()) if (call.deadlineAt < renewed) call.deadlineAt = renewed;
  }

  /** Those so far cross by themselves: nothing more fits. */
  #closeBatch(): void {
    if (this.#batch === '') return;
    this.host.send(CALL_MANY, this.number, `[${this.#batch}]`, this.#batchDeadline - performance.now());
    this.#batchDeadline = 0;
    this.#batch = '';
  }

  /** Hands this turn's calls to the message under way. */
  flush(outbox: unknown[], now: number): void {
    if (this.#batch === '') return;
    outbox.push(CALL_MANY, this.number, `[${this.#batch}]`, this.#batchDeadline - now);
    this.#batchDeadline = 0;
    this.#batch = '';
  }

  /** From the far side: settled calls. */
  takeSettled(body: string, heldMs: number): void {
    this.settleText(body, heldMs);
  }

  takeLogs(lines: (number | string)[], dropped: number): void {
    this.logged(lines, dropped);
  }

  takeHostCall(id: number, no: number, binding: string, method: string, args: string): void {
    this.hostCall(id, no, binding, method, args);
  }

  takeCpu(ms: number): void {
    this.#cpuMs = ms;
  }

  protected cpuMsOf(): number {
    return this.#cpuMs;
  }

  takeNear(limit: NearLimit, used: number, allowed: number): void {
    this.definition.near(limit, used, allowed);
  }

  takeHeap(bytes: number): void {
    this.#heapBytes = bytes;
    this.holds(bytes);
  }

  takeLost(record: ErrorRecord, begun: number): void {
    this.host.remove(this);
    this.gone(IsopodError.fromRecord(record), begun);
  }

  /** The whole host ended. */
  hostGone(error: IsopodError): void {
    this.gone(error, this.#begunBehindExpired());
  }

  /** A call that was given up and has not ended holds the instance: those after it have not begun. */
  #begunBehindExpired(): number {
    if (this.definition.declared.instanceConcurrency === 1) {
      for (const call of this.openCalls) if (call.done) return call.order + 1;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** As told last; asking now would be a hop. */
  heapUsedBytes(): number {
    return this.#heapBytes;
  }

  protected wake(awake: boolean): void {
    this.host.send(WAKE, this.number, awake ? 1 : 0);
  }

  protected answer(id: number, how: number, value: string): void {
    if (!this.isGone) this.host.send(ANSWER, this.number, id, how, value);
  }

  protected expireOrder(order: number, error: IsopodError): void {
    this.host.send(EXPIRE, this.number, order, error.toJSON());
  }

  protected destroy(): void {
    this.host.send(KILL, this.number);
    this.host.remove(this);
  }

  async stop(): Promise<void> {
    if (this.isGone) return;
    this.move('stop');
    await this.host.run({ op: 'stop', instance: this.number }).catch(() => undefined);
    this.host.remove(this);
    if (!this.isGone) this.move('lost');
  }
}
