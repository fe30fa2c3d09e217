/**
 * Keeps what must not be lost: accepted events, tasks, outcomes on their way. Everything asked for in one turn is one
 * group: one transaction and one sync to disk; the next group gathers meanwhile. One file because a group's way there
 * and back is one thing.
 *
 * A change that may be refused (`publish`) is told when it is kept, or why not. Any other must happen: when the disk
 * fails it is tried again until it does, and `stalled` says so, that no more work is begun that would end in one.
 */
import { IsopodError } from '../errors.ts';
import { type Changes, type Failure, isFailure, type Question, type Reply, type Row } from './database.ts';
import { type Executor, InPlace, OnThread } from './executor.ts';
import { CHANGES, type Change, type ChangeName, type Param, type QuestionName } from './statements.ts';

/** A group is closed when it has this many changes or characters; a transaction should not take long. */
const MAX_GROUP_CHANGES = 4_096;
const MAX_GROUP_CHARS = 4_000_000;
/** Characters of events that may wait to be written; more are refused. */
const MAX_UNWRITTEN_CHARS = 256_000_000;
/** Changes nobody waits for are written with others, or after this; milliseconds. */
const LAZY_MS = 5;
const LAZY_CHANGES = 1_024;
/** First and longest wait before a failed group is tried again; milliseconds. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
const MAX_ANSWER_CHARS = 16_000_000;

/** Is told what became of an event that was published. */
export interface Publication {
  kept(): void;
  refused(error: IsopodError): void;
}

interface Asked extends Question {
  resolve(rows: Row[]): void;
  reject(error: IsopodError): void;
}

class Gathering {
  readonly changes: Changes = {};
  readonly publications: Publication[] = [];
  readonly questions: Asked[] = [];
  size = 0;
  chars = 0;

  /** Adds one row. Returns the characters it has. */
  add(name: ChangeName, params: readonly Param[]): number {
    let values = this.changes[name];
    if (values === undefined) {
      values = [];
      this.changes[name] = values;
    }
    let chars = 0;
    for (const param of params) {
      values.push(param);
      if (typeof param === 'string') chars += param.length;
    }
    this.chars += chars;
    this.size++;
    return chars;
  }

  /** Puts the changes of another before its own. */
  putBefore(earlier: Gathering): void {
    for (const [name, values] of Object.entries(earlier.changes) as [ChangeName, Param[]][]) {
      this.changes[name] = values.concat(this.changes[name] ?? []);
    }
    this.size += earlier.size;
    this.chars += earlier.chars;
  }

  /** What must be tried again when the group failed. */
  get lasting(): Gathering {
    const lasting = new Gathering();
    for (const [name, values] of Object.entries(this.changes) as [ChangeName, Param[]][]) {
      const { params, refusable }: Change = CHANGES[name];
      if (refusable === true) continue;
      for (let at = 0; at < values.length; at += params) lasting.add(name, values.slice(at, at + params));
    }
    return lasting;
  }

  get isFull(): boolean {
    return this.size >= MAX_GROUP_CHANGES || this.chars >= MAX_GROUP_CHARS;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.questions.length === 0;
  }
}

export interface JournalOptions {
  /** Told when a group could not be written, and when writing works again. */
  readonly onStall?: ((error: IsopodError) => void) | undefined;
  readonly onRecovery?: (() => void) | undefined;
}

