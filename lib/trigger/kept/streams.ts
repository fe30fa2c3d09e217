/**
 * Streams of events, each in the order they came. A consumer is a name with a number: the last entry it is done with. An
 * entry goes when every consumer is done with it, or after `keepMs` where a stream keeps entries for whoever comes later.
 */
import type { Services } from '../services.ts';
import { EventFile } from './event-file.ts';

export interface Entry {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly data: string;
}

/** Entries between two looks for those that may go. */
const TRIM_EVERY = 1_000;

export class Streams {
  readonly #file: EventFile;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #keepMs = new Map<string, number>();
  #sinceTrim = 0;

  constructor(file: EventFile) {
    this.#file = file;
  }

  static of(services: Services): Streams {
    return services.part('streams', () => new Streams(EventFile.of(services)));
  }

  /** From now on entries of `stream` stay this long, whether somebody consumed them or not. */
  keepFor(stream: string, ms: number): void {
    this.#keepMs.set(stream, ms);
  }

  /** The number of the newest entry, 0 before the first. */
  last(stream: string): number {
    return this.#file.get<{ last: number }>('SELECT last FROM streams WHERE name = ?', stream)?.last ?? 0;
  }

  /** Resolves with the number of the last one, when all are kept. `also` changes the same file in the same moment. */
  async append(stream: string, datas: readonly string[], at = Date.now(), also?: () => void): Promise<number> {
    const last = await this.#file.change(() => {
      also?.();
      let seq = this.last(stream);
      for (const data of datas) {
        seq++;
        this.#file.run('INSERT INTO entries (stream, seq, at, data) VALUES (?, ?, ?, ?)', stream, seq, at, data);
      }
      this.#file.run(
        'INSERT INTO streams (name, last, first) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = excluded.last',
        stream,
        seq,
      );
      this.#sinceTrim += datas.length;
      if (this.#sinceTrim >= TRIM_EVERY) this.#trim(stream);
      return seq;
    });
    for (const listener of this.#listeners.get(stream) ?? []) listener();
    return last;
  }

  #trim(stream: string): void {
    this.#sinceTrim = 0;
    const keepMs = this.#keepMs.get(stream);
    if (keepMs !== undefined) {
      this.#file.run('DELETE FROM entries WHERE stream = ? AND at < ?', stream, Date.now() - keepMs);
      return;
    }
    const slowest = this.#file.get<{ seq: number | null }>(
      'SELECT min(seq) AS seq FROM consumers WHERE stream = ?',
      stream,
    );
    this.#file.run('DELETE FROM entries WHERE stream = ? AND seq <= ?', stream, slowest?.seq ?? this.last(stream));
  }

  /** Entries after `seq`, at most `limit` of them and about `maxChars`, but one at least. */
  read(stream: string, seq: number, limit: number, maxChars = 4_000_000): Entry[] {
    const rows = this.#file.all<Entry>(
      'SELECT seq, at, data FROM entries WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?',
      stream,
      seq,
      limit,
    );
    let chars = 0;
    const end = rows.findIndex(({ data }, index) => {
      chars += data.length;
      return index > 0 && chars > maxChars;
    });
    return end < 0 ? rows : rows.slice(0, end);
  }

  /** The number of the first entry at or after a moment; of the one that comes next when there is none. */
  seqAt(stream: string, at: number): number {
    const found = this.#file.get<{ seq: number | null }>(
      'SELECT min(seq) AS seq FROM entries WHERE stream = ? AND at >= ?',
      stream,
      at,
    );
    return found?.seq ?? this.last(stream) + 1;
  }

  /** Undefined before the consumer's first `advance`. */
  position(stream: string, consumer: string): number | undefined {
    return this.#file.get<{ seq: number }>('SELECT seq FROM consumers WHERE stream = ? AND name = ?', stream, consumer)
      ?.seq;
  }

  advance(stream: string, consumer: string, seq: number): Promise<void> {
    return this.#file.change(
      () =>
        void this.#file.run(
          'INSERT OR REPLACE INTO consumers (stream, name, seq) VALUES (?, ?, ?)',
          stream,
          consumer,
          seq,
        ),
    );
  }

  forget(stream: string, consumer: string): Promise<void> {
    return this.#file.change(
      () => void this.#file.run('DELETE FROM consumers WHERE stream = ? AND name = ?', stream, consumer),
    );
  }

  /** Calls `listener` after every append. Returns what ends that. */
  watch(stream: string, listener: () => void): () => void {
    let listeners = this.#listeners.get(stream);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(stream, listeners);
    }
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}
