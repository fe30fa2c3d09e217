/**
 * An isolate's start and end, step by step: prepare (isolate, module, handlers), activate (initializer), serve, stop
 * (preStop). Used in place by the direct lane and behind a port by the worker lane. Everything is told by callback,
 * in the same turn when the guest allows it, so that a synchronous call can start an instance synchronously.
 */
import type { IsopodError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import type { Definition } from '../instance/definition.ts';
import { overTime, type Timed } from '../instance/limits.ts';
import { type BootFacts, KIND_ERROR } from '../protocol/door.ts';
import type { IsolateHost } from './host.ts';
import { IsolateInstance, type IsolateListener, type StartTimes } from './isolate-instance.ts';

/** Numbers of the calls the host makes itself, below FIRST_CALL_NO. */
const READY = 1;
const INITIALIZE = 2;
const PRE_STOP = 3;

const timed: Readonly<Record<number, Timed>> = {
  [READY]: 'module',
  [INITIALIZE]: 'initializer',
  [PRE_STOP]: 'preStop',
};

export interface HookLimits {
  /** Milliseconds for isolate, module and an asynchronous top level. */
  readonly prepareMs: number;
  readonly initializerMs: number;
  readonly preStopMs: number;
  readonly callMs: number;
  /** Processor time of one invocation; 0 for no limit. */
  readonly cpuMs: number;
}

/** Milliseconds isolate, module and handler may take to be ready; Function Compute has no figure for it. */
const PREPARE_LIMIT_MS = 10_000;

export function limitsOf({ declared, timeoutMs, cpuMs }: Definition): HookLimits {
  return {
    prepareMs: PREPARE_LIMIT_MS,
    initializerMs: (declared.initializer?.timeout ?? 3) * 1_000,
    preStopMs: (declared.preStop?.timeout ?? 3) * 1_000,
    callMs: timeoutMs,
    cpuMs,
  };
}

/** A step that failed: what the guest told, or an error of ours. */
export type StepFailure = { readonly told: unknown } | { readonly error: IsopodError };
export type StepDone = (failure: StepFailure | undefined) => void;

export type IsolateMaker = (listener: IsolateListener) => IsolateInstance;

interface Step {
  readonly no: number;
  readonly limitMs: number;
  readonly done: StepDone;
  timer: NodeJS.Timeout | undefined;
}

export class HostedInstance {
  readonly isolate: IsolateInstance;
  readonly #listener: IsolateListener;
  readonly #limits: HookLimits;
  #step: Step | undefined;
  #stopped = false;

  /** `make`: instead of an ordinary isolate. */
  constructor(host: IsolateHost, limits: HookLimits, listener: IsolateListener, make?: IsolateMaker) {
    this.#listener = listener;
    this.#limits = limits;
    const told: IsolateListener = {
      settled: (body) => this.#settled(body),
      logged: (lines, dropped) => listener.logged(lines, dropped),
      hostCall: (id, no, binding, method, args) => listener.hostCall(id, no, binding, method, args),
      near: (limit, used, allowed) => listener.near(limit, used, allowed),
      holds: (bytes) => listener.holds(bytes),
      lost: (error) => this.#lost(error),
    };
    this.isolate = make?.(told) ?? new IsolateInstance(host, limits.callMs, limits.cpuMs, told);
  }

  get times(): StartTimes {
    return this.isolate.times;
  }

  prepare(image: Image, facts: BootFacts, done: StepDone): void {
    try {
      this.isolate.start(image, facts, this.#limits.prepareMs);
    } catch (error) {
      done({ error: error as IsopodError });
      return;
    }
    this.#begin(READY, this.#limits.prepareMs, done, (no) => this.isolate.boot(image, facts, no));
  }

  activate(facts: BootFacts, done: StepDone): void {
    if (facts.initializer === '') done(undefined);
    else this.#begin(INITIALIZE, this.#limits.initializerMs, done, (no) => this.isolate.initialize(no));
  }

  /** preStop, whatever comes of it, then the end. */
  stop(facts: BootFacts, done: () => void): void {
    const end = (): void => {
      this.dispose();
      done();
    };
    if (facts.preStop === '' || this.isolate.isDisposed) end();
    else this.#begin(PRE_STOP, this.#limits.preStopMs, end, (no) => this.isolate.preStop(no));
  }

  #begin(no: number, limitMs: number, done: StepDone, run: (no: number) => void): void {
    this.isolate.deadlineAt = performance.now() + limitMs;
    this.isolate.limitMs = limitMs;
    this.#step = { no, limitMs, done, timer: undefined };
    run(no);
    const step = this.#step;
    if (step?.no !== no) return;
    step.timer = setTimeout(() => {
      this.isolate.dispose();
      this.#end({ error: overTime(limitMs, timed[no]) });
    }, limitMs);
  }

  #end(failure: StepFailure | undefined): void {
    const step = this.#step;
    if (step === undefined) return;
    this.#step = undefined;
    this.isolate.limitMs = this.#limits.callMs;
    if (step.timer !== undefined) clearTimeout(step.timer);
    step.done(failure);
  }

  #settled(body: string): void {
    const step = this.#step;
    if (step === undefined) return this.#listener.settled(body);
    if (body === '[]') return;
    const list = JSON.parse(body) as unknown[];
    for (let at = 0; at + 2 < list.length; at += 3) {
      if (list[at] === step.no) return this.#end(list[at + 1] === KIND_ERROR ? { told: list[at + 2] } : undefined);
    }
  }

  #lost(error: IsopodError): void {
    const step = this.#step;
    if (step === undefined) {
      if (!this.#stopped) this.#listener.lost(error);
      return;
    }
    this.#end({ error: error.code === 'FunctionTimeout' ? overTime(step.limitMs, timed[step.no]) : error });
  }

  dispose(): void {
    this.#stopped = true;
    this.isolate.dispose();
  }
}