export class Journal {
  readonly #executor: Executor;
  readonly #options: JournalOptions;
  #gathering = new Gathering();
  /** Full ones, oldest first. */
  readonly #waiting: Gathering[] = [];
  #posted: Gathering | undefined;
  #scheduled = false;
  #lazy: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  #unwrittenChars = 0;
  #stall: IsopodError | undefined;
  /** Nothing more is taken in. */
  #closed = false;
  /** Nothing is handed to the executor any more. */
  #ended = false;
  readonly #flushNow = (): void => {
    this.#scheduled = false;
    this.#post();
  };

  /** Use `open`. */
  constructor(executor: Executor, options: JournalOptions = {}) {
    this.#executor = executor;
    this.#options = options;
    executor.onReply = (reply) => this.#replied(reply);
  }

  /** One that ends with this object. */
  static inMemory(options: JournalOptions = {}): Journal {
    return new Journal(new InPlace(), options);
  }

  /** `path`: the file, made when there is none. Rejects with `DataDirDamaged` or `DataDirUnusable`. */
  static async open(path: string, options: JournalOptions = {}): Promise<Journal> {
    try {
      return new Journal(await OnThread.open(path), options);
    } catch (error) {
      throw openError(path, error as Failure);
    }
  }

  /** Why nothing can be written at the moment; undefined when all is well. */
  get stalled(): IsopodError | undefined {
    return this.#stall;
  }

  /** Keeps an event; its publication is told. Throws `StoreFailed` or `ResourceExhausted` when there is no point in trying. */
  publish(publication: Publication, ...params: readonly Param[]): void {
    if (this.#stall !== undefined) throw again(this.#stall);
    if (this.#closed) throw new IsopodError('EngineClosed', 'The engine is closed');
    if (this.#unwrittenChars > MAX_UNWRITTEN_CHARS) throw behind();
    const group = this.#room();
    this.#unwrittenChars += group.add('publish', params);
    group.publications.push(publication);
    this.#flushSoon();
  }

  /** Makes a change that must happen; it is written with the next group, within milliseconds. */
  change(name: Exclude<ChangeName, 'publish'>, ...params: readonly Param[]): void {
    if (this.#closed) return;
    const group = this.#room();
    this.#unwrittenChars += group.add(name, params);
    if (this.#retry !== undefined || this.#scheduled || this.#posted !== undefined) return;
    if (group.size >= LAZY_CHANGES) this.#flushSoon();
    else this.#lazy ??= setTimeout(this.#flushNow, LAZY_MS);
  }

  /** The rows, after everything asked for before. Rejects with `StoreFailed`. */
  ask(name: QuestionName, params: readonly Param[] = [], maxChars: number = MAX_ANSWER_CHARS): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new IsopodError('EngineClosed', 'The engine is closed'));
      this.#room().questions.push({ name, params, maxChars, resolve, reject });
      this.#flushSoon();
    });
  }

  #room(): Gathering {
    if (this.#gathering.isFull) {
      this.#waiting.push(this.#gathering);
      this.#gathering = new Gathering();
    }
    return this.#gathering;
  }

  #flushSoon(): void {
    if (this.#scheduled || this.#posted !== undefined) return;
    this.#scheduled = true;
    setImmediate(this.#flushNow);
  }

  #post(): void {
    if (this.#posted !== undefined || this.#ended) return;
    clearTimeout(this.#lazy);
    clearTimeout(this.#retry);
    this.#lazy = undefined;
    this.#retry = undefined;
    let next = this.#waiting.shift();
    if (next === undefined) {
      if (this.#gathering.isEmpty) return;
      next = this.#gathering;
      this.#gathering = new Gathering();
    }
    this.#posted = next;
    const questions = next.questions.map(({ name, params, maxChars }) => ({ name, params, maxChars }));
    this.#executor.post({ changes: next.changes, questions });
  }

  #replied({ failure, answers }: Reply): void {
    const group = this.#posted as Gathering;
    this.#posted = undefined;
    this.#unwrittenChars -= group.chars;
    if (failure !== undefined) this.#failed(group, failure);
    else this.#succeeded(group);
    group.questions.forEach((question, at) => {
      const answer = answers[at] ?? (failure as Failure);
      if (isFailure(answer)) question.reject(storeFailed(answer));
      else question.resolve(answer);
    });
    if (this.#waiting.length === 0 && this.#gathering.isEmpty) return;
    if (this.#retry === undefined || this.#gathering.questions.length > 0) this.#flushSoon();
  }

  #succeeded(group: Gathering): void {
    if (this.#stall !== undefined && group.size > 0) {
      this.#stall = undefined;
      this.#retryMs = RETRY_MS;
      this.#options.onRecovery?.();
    }
    for (const publication of group.publications) publication.kept();
  }

  /** Gives back what may be refused, and puts the rest before everything that came later. */
  #failed(group: Gathering, failure: Failure): void {
    const error = storeFailed(failure);
    const { lasting } = group;
    this.#unwrittenChars += lasting.chars;
    (this.#waiting[0] ?? this.#gathering).putBefore(lasting);
    const first = this.#stall === undefined;
    if (lasting.size > 0) {
      this.#stall = error;
      // A journal that is closed writes once more, with its last question.
      if (!this.#closed) this.#retry = setTimeout(this.#flushNow, this.#retryMs);
      this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    }
    if (first) this.#options.onStall?.(error);
    for (const publication of group.publications) publication.refused(error);
  }

  /** Writes what is left. What cannot be written now is refused, or found unfinished the next time and done again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const written = this.ask('facts').catch(() => undefined);
    this.#closed = true;
    await written;
    this.#ended = true;
    clearTimeout(this.#lazy);
    clearTimeout(this.#retry);
    await this.#executor.close();
  }
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function openError(path: string, { message, errcode }: Failure): IsopodError {
  if (errcode === SQLITE_CORRUPT || errcode === SQLITE_NOTADB) {
    return new IsopodError(
      'DataDirDamaged',
      `${path} cannot be read (${message}); put back a copy of it, or move it away to begin anew`,
    );
  }
  return new IsopodError('DataDirUnusable', `${path} cannot be opened: ${message}`);
}

const storeFailed = ({ message }: Failure): IsopodError =>
  new IsopodError('StoreFailed', `The journal could not be written or read: ${message}`, { retryAfterMs: 1_000 });

/** An error of its own for each caller. */
const again = (error: IsopodError): IsopodError => IsopodError.fromRecord(error.toJSON());

const behind = (): IsopodError =>
  new IsopodError('ResourceExhausted', 'Events come faster than the disk takes them; send again later', {
    retryAfterMs: 1_000,
  });
