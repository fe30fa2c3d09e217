/** The direct lane: an instance on the calling thread. A quick call is one function call deep. */

import { IsopodError, toIsopodError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import { BaseInstance } from '../instance/base-instance.ts';
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { InstanceOwner, StartReport } from '../instance/instance.ts';
import {
  KIND_BINARY,
  KIND_ERROR,
  KIND_UNDEFINED,
  KIND_VALUE,
  OP_PLAIN_BINARY,
  TAG_BINARY,
  TAG_ERROR,
  TAG_HEAD,
  TAG_PENDING,
} from '../protocol/door.ts';
import type { Lane } from '../types.ts';
import type { IsolateHost } from './host.ts';
import {
  type HookLimits,
  HostedInstance,
  type IsolateMaker,
  limitsOf,
  type StepDone,
  type StepFailure,
} from './hosted-instance.ts';
import type { IsolateListener } from './isolate-instance.ts';

/** An isolate that is not an ordinary one, and how long its steps may take. */
export interface OwnIsolate {
  readonly limits: HookLimits;
  readonly make: IsolateMaker;
}

export class DirectInstance extends BaseInstance {
  readonly lane: Lane = 'direct';
  readonly #hosted: HostedInstance;
  #initializerMs = 0;

  constructor(id: string, definition: Definition, owner: InstanceOwner, host: IsolateHost, own?: OwnIsolate) {
    super(id, definition, owner);
    const listener: IsolateListener = {
      settled: (body) => this.settleText(body, undefined),
      logged: (lines, dropped) => this.logged(lines, dropped),
      hostCall: (callId, no, binding, method, args) => this.hostCall(callId, no, binding, method, args),
      near: (limit, used, allowed) => this.definition.near(limit, used, allowed),
      holds: (bytes) => this.holds(bytes),
      lost: (error) => this.gone(error, Number.POSITIVE_INFINITY),
    };
    this.#hosted = new HostedInstance(host, own?.limits ?? limitsOf(definition), listener, own?.make);
  }

  /**
   * As `prepare`, told in the same turn when the module's top level is synchronous. Throws `NotSynchronous` when the image
   * has to be built again.
   */
  prepareNow(done: (error: IsopodError | undefined) => void): void {
    const began = performance.now();
    const image = this.definition.code.image.now();
    this.imageLoadMs = performance.now() - began;
    if (image === undefined) {
      const why = 'The image of the function has to be built again; use invoke instead of invokeSync';
      throw new IsopodError('NotSynchronous', why);
    }
    this.#prepare(image, done);
  }

  #prepare(image: Image, done: (error: IsopodError | undefined) => void): void {
    this.#hosted.prepare(image, this.definition.bootFacts, (failure) => {
      if (failure === undefined) this.move('prepared');
      done(this.#failed(failure, false));
    });
  }

  activateNow(done: (error: IsopodError | undefined, report: StartReport) => void): void {
    this.move('activate');
    const began = performance.now();
    const finish: StepDone = (failure) => {
      if (failure === undefined) this.move('initialized');
      this.#initializerMs = this.definition.bootFacts.initializer === '' ? 0 : performance.now() - began;
      this.holds(this.#hosted.isolate.heapUsedBytes());
      done(this.#failed(failure, true), {
        imageLoadMs: this.imageLoadMs,
        ...this.#hosted.times,
        initializerMs: this.#initializerMs,
      });
    };
    this.#hosted.activate(this.definition.bootFacts, finish);
  }

  #failed(failure: StepFailure | undefined, initializer: boolean): IsopodError | undefined {
    if (failure === undefined) return undefined;
    this.#hosted.dispose();
    if (!this.isGone) this.move('lost');
    return this.startError(failure, initializer);
  }

  async prepare(): Promise<void> {
    const { image, ms } = await this.definition.loadImage();
    this.imageLoadMs = ms;
    return new Promise((resolve, reject) => {
      this.#prepare(image, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  activate(): Promise<StartReport> {
    return new Promise((resolve, reject) => {
      this.activateNow((error, report) => (error === undefined ? resolve(report) : reject(error)));
    });
  }

  /**
   * One event, now. The reply is the value's JSON text, or empty, or has a tag of the protocol; undefined when
   * the call ended the instance. A reply that `isPlain` refuses must go to `finish`.
   */
  callNow(text: string, no: number, binary: boolean): string | undefined {
    this.idleSweeps = 0;
    const { isolate } = this.#hosted;
    if (isolate.cpu.limitMs > 0) isolate.cpu.restart();
    return isolate.cross(text, no, binary ? OP_PLAIN_BINARY : undefined, this.definition.timeoutMs);
  }

  submit(call: Call): void {
    this.register(call);
    const { isolate } = this.#hosted;
    this.#count(call);
    isolate.deadlineAt = call.deadlineAt;
    const left = Math.max(1, Math.min(this.definition.timeoutMs, Math.ceil(call.deadlineAt - performance.now())));
    const reply = isolate.cross(call.text, call.no, call.binary ? OP_PLAIN_BINARY : undefined, left);
    if (reply !== undefined) this.take(call, reply);
  }

  /** Its processor time has a limit, or its caller wants to know. */
  #count(call: Call): void {
    const { cpu } = this.#hosted.isolate;
    if (call.wantsUse || cpu.limitMs > 0) cpu.restart();
  }

  protected cpuMsOf(call: Call): number {
    const { cpu } = this.#hosted.isolate;
    if (call.wantsUse) cpu.rest();
    return cpu.toldMs;
  }

  /** As `submit`, and goes on in this turn as long as host functions answer in it. */
  submitNow(call: Call): void {
    this.submit(call);
    const { isolate } = this.#hosted;
    while (!call.done && isolate.hasAnswers && performance.now() < call.deadlineAt) isolate.resume();
  }

  /** Gives a reply of `callNow` to a call made for it afterwards. */
  adopt(call: Call, reply: string): void {
    this.register(call);
    const { cpu } = this.#hosted.isolate;
    if (call.wantsUse && !cpu.runs) cpu.restart();
    this.#hosted.isolate.deadlineAt = call.deadlineAt;
    this.take(call, reply);
  }

  private take(call: Call, reply: string): void {
    const tag = reply[0];
    if (tag === TAG_PENDING || tag === TAG_HEAD) return this.#hosted.isolate.absorb(reply);
    try {
      if (tag === undefined) this.settle([call.no, KIND_UNDEFINED, 0], undefined);
      else if (tag === TAG_ERROR) this.settle([call.no, KIND_ERROR, JSON.parse(reply.slice(1))], undefined);
      else if (tag === TAG_BINARY) this.settle([call.no, KIND_BINARY, reply.slice(1)], undefined);
      else this.settle([call.no, KIND_VALUE, JSON.parse(reply)], undefined);
    } catch (error) {
      this.kill(toIsopodError(error));
    }
  }

  protected wake(awake: boolean): void {
    this.#hosted.isolate.wake(awake);
  }

  protected answer(id: number, how: number, value: string): void {
    this.#hosted.isolate.answer(id, how, value);
  }

  /** On this thread every open call has begun. */
  protected expireOrder(_order: number, error: IsopodError): void {
    this.kill(error);
  }

  protected destroy(): void {
    this.#hosted.dispose();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isGone) return resolve();
      const serving = this.state === 'serving';
      this.move('stop');
      if (!serving) {
        this.destroy();
        return resolve();
      }
      this.#hosted.stop(this.definition.bootFacts, () => {
        if (!this.isGone) this.move('lost');
        resolve();
      });
    });
  }

  heapUsedBytes(): number {
    return this.#hosted.isolate.heapUsedBytes();
  }
}
