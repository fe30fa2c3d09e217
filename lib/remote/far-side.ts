/**
 * Where instances are hosted away from the calling thread: one isolate host, what it is told and what it tells. How
 * messages come and go is the business of the thread or process around it.
 */
import { type ErrorRecord, IsopodError } from '../errors.ts';
import { acquireThreadHost, type IsolateHost, releaseThreadHost, type WatchShares } from '../isolate/host.ts';
import { HostedInstance, type StepFailure } from '../isolate/hosted-instance.ts';
import type { BootFacts } from '../protocol/door.ts';
import {
  ANSWER,
  CALL_ALONE,
  CALL_BINARY,
  CALL_MANY,
  COUNT,
  CPU_USED,
  EXPIRE,
  type FarTask,
  HEAP,
  HOST_CALL,
  KILL,
  LOGGED,
  LOST,
  NEAR_LIMIT,
  SETTLED,
  type StepReport,
  TO_FAR_ARGS,
  WAKE,
} from './messages.ts';

/** Milliseconds a call may take that comes when its time is over: most need less, and their instance lives on. */
const LATE_CALL_MS = 20;

interface Hosted {
  readonly instance: HostedInstance;
  readonly facts: BootFacts;
  /** What `begun` was when serving started. */
  begunBefore: number;
  /** When the isolate was last free or last gave a result. */
  heldSince: number;
}

export class FarSide {
  readonly #instances = new Map<number, Hosted>();
  readonly #host: IsolateHost;
  readonly #post: (message: unknown[]) => void;
  #outbox: unknown[] = [];
  #flushScheduled = false;
  /** Set while messages are handled one after the other: `flush` comes at the end of each. */
  handling = false;

  /** `watch`: memory the near side can read and halt the watchdog by. */
  constructor(post: (message: unknown[]) => void, watch?: WatchShares) {
    this.#post = post;
    this.#host = acquireThreadHost(watch);
    this.#host.guard();
  }

  #tell(...parts: unknown[]): void {
    for (const part of parts) this.#outbox.push(part);
    if (this.handling || this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#outbox.length === 0) return;
    const outbox = this.#outbox;
    this.#outbox = [];
    this.#post(outbox);
  }

  /** `lateMs`: how long the message was on its way, where that is known: the time of its calls went on meanwhile. */
  take(message: unknown[], lateMs = 0): void {
    let at = 0;
    while (at < message.length) {
      const op = message[at] as number;
      const number = message[at + 1] as number;
      const hosted = this.#instances.get(number);
      if (hosted !== undefined) this.#act(hosted, number, op, message, at + 2, lateMs);
      at += 1 + (TO_FAR_ARGS[op] ?? 1);
    }
  }

