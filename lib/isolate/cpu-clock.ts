/**
 * Processor time of one isolate's crossings, counted only while somebody asks: the function has a `cpuMs`, or a caller wants
 * to know. It is the thread's own clock, so time the thread spent waiting for a processor is not in it.
 */

/** Milliseconds between two movements of the system's processor clocks, at most. */
const TICK_MS = 10;

/** Milliseconds of processor time this thread has used. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export class CpuClock {
  /** Milliseconds one invocation may take; 0 for no limit. */
  readonly limitMs: number;
  /** Crossings are to be counted. */
  runs: boolean;
  /** Used since the last `restart`, by the system's clock, which may not move for less than a tick. */
  usedMs = 0;
  /** Time between entering and leaving since then, by the clock on the wall. */
  #wallMs = 0;
  #enteredAt = 0;
  #wallAt = 0;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
    this.runs = limitMs > 0;
  }

  /** A call begins whose time somebody wants to know, or which has a limit. */
  restart(): void {
    this.runs = true;
    this.usedMs = 0;
    this.#wallMs = 0;
  }

  /** Nobody asks any more. */
  rest(): void {
    this.runs = this.limitMs > 0;
  }

  /** What the next crossing may use; 0 for no limit. At least 1: less cannot be kept. */
  get leftMs(): number {
    return this.limitMs === 0 ? 0 : Math.max(1, Math.ceil(this.limitMs - this.usedMs));
  }

  enter(): void {
    this.#wallAt = performance.now();
    this.#enteredAt = threadCpuMs();
  }

  leave(): void {
    this.usedMs += threadCpuMs() - this.#enteredAt;
    this.#wallMs += performance.now() - this.#wallAt;
  }

  /** What callers are told: of a short call that the system's clock does not see, the time it took. */
  get toldMs(): number {
    return this.usedMs > 0 ? this.usedMs : Math.min(this.#wallMs, TICK_MS);
  }

  get isOver(): boolean {
    return this.limitMs > 0 && this.usedMs > this.limitMs;
  }
}
