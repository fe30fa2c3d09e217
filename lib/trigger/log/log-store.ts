/** The engine's own log store: records in shards, each in order, kept for a while; read with cursors as Log Service's. */
import { IsopodError } from '../../errors.ts';
import { Streams } from '../kept/streams.ts';
import type { Services } from '../services.ts';

export interface LogRecord {
  /** Seconds since the epoch; now by default. */
  readonly time?: number | undefined;
  readonly topic?: string | undefined;
  readonly source?: string | undefined;
  readonly contents: Readonly<Record<string, string>>;
}

export interface PulledLogs {
  readonly logs: readonly Required<LogRecord>[];
  /** Where to go on. */
  readonly nextCursor: string;
}

const KEEP_MS = 7 * 86_400_000;
/** Records of one call of `pull`. */
const MOST = 1_000;
const NAME = /^[\w-]{2,63}\/[\w-]{2,63}$/;
/** Shards of a store. */
export const SHARDS = 2;

/** Cursors are numbers of entries, written so that nobody counts with them. */
export const cursorOf = (seq: number): string => Buffer.from(String(seq)).toString('base64');

export function seqOf(cursor: string): number {
  const seq = Number(Buffer.from(cursor, 'base64').toString());
  if (Number.isSafeInteger(seq) && seq >= 0) return seq;
  throw new IsopodError('InvalidArgument', `"${cursor.slice(0, 80)}" is no cursor`);
}

export class LogStore {
  readonly name: string;
  readonly #streams: Streams;
  #turn = 0;

  /** `name`: `project/logstore`. */
  constructor(services: Services, name: string) {
    if (!NAME.test(name)) throw new IsopodError('InvalidArgument', `"${name.slice(0, 130)}" is no project/logstore`);
    this.name = name;
    this.#streams = Streams.of(services);
    for (let shard = 0; shard < SHARDS; shard++) this.#streams.keepFor(this.stream(shard), KEEP_MS);
  }

  static of(services: Services, name: string): LogStore {
    return services.part(`log:${name}`, () => new LogStore(services, name));
  }

  stream(shard: number): string {
    return `log:${this.name}:${shard}`;
  }

  /** Records of one source stay in one shard, and so in order. Resolves when they are kept. `also`: as `Streams.append`. */
  async put(records: readonly LogRecord[], also?: () => void): Promise<void> {
    const shards = new Map<number, string[]>();
    for (const { time = Math.floor(Date.now() / 1_000), topic = '', source = '', contents } of records) {
      const shard = source === '' ? this.#turn++ % SHARDS : hashOf(source) % SHARDS;
      const datas = shards.get(shard) ?? [];
      datas.push(JSON.stringify({ time, topic, source, contents }));
      shards.set(shard, datas);
    }
    let once = also;
    await Promise.all(
      [...shards].map(([shard, datas]) => {
        const change = once;
        once = undefined;
        return this.#streams.append(this.stream(shard), datas, Date.now(), change);
      }),
    );
  }

  /** `from`: the first record there is, the end, or the first one at a time (seconds since the epoch). */
  cursor(shard: number, from: 'begin' | 'end' | number): string {
    const stream = this.stream(shard);
    if (from === 'end') return cursorOf(this.#streams.last(stream) + 1);
    return cursorOf(from === 'begin' ? this.#streams.seqAt(stream, 0) : this.#streams.seqAt(stream, from * 1_000));
  }

  /** Records from `cursor` up to `endCursor`, which is not among them. */
  pull(shard: number, cursor: string, endCursor?: string, count = MOST): PulledLogs {
    const first = seqOf(cursor);
    const end = endCursor === undefined ? Number.MAX_SAFE_INTEGER : seqOf(endCursor);
    const entries = this.#streams
      .read(this.stream(shard), first - 1, Math.min(MOST, count))
      .filter(({ seq }) => seq < end);
    return {
      logs: entries.map(({ data }) => JSON.parse(data) as Required<LogRecord>),
      nextCursor: cursorOf((entries.at(-1)?.seq ?? first - 1) + 1),
    };
  }

  close(): void {}
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) >>> 0;
  return hash;
}
