/** What functions of this engine write, as records of a log store; but not what is written by those who read them from it. */
import type { FunctionLogLine, Observable } from '../../observe/facts.ts';
import type { LogRecord, LogStore } from './log-store.ts';

/** Milliseconds lines are gathered, so that many are kept with one write. */
const GATHER_MS = 50;
/** Lines that wait to be kept; more are left out, and a record tells how many. */
const MAX_WAITING = 10_000;
const LINE = /^\S+ \S+ \[(\w+)\] ([\s\S]*)$/;

export interface FunctionFeedOptions {
  readonly store: LogStore;
  /** Names, or beginnings of names with `*` at the end. */
  readonly functions: readonly string[];
  /** It reads the store. */
  readonly isReader: (functionName: string) => boolean;
  readonly failed: (error: Error) => void;
}

export class FunctionFeed {
  readonly #options: FunctionFeedOptions;
  readonly #stop: () => void;
  #waiting: LogRecord[] = [];
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();

  constructor(observe: Observable['observe'], options: FunctionFeedOptions) {
    this.#options = options;
    this.#stop = observe({ log: (line) => this.#take(line) });
  }

  #take(line: FunctionLogLine): void {
    const { functions, isReader } = this.#options;
    const { functionName } = line;
    const isWanted = functions.some((name) =>
      name.endsWith('*') ? functionName.startsWith(name.slice(0, -1)) : functionName === name,
    );
    if (!isWanted || isReader(functionName)) return;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(recordOf(line));
    else this.#leftOut++;
    this.#timer ??= setTimeout(() => this.#write(), GATHER_MS);
  }

  #write(): void {
    this.#timer = undefined;
    const records = this.#waiting;
    this.#waiting = [];
    if (this.#leftOut > 0) {
      records.push({ source: 'isopod', contents: { level: 'WARN', content: `${this.#leftOut} lines were left out` } });
      this.#leftOut = 0;
    }
    if (records.length === 0) return;
    this.#writing = this.#writing.then(() => this.#options.store.put(records)).catch(this.#options.failed);
  }

  async close(): Promise<void> {
    this.#stop();
    clearTimeout(this.#timer);
    this.#write();
    await this.#writing;
  }
}

/** Lines of one function stay in order, because it is their source. */
function recordOf({ functionName, versionId, instanceId, requestId = '', time, line }: FunctionLogLine): LogRecord {
  const [, level = 'INFO', content = line] = LINE.exec(line) ?? [];
  return {
    time: Math.floor(time / 1_000),
    source: functionName,
    contents: { level, content, functionName, versionId, instanceId, requestId },
  };
}
