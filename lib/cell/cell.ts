/**
 * One cell, seen from the engine: a child process that hosts instances, so that what brings a process down takes only
 * them. It is believed nothing: frames are checked, memory is read from the system, and a cell that is silent after a
 * deadline though it had time to answer is killed. One file because all of that judges the same process.
 */
import { setTimeout } from 'node:timers/promises';
import { type ErrorCode, IsopodError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import { overMemory } from '../instance/limits.ts';
import { EXPIRE, type FarTask, type StepReport } from '../remote/messages.ts';
import { RemoteHost } from '../remote/remote-host.ts';
import type { Power } from './confinement.ts';
import type { Frame } from './frames.ts';
import { fromCell, monotonicMs, type ToCell } from './messages.ts';
import { CellProcess } from './process.ts';
import { Silence } from './silence.ts';

/** Bytes a cell holds before it hosts anything, generously. */
const BASE_BYTES = 160_000_000;
/** Bytes of an instance beside its V8 heap: code, buffers on their way, and the heap's own overhead. */
const INSTANCE_BYTES = 32_000_000;
/** How often a message lies in a cell's memory while it is worked off: as bytes, as text, parsed, answered, and as garbage. */
const COPIES = 16;
/** Milliseconds until what a guest held that was ended at a limit has gone back to the system, on a busy machine. */
const RELEASE_MS = 3_000;
const OUT_OF_MEMORY = /out of memory|Allocation failed|FATAL ERROR: .*(heap|memory)/i;

interface Step {
  readonly resolve: (report: StepReport | undefined) => void;
  readonly reject: (error: IsopodError) => void;
  /** When the step should be over; then the cell is asked for a sign of life. */
  readonly until: number;
  /** When the cell is taken to be broken, whatever it says. */
  readonly lostAt: number;
  asked: boolean;
}

/** Told once, when the process is gone; `reason` and the end of its error output for the log. */
type Gone = (reason: string, stderr: string) => void;

export class Cell extends RemoteHost {
  readonly lane = 'cell';
  readonly #process: CellProcess;
  readonly #onGone: Gone;
  readonly #steps = new Map<number, Step>();
  readonly #images = new Set<string>();
  readonly #bases = new Set<string>();
  readonly #opensAt: number;
  readonly #powers = Promise.withResolvers<readonly Power[]>();
  readonly #silence = new Silence();
  #nextStep = 1;
  /** A call was given up in this turn. */
  #expired = false;
  #ending: IsopodError | undefined;
  isGone = false;
  /** Milliseconds, of `performance.now()`. */
  readonly began = performance.now();
  /** Calls sent here so far. */
  calls = 0;
  /** A guest here was ended at a limit: other processes go first since. */
  hasYielded = false;
  /** Held when a guest was ended at a limit last, and when that was: it is not the next one's. */
  #leftBytes = 0;
  #leftAt = Number.NEGATIVE_INFINITY;
  /** Characters of the largest message so far: what it takes is not the function's. */
  #largest = 0;

  /** `opensInMs`: how long instances have to wait, after others like them have ended cells again and again. */
  constructor(onGone: Gone, jail: readonly string[] | undefined, opensInMs = 0) {
    super();
    this.#opensAt = performance.now() + opensInMs;
    this.#onGone = onGone;
    this.#process = new CellProcess(
      {
        heard: (frames) => this.#hear(frames),
        broken: (reason) => this.kill(reason),
        ended: (reason) => this.#gone(reason),
      },
      jail,
    );
    this.#powers.promise.catch(() => undefined);
  }

  get instanceCount(): number {
    return this.instances.size;
  }

  /** Names of the functions that have instances here. */
  get functionNames(): Set<string> {
    return new Set([...this.instances.values()].map(({ definition }) => definition.declared.functionName));
  }

  /** Nothing is under way here. */
  get isIdle(): boolean {
    return this.load === 0 && this.#steps.size === 0;
  }

  get residentBytes(): number {
    return this.#process.residentBytes;
  }

  /** What a jailed cell can do though it should not; rejects when it ends before it has told. */
  powers(): Promise<readonly Power[]> {
    this.#process.work();
    return this.#powers.promise;
  }

  async run(task: FarTask): Promise<StepReport | undefined> {
    if (this.#opensAt > performance.now())
      await setTimeout(this.#opensAt - performance.now(), undefined, { ref: false });
    return this.#give(task);
  }

  #give(task: FarTask): Promise<StepReport | undefined> {
    if (this.isGone) return Promise.reject(this.#lost('is gone'));
    const step = this.#nextStep++;
    return new Promise((resolve, reject) => {
      const now = performance.now();
      const lostAt = now + 3 * patience(task);
      this.#steps.set(step, { resolve, reject, until: now + patience(task), lostAt, asked: false });
      if (task.op !== 'prepare') return this.#write({ step, task });
      const { image, ...rest } = task;
      this.#sendImage(image);
      this.#write({ step, task: { ...rest, imageKey: image.key } });
    });
  }

  #sendImage({ base, data, ...header }: Image): void {
    if (this.#images.has(header.key)) return;
    this.#images.add(header.key);
    const baseBytes = this.#bases.has(header.kernelName) ? 0 : base.byteLength;
    this.#bases.add(header.kernelName);
    const dataBytes = data?.byteLength ?? 0;
    const bytes = new Uint8Array(baseBytes + dataBytes);
    if (baseBytes > 0) bytes.set(new Uint8Array(base));
    if (data !== undefined) bytes.set(new Uint8Array(data), baseBytes);
    this.#write({ image: { ...header, baseBytes, dataBytes } }, bytes);
  }

  override send(...parts: unknown[]): void {
    if (parts[0] === EXPIRE) this.#expired = true;
    super.send(...parts);
  }

  protected override flush(): void {
    super.flush();
    if (!this.#expired) return;
    this.#expired = false;
    this.#ask(this.#busyUntil());
  }

  protected override lost(): void {
    this.#leftBytes = this.residentBytes;
    this.#leftAt = performance.now();
    if (this.hasYielded) return;
    this.hasYielded = true;
    this.#process.yield();
  }

  protected post(message: unknown[]): void {
    this.calls++;
    let size = 0;
    for (const part of message) if (typeof part === 'string') size += part.length;
    this.#largest = Math.max(this.#largest, size);
    this.#write({ say: message, at: monotonicMs() });
  }

  #ask(until: number): void {
    this.#write({ ask: this.#silence.ask(until) });
  }

  /** When everything given to the cell so far should be over. */
  #busyUntil(): number {
    let until = performance.now();
    for (const instance of this.instances.values()) {
      for (const { deadlineAt } of instance.openCalls)
        if (Number.isFinite(deadlineAt)) until = Math.max(until, deadlineAt);
    }
    return until;
  }

  #write(message: ToCell, further?: Uint8Array): void {
    if (this.isGone) return;
    this.#process.write(message, further);
    if (this.isIdle) this.#process.rest();
    else this.#process.work();
  }

  #hear(frames: readonly Frame[]): void {
    for (const { value } of frames) {
      const message = fromCell(value);
      if (message === undefined) return this.kill('it said what no cell says');
      if ('say' in message) this.take(message.say);
      else if ('step' in message) this.#report(message.step, message.report);
      else if ('here' in message) this.#silence.answered(message.here);
      else this.#powers.resolve(message.ready);
    }
    if (this.isIdle) this.#process.rest();
  }

  #report(number: number, report: StepReport | null): void {
    const step = this.#steps.get(number);
    this.#steps.delete(number);
    step?.resolve(report ?? undefined);
  }

  /** Now and then: ends the cell when it is silent or holds too much. */
  look(now: number): void {
    if (this.isGone) return;
    if (this.#silence.isStuck(now, this.#steps.size > 0, () => this.#process.cpuMs)) {
      return this.kill('it was silent after a deadline');
    }
    for (const step of this.#steps.values()) {
      if (now > step.lostAt) return this.kill('a start or stop in it never ended');
      if (now > step.until && !step.asked) this.#ask(now);
      step.asked ||= now > step.until;
    }
    let allowed = BASE_BYTES + this.#largest * COPIES;
    let memorySize = 0;
    for (const { definition } of this.instances.values()) {
      memorySize = definition.declared.memorySize;
      allowed += memorySize * 2_000_000 + INSTANCE_BYTES;
    }
    // At most as much again: a guest that is ended again and again gains nothing by it.
    if (now - this.#leftAt < RELEASE_MS) allowed += Math.min(allowed, this.#leftBytes);
    if (this.residentBytes <= allowed) return;
    this.kill('it held too much memory', this.functionNames.size === 1 ? overMemory(memorySize) : undefined);
  }

  /** Ends the process. `error`: what its calls fail with, when there is someone to blame. */
  kill(reason: string, error?: IsopodError): void {
    if (this.isGone) return;
    this.#ending ??= error ?? this.#lost(`was ended: ${reason}`);
    this.#process.kill();
    this.#gone(`was ended: ${reason}`);
  }

  #gone(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#process.kill();
    const alone = this.functionNames.size === 1;
    const error =
      this.#ending ??
      this.#lost(reason, alone && OUT_OF_MEMORY.test(this.#process.stderr) ? 'FunctionOutOfMemory' : undefined);
    for (const { reject } of this.#steps.values()) reject(error);
    this.#steps.clear();
    this.lose(error);
    this.#powers.reject(error);
    this.#onGone(reason, this.#process.stderr);
  }

  #lost(reason: string, code: ErrorCode = 'InstanceLost'): IsopodError {
    return new IsopodError(code, `The cell of the instance ${reason}`);
  }
}

/** Milliseconds a step may take, with 5 s for what a busy machine adds. */
const patience = (task: FarTask): number => (task.op === 'prepare' ? task.limits.prepareMs : 300_000) + 5_000;