  #act(hosted: Hosted, number: number, op: number, message: unknown[], at: number, lateMs: number): void {
    const { isolate } = hosted.instance;
    if (op === CALL_ALONE) this.flush();
    switch (op) {
      case COUNT:
        return isolate.cpu.restart();
      case CALL_ALONE:
      case CALL_MANY:
      case CALL_BINARY: {
        const now = performance.now();
        hosted.heldSince = now;
        const left = Math.max(LATE_CALL_MS, (message[at + (op === CALL_BINARY ? 2 : 1)] as number) - lateMs);
        isolate.deadlineAt = now + left;
        if (op === CALL_BINARY) isolate.callBinary(message[at + 1] as string, message[at] as number, left);
        else isolate.callMany(message[at] as string, left);
        return;
      }
      case WAKE:
        return isolate.wake(message[at] === 1);
      case ANSWER:
        return isolate.answer(message[at] as number, message[at + 1] as number, message[at + 2] as string);
      case EXPIRE:
        if (this.#isRunning(hosted, message[at] as number)) {
          this.#end(number, hosted, IsopodError.fromRecord(message[at + 1] as ErrorRecord), false);
        }
        return;
      case KILL:
        this.#instances.delete(number);
        hosted.instance.dispose();
    }
  }

  /** One at a time: a call after which another began has ended, and its result is on its way. */
  #isRunning({ instance, facts, begunBefore }: Hosted, order: number): boolean {
    const last = instance.isolate.begun - begunBefore - 1;
    return facts.concurrency === 1 ? order === last : order <= last;
  }

  #end(number: number, hosted: Hosted, error: IsopodError, held: boolean): void {
    this.#instances.delete(number);
    hosted.instance.dispose();
    this.#tell(LOST, number, error.toJSON(), hosted.instance.isolate.begun - hosted.begunBefore, held ? 1 : 0);
    // Before anything else runs here: the other instances' calls are given their time back.
    if (held) this.flush();
  }

  #prepare(task: Extract<FarTask, { op: 'prepare' }>): Promise<StepReport> {
    const number = task.instance;
    const instance = new HostedInstance(this.#host, task.limits, {
      settled: (body) => {
        const now = performance.now();
        const hosted = this.#instances.get(number) as Hosted;
        const { cpu } = instance.isolate;
        if (cpu.runs) {
          this.#tell(CPU_USED, number, cpu.toldMs);
          cpu.rest();
        }
        this.#tell(SETTLED, number, body, now - hosted.heldSince);
        hosted.heldSince = now;
      },
      logged: (lines, dropped) => this.#tell(LOGGED, number, lines, dropped),
      hostCall: (id, no, binding, method, args) => this.#tell(HOST_CALL, number, id, no, binding, method, args),
      near: (limit, used, allowed) => this.#tell(NEAR_LIMIT, number, limit, used, allowed),
      holds: (bytes) => this.#tell(HEAP, number, bytes),
      lost: (error) => {
        const hosted = this.#instances.get(number);
        if (hosted !== undefined) this.#end(number, hosted, error, true);
      },
    });
    this.#instances.set(number, { instance, facts: task.facts, begunBefore: 0, heldSince: 0 });
    return new Promise((resolve) => {
      instance.prepare(task.image, task.facts, (failure) => resolve(this.#report(number, instance, 0, failure)));
    });
  }

  #activate(number: number): Promise<StepReport> {
    const hosted = this.#instances.get(number);
    if (hosted === undefined) return Promise.resolve(this.#gone());
    const began = performance.now();
    return new Promise((resolve) => {
      hosted.instance.activate(hosted.facts, (failure) => {
        hosted.begunBefore = hosted.instance.isolate.begun;
        const took = hosted.facts.initializer === '' ? 0 : performance.now() - began;
        resolve(this.#report(number, hosted.instance, took, failure));
      });
    });
  }

  #gone(): StepReport {
    const record = new IsopodError('InstanceLost', 'The instance was ended while it started').toJSON();
    return { restoreMs: 0, evaluateMs: 0, initializerMs: 0, heapBytes: 0, watchId: 0, failure: { record } };
  }

  #report(
    number: number,
    instance: HostedInstance,
    initializerMs: number,
    failure: StepFailure | undefined,
  ): StepReport {
    if (failure !== undefined) {
      this.#instances.delete(number);
      instance.dispose();
    }
    return {
      ...instance.times,
      initializerMs,
      heapBytes: instance.isolate.heapUsedBytes(),
      watchId: instance.isolate.watchId,
      ...(failure !== undefined && { failure: 'error' in failure ? { record: failure.error.toJSON() } : failure }),
    };
  }

  #stop(number: number): Promise<void> {
    const hosted = this.#instances.get(number);
    if (hosted === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      hosted.instance.stop(hosted.facts, () => {
        this.#instances.delete(number);
        resolve();
      });
    });
  }

  run(task: FarTask): Promise<StepReport | undefined> {
    if (task.op === 'prepare') return this.#prepare(task);
    if (task.op === 'activate') return this.#activate(task.instance);
    return this.#stop(task.instance).then(() => undefined);
  }

  /** Leaves nothing of isolated-vm running, so that the thread can end. */
  close(): void {
    for (const hosted of this.#instances.values()) hosted.instance.dispose();
    this.#instances.clear();
    releaseThreadHost();
  }
}
