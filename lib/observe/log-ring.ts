/** The most recent log lines of one function, few enough lines and characters, with numbers so that a reader can go on. */
import type { FunctionLogLine } from './facts.ts';

export interface KeptLine extends FunctionLogLine {
  /** Counts up by one in a function, from 1. */
  readonly seq: number;
}

export interface RingLimits {
  readonly lines: number;
  /** Characters. */
  readonly chars: number;
  /** Lines taken in a second; the rest is counted and left out. */
  readonly linesPerSecond: number;
}

export class LogRing {
  readonly #limits: RingLimits;
  #lines: KeptLine[] = [];
  /** The first line that is still there. */
  #first = 0;
  #chars = 0;
  #seq = 0;
  #second = 0;
  #inSecond = 0;
  #leftOut = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  get chars(): number {
    return this.#chars;
  }

  /** The line as it was kept, after a note when some before it were left out. Empty when it was left out itself. */
  add(line: FunctionLogLine): readonly KeptLine[] {
    const second = Math.floor(line.time / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    if (++this.#inSecond > this.#limits.linesPerSecond) {
      this.#leftOut++;
      return [];
    }
    const note = this.#leftOut === 0 ? [] : [this.#keep({ ...line, line: leftOut(line, this.#leftOut) })];
    this.#leftOut = 0;
    return [...note, this.#keep(line)];
  }

  #keep(line: FunctionLogLine): KeptLine {
    const kept = { ...line, seq: ++this.#seq };
    this.#lines.push(kept);
    this.#chars += kept.line.length;
    while (
      this.#lines.length - this.#first > this.#limits.lines ||
      (this.#chars > this.#limits.chars && this.#lines.length - this.#first > 1)
    ) {
      this.#chars -= (this.#lines[this.#first] as KeptLine).line.length;
      this.#first++;
    }
    // Before what is gone is more than what is there: it is held until then.
    if (this.#first * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
    return kept;
  }

  /** At most `limit` of the newest lines after number `after`, oldest first. */
  recent(limit: number, after = 0): KeptLine[] {
    const lines = this.#lines.slice(this.#first).filter(({ seq }) => seq > after);
    return lines.slice(Math.max(0, lines.length - limit));
  }
}

const leftOut = ({ time, requestId = '-' }: FunctionLogLine, count: number): string =>
  `${new Date(time).toISOString()} ${requestId} [WARN] (${count} lines over the limit of lines per second were left out)`;
