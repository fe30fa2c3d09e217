/**
 * Decides whether a cell that was asked for a sign of life is stuck. Time on the clock proves nothing on a busy machine: what
 * counts is the processor time its main thread had since it should have answered. A cell that gets none is waited for, with
 * a limit.
 */

/** Milliseconds of processor time within which a cell answers, whatever it has to put away first. */
const GRACE_CPU_MS = 250;
/** The same while instances start or stop in it, which may take one long step. */
const GRACE_STEP_CPU_MS = 2_000;
/** Milliseconds on the clock that a cell may be silent in any case: it may have been stopped. */
const BACKSTOP_MS = 10_000;
/** Milliseconds on the clock where the system does not tell processor time. */
const BLIND_MS = 2_000;

interface Question {
  readonly no: number;
  /** When it should be answered at the latest: everything the cell was busy with when it was asked is over then. */
  readonly until: number;
  /** Processor time at the first look after that; -1 when it is not told. */
  spentMs: number | undefined;
}

export class Silence {
  #nextNo = 1;
  /** Not answered, oldest first: a cell answers in order. */
  #open: Question[] = [];

  /** The number of a new question. */
  ask(until: number): number {
    const no = this.#nextNo++;
    this.#open.push({ no, until, spentMs: undefined });
    return no;
  }

  answered(no: number): void {
    this.#open = this.#open.filter((question) => question.no > no);
  }

  /**
   * Asked now and then. `cpuMs`: processor time of the cell's main thread so far, undefined where nobody knows. Never true at
   * the first look after the time is up: the answer may have arrived and not have been read.
   */
  isStuck(now: number, stepsUnderWay: boolean, cpuMs: () => number | undefined): boolean {
    const [oldest] = this.#open;
    if (oldest === undefined || now < oldest.until) return false;
    const spentMs = cpuMs() ?? -1;
    if (oldest.spentMs === undefined) {
      oldest.spentMs = spentMs;
      return false;
    }
    if (now > oldest.until + BACKSTOP_MS) return true;
    if (spentMs < 0 || oldest.spentMs < 0) return now > oldest.until + BLIND_MS;
    return spentMs - oldest.spentMs > (stepsUnderWay ? GRACE_STEP_CPU_MS : GRACE_CPU_MS);
  }
}
