/**
 * One live isolate of one function on this thread (one thing: its crossings and what they say): started once, called many times, disposed for good at the first
 * limit it hits. Knows the door and nothing of pools, promises or threads; what it has to tell goes to a listener.
 */
import { IsopodError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import { NEAR, overCpu, overMemory, overTime } from '../instance/limits.ts';
import { operateLater } from '../operation/later.ts';
import {
  ANSWER_FAILURE,
  ANSWER_VALUE,
  type BootFacts,
  ENGINE,
  FUNCTION_FILE,
  MORE_LATER,
  MORE_NOW,
  OP_BOOT,
  OP_CALL_BINARY,
  OP_CALL_MANY,
  OP_INITIALIZE,
  OP_LAST,
  OP_PRE_STOP,
  OP_RESUME,
  TAG_HEAD,
  TAG_PENDING,
} from '../protocol/door.ts';
import type { NearLimit } from '../types.ts';
import { CpuClock } from './cpu-clock.ts';
import type { IsolateHost } from './host.ts';
import { overFull } from './overgrown.ts';
import {
  type BootArguments,
  bootArguments,
  crossing,
  type Door,
  openDoor,
  type Restored,
  restore,
  wholeReply,
} from './restore.ts';
import { OVER_CPU, OVER_MEMORY } from './watch-memory.ts';

/** Longest description of an unhandled rejection that is told; characters. */
const MAX_REJECTION = 8_192;

export interface IsolateListener {
  /** Calls that ended, as JSON text: `[no, kind, payload, ...]`. */
  settled(body: string): void;
  /** Log lines, flat `[no, line, ...]`, and how many were left out. */
  logged(lines: readonly (number | string)[], dropped: number): void;
  /** The guest calls a binding in call `no`; `answer` takes the result. */
  hostCall(id: number, no: number, binding: string, method: string, args: string): void;
  /** More than 80% of a limit is used. */
  near(limit: NearLimit, used: number, allowed: number): void;
  /** Heap and external memory, when that differs from what was told before. */
  holds(bytes: number): void;
  /** The isolate is gone, and every call in it with it. */
  lost(error: IsopodError): void;
}

export interface StartTimes {
  readonly restoreMs: number;
  readonly evaluateMs: number;
}

type HeadLine = [
  more: number,
  timerMs: number,
  waiting: number,
  logs: (number | string)[],
  dropped: number,
  hostCalls: (number | string)[],
];

/** What goes in beside a text, but at boot. */
const NOTHING = [] as const;
/** So many answers do not wait for a turn of the event loop: calls may come without one. Far below what a guest may have open. */
const MANY_ANSWERS = 100;
/** A heap's size is told when it changed by so much. */
const TELL_BYTES = 262_144;

export class IsolateInstance {
  readonly #host: IsolateHost;
  readonly #listener: IsolateListener;
  #restored: Restored | undefined;
  /** MB. */
  #memorySize = 0;
  /** What was told last of its heap. */
  #toldBytes = 0;
  #door: Door | undefined;
  #watchId = 0;
  #timer: NodeJS.Timeout | undefined;
  #answers = '';
  #answerCount = 0;
  #resumeScheduled = false;
  #isAwake = false;
  /** Longest a crossing may take without beginning another call, in milliseconds: the function's timeout, or a hook's. */
  limitMs: number;
  /** When the calls in progress must be over, by `performance.now()` of this thread. Bounds what runs after an await. */
  deadlineAt: number = Number.POSITIVE_INFINITY;

  times: StartTimes = { restoreMs: 0, evaluateMs: 0 };
  /** Calls begun so far, the host's own (start, initializer) among them. */
  begun = 0;
  /** Since its heap was last looked at. */
  crossed = false;
  readonly cpu: CpuClock;

  /** `cpuMs`: processor time one invocation may take; 0 for no limit. */
  constructor(host: IsolateHost, limitMs: number, cpuMs: number, listener: IsolateListener) {
    this.#host = host;
    this.limitMs = limitMs;
    this.cpu = new CpuClock(cpuMs);
    this.#listener = listener;
  }

  /** The isolate's number in this thread's watchdog. */
  get watchId(): number {
    return this.#watchId;
  }

  get isDisposed(): boolean {
    return this.#door === undefined;
  }

  /** Creates the isolate and takes its door. Throws a coded error; nothing is left then. */
  start(image: Image, facts: BootFacts, limitMs: number): void {
    const began = performance.now();
    let restored: Restored;
    try {
      this.#memorySize = facts.memorySize;
      restored = this.make(image, facts.memorySize);
    } catch (error) {
      throw new IsopodError('InternalError', `The isolate could not be created: ${messageOf(error)}`, { cause: error });
    }
    this.#restored = restored;
    this.#watchId = this.#host.watchdog.add(restored.isolate);
    this.#host.heaps.add(this);
    this.#door = this.#guard(limitMs, () => this.open(image, restored));
    this.times = { restoreMs: performance.now() - began, evaluateMs: 0 };
  }

  /** Hands in what is the instance's own, evaluates the module, finds the handlers; settles as call `no`. */
  boot(image: Image, facts: BootFacts, no: number): void {
    const began = performance.now();
    const reply = this.cross(JSON.stringify(facts), no, OP_BOOT, this.limitMs, bootArguments(this.#host));
    const { restoreMs } = this.times;
    if (image.kind !== 'snapshot') this.times = { restoreMs, evaluateMs: performance.now() - began };
    if (reply !== undefined) this.absorb(reply);
  }

  protected make(image: Image, memoryMB: number): Restored {
    return restore(this.#host, image, memoryMB, true);
  }

  protected open(image: Image, restored: Restored): Door {
    return openDoor(this.#host, image, restored);
  }

  protected get door(): Door | undefined {
    return this.#door;
  }

  /** The guest failed in a way that ends it. */
  protected lose(error: unknown): void {
    this.#lose(this.#fault(error, 0));
  }

  #guard<T>(limitMs: number, run: () => T): T {
    this.#host.watchdog.enter(this.#watchId, limitMs, this.#memorySize, 0);
    let result: T;
    try {
      result = run();
    } catch (error) {
      const coded = this.#fault(error, this.#host.watchdog.leave());
      this.dispose();
      throw coded;
    }
    const verdict = this.#host.watchdog.leave();
    if (verdict !== 0) {
      this.dispose();
      throw verdict === OVER_MEMORY ? overMemory(this.#memorySize) : overTime(limitMs, 'module');
    }
    return result;
  }

  /**
   * One crossing. Undefined when the isolate did not survive it; the listener knows then.
   * The hot path of a direct call: keep it free of closures and clock reads.
   */
  cross(
    text: string,
    no: number,
    op: number | undefined,
    limitMs: number,
    more: BootArguments | readonly [] = NOTHING,
  ): string | undefined {
    const { watchdog } = this.#host;
    const door = this.#door;
    if (door === undefined) return undefined;
    const given = crossing(text);
    const { cpu } = this;
    if (cpu.runs) cpu.enter();
    watchdog.enter(this.#watchId, limitMs, this.#memorySize, cpu.leftMs);
    const before = watchdog.begun;
    let reply: unknown;
    try {
      reply =
        op === undefined ? door.applySync(undefined, [given, no]) : door.applySync(undefined, [given, no, op, ...more]);
      reply = wholeReply(door, reply);
    } catch (error) {
      this.begun += (watchdog.begun - before) | 0;
      const verdict = watchdog.leave();
      if (cpu.runs) cpu.leave();
      const last = verdict === 0 ? this.#lastReply(error, limitMs) : verdict;
      if (typeof last === 'string') return last;
      this.#lose(this.#fault(error, last));
      return undefined;
    }
    this.begun += (watchdog.begun - before) | 0;
    const verdict = watchdog.leave();
    if (cpu.runs) cpu.leave();
    if (verdict !== 0 || cpu.isOver) {
      this.#lose(this.#sentence(verdict === 0 ? OVER_CPU : verdict));
      return undefined;
    }
    this.crossed = true;
    return reply as string;
  }

  /**
   * An unhandled rejection took the place of the reply, which the guest still has. A number when nothing comes back: why the
   * guest, which hears of the rejection here, was ended meanwhile; 0 when the error was another.
   */
  #lastReply(error: unknown, limitMs: number): string | number {
    const { watchdog } = this.#host;
    if (this.#door === undefined || this.#restored?.isolate.isDisposed !== false) return 0;
    const rejection = rejectionText(error);
    watchdog.enter(this.#watchId, limitMs, this.#memorySize, this.cpu.leftMs);
    let reply: unknown;
    try {
      const again = this.#door.applySync(undefined, [crossing(rejection.slice(0, MAX_REJECTION)), 0, OP_LAST]);
      reply = wholeReply(this.#door, again);
    } catch {
      reply = '';
    }
    const verdict = watchdog.leave();
    return verdict !== 0 || reply === '' ? verdict : (reply as string);
  }

  initialize(no: number): void {
    this.#send('', no, OP_INITIALIZE);
  }

  preStop(no: number): void {
    this.#send('', no, OP_PRE_STOP);
  }

  /** `limitMs`: for each of the events; at most the function's timeout. */
  callMany(text: string, limitMs: number): void {
    this.#send(text, 0, OP_CALL_MANY, limitMs);
  }

  callBinary(text: string, no: number, limitMs: number): void {
    this.#send(text, no, OP_CALL_BINARY, limitMs);
  }

  #send(text: string, no: number, op: number, limitMs: number = this.limitMs): void {
    this.pass(text, no, op, Math.max(1, Math.min(this.limitMs, Math.ceil(limitMs))));
  }

  /** A crossing and what comes of it. */
  protected pass(text: string, no: number, op: number, limitMs: number): void {
    const reply = this.cross(text, no, op, limitMs);
    if (reply !== undefined) this.absorb(reply);
  }

  /** The answer to a host call; `how` as in the protocol, `value` is JSON text. Answers of one turn go in together. */
  answer(id: number, how: number, value: string): void {
    if (this.#door === undefined) return;
    this.#answers += `${this.#answers === '' ? '' : ','}${id},${how},${value}`;
    this.#answerCount++;
    this.#resumeSoon();
  }

  /** Answers wait to be handed in. */
  get hasAnswers(): boolean {
    return this.#answers !== '';
  }

  #resumeSoon(): void {
    if (this.#resumeScheduled || this.#door === undefined) return;
    this.#resumeScheduled = true;
    setImmediate(() => {
      this.#resumeScheduled = false;
      this.resume();
    });
  }

  /** Lets the guest go on: answers, due timers, the rest of a batch. */
  resume(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const answers = this.#answers === '' ? '' : `[${this.#answers}]`;
    this.#answers = '';
    this.#answerCount = 0;
    const left = Math.max(1, Math.min(this.limitMs, Math.ceil(this.deadlineAt - performance.now())));
    this.pass(answers, 0, OP_RESUME, left);
  }

  /** Timers go on between calls from here on, or no longer. */
  wake(awake: boolean): void {
    this.#isAwake = awake;
    if (awake && this.#timer === undefined) this.#resumeBetweenCalls();
  }

  /** Nobody waits for what runs now; it may take as long as a call. */
  #resumeBetweenCalls(): void {
    this.#timer = undefined;
    if (!this.#isAwake) return;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    if (this.cpu.limitMs > 0) this.cpu.restart();
    this.resume();
  }

  /** Takes in a reply that is not a plain value. */
  absorb(reply: string): void {
    if (reply === TAG_PENDING) return this.resume();
    if (reply[0] !== TAG_HEAD) return this.#listener.settled(reply);
    const end = reply.indexOf('\n');
    let head: HeadLine;
    try {
      head = JSON.parse(reply.slice(1, end)) as HeadLine;
    } catch {
      return this.#lose(new IsopodError('InstanceLost', 'The guest gave an answer that cannot be read'));
    }
    const [more, timerMs, waiting, logs, dropped, hostCalls] = head;
    if (logs.length > 0 || dropped > 0) this.#listener.logged(logs, dropped);
    for (let at = 0; at + 4 < hostCalls.length; at += 5) {
      this.#hostCall(
        hostCalls[at] as number,
        hostCalls[at + 1] as number,
        hostCalls[at + 2] as string,
        hostCalls[at + 3] as string,
        hostCalls[at + 4] as string,
      );
    }
    // The wake-up is set before results are told: whoever hears of one may call in again at once.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (more === MORE_LATER || this.#answers !== '') this.#resumeSoon();
    else if (waiting > 0 && timerMs >= 0) this.#timer = setTimeout(() => this.resume(), timerMs);
    else if (this.#isAwake && timerMs >= 0) this.#timer = setTimeout(() => this.#resumeBetweenCalls(), timerMs);
    if (reply.length > end + 3) this.#listener.settled(reply.slice(end + 1));
    if (more === MORE_NOW || this.#answerCount >= MANY_ANSWERS) this.resume();
  }

  /** What the engine offers every guest is answered here; bindings are the caller's side. */
  #hostCall(id: number, no: number, binding: string, method: string, args: string): void {
    const later = binding === ENGINE ? operateLater(method, args) : undefined;
    if (later === undefined) return this.#listener.hostCall(id, no, binding, method, args);
    later.then(
      (value) => this.answer(id, ANSWER_VALUE, value),
      (error: unknown) => this.answer(id, ANSWER_FAILURE, JSON.stringify(nameAndMessage(error))),
    );
  }

  /** Why the watchdog gave a crossing up. */
  #sentence(verdict: number): IsopodError {
    if (verdict === OVER_MEMORY) return overMemory(this.#memorySize);
    return verdict === OVER_CPU ? overCpu(this.cpu.limitMs) : overTime(this.limitMs);
  }

  #fault(error: unknown, verdict: number): IsopodError {
    if (verdict !== 0) return this.#sentence(verdict);
    const message = messageOf(error);
    if (message.includes('memory limit') || message.includes('Array buffer allocation failed')) {
      return overMemory(this.#memorySize);
    }
    if (this.#restored?.isolate.isDisposed === true) {
      return new IsopodError('InstanceLost', 'The isolate was disposed while the call was in progress');
    }
    return new IsopodError('UnhandledInvocationError', `Unhandled promise rejection: ${message}`, {
      errorType: error instanceof Error ? error.name : 'Error',
    });
  }

  #lose(error: IsopodError): void {
    this.dispose();
    this.#listener.lost(error);
  }

  /** Now and then, when it has been crossed into: what it holds at rest has a limit, too. */
  lookAtHeap(): void {
    if (!this.crossed || this.#door === undefined) return;
    this.crossed = false;
    const bytes = this.heapUsedBytes();
    if (Math.abs(bytes - this.#toldBytes) >= TELL_BYTES) {
      this.#toldBytes = bytes;
      this.#listener.holds(bytes);
    }
    const memoryBytes = this.#memorySize * 1_000_000;
    if (overFull(bytes, this.#memorySize)) this.#lose(overMemory(this.#memorySize));
    else if (bytes > memoryBytes * NEAR) this.#listener.near('memory', bytes, memoryBytes);
  }

  heapUsedBytes(): number {
    const restored = this.#restored;
    if (restored === undefined || restored.isolate.isDisposed) return 0;
    const heap = restored.isolate.getHeapStatisticsSync();
    return heap.used_heap_size + heap.externally_allocated_size;
  }

  dispose(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#door = undefined;
    const restored = this.#restored;
    this.#restored = undefined;
    if (restored === undefined) return;
    this.#host.watchdog.remove(this.#watchId);
    this.#host.heaps.delete(this);
    if (!restored.isolate.isDisposed) restored.isolate.dispose();
  }
}

function nameAndMessage(error: unknown): { name: string; message: string } {
  const { name, message } = error instanceof Error ? error : new Error('The host operation failed');
  return { name, message };
}

/** What is known of a rejection, without the frames of the host that isolated-vm puts among the guest's. */
function rejectionText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? error.message).split('\n');
  return lines.filter((line) => !/^\s+at /.test(line) || line.includes(FUNCTION_FILE)).join('\n');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
