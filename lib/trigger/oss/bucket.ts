/**
 * A bucket that is a folder. What is in it is known from an index, so that changes are found whoever made them: this
 * engine, another program, or anyone while nobody was looking. Every change becomes an entry of the bucket's stream, in
 * the same moment in which the index learns of it. One class: index, folder and stream change together.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IsopodError } from '../../errors.ts';
import { Turns } from '../../store/turns.ts';
import { EventFile } from '../kept/event-file.ts';
import { Streams } from '../kept/streams.ts';
import type { Services } from '../services.ts';
import { FolderWatch } from './folder-watch.ts';
import { assertInside, fileOf, keyOf, OWN_FOLDER } from './object-key.ts';

export interface ObjectMeta {
  readonly contentType: string;
  /** Names as they were sent, without `x-amz-meta-` or `x-oss-meta-`. */
  readonly user: Readonly<Record<string, string>>;
}

export interface ObjectInfo extends ObjectMeta {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  /** Upper case, without quotes. */
  readonly etag: string;
}

/** A change of a bucket; what triggers are told is made from it. */
export interface ObjectEvent {
  /** Without `oss:`. */
  readonly name: string;
  readonly key: string;
  readonly size: number;
  readonly delta: number;
  readonly etag: string;
  readonly contentType: string;
  readonly user: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly sourceIp: string;
}

export interface Requester {
  readonly requestId: string;
  readonly sourceIp: string;
}

interface Row {
  readonly key: string;
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly meta: string;
}

const PLAIN: ObjectMeta = { contentType: 'application/octet-stream', user: {} };

export class Bucket {
  readonly name: string;
  readonly folder: string;
  readonly stream: string;
  readonly #file: EventFile;
  readonly #streams: Streams;
  readonly #turns = new Turns();
  readonly #watch: FolderWatch;
  #opening: Promise<void> | undefined;
  /** Why the folder cannot be watched. */
  trouble: Error | undefined;

  private constructor(name: string, folder: string, services: Services) {
    this.name = name;
    this.folder = folder;
    this.stream = `oss:${name}`;
    this.#file = EventFile.of(services);
    this.#streams = Streams.of(services);
    this.#watch = new FolderWatch(folder, {
      present: (path) => void this.#look(keyOf(folder, path)),
      absent: (path) => void this.#look(keyOf(folder, path)),
      ready: (paths) => this.#compare(paths),
      failed: (error) => {
        this.trouble = error;
      },
    });
  }

  static of(services: Services, name: string): Bucket {
    return services.part(`bucket:${name}`, () => {
      const folder = services.options.buckets[name] ?? join(services.home.file('buckets'), name);
      return new Bucket(name, folder, services);
    });
  }

  /** Resolves when the folder is watched. The first time what is in it is taken as it is, without events. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: Error) => {
      this.#opening = undefined;
      throw new IsopodError('SourceFailed', `The folder ${this.folder} cannot be watched: ${error.message}`, {
        cause: error,
      });
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    // One by one: Node's own recursive way never ends where the system denies that a folder can be made (/proc).
    for (const folder of [dirname(this.folder), this.folder, join(this.folder, OWN_FOLDER)]) {
      await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    await this.#watch.start();
    this.trouble = undefined;
  }

  get #isKnown(): boolean {
    return this.#file.get('SELECT 1 AS known FROM streams WHERE name = ?', this.stream) !== undefined;
  }

  /** After a time without a look: what is new, other or gone since then. */
  async #compare(paths: readonly string[]): Promise<void> {
    const quiet = !this.#isKnown;
    const keys = new Set(paths.map((path) => keyOf(this.folder, path)));
    for (const { key } of this.#file.all<Row>('SELECT key FROM objects WHERE bucket = ?', this.name)) keys.add(key);
    for (const key of keys) await this.#look(key, quiet);
    // Even an empty bucket is known from now on.
    if (quiet) await this.#streams.append(this.stream, []);
  }

  /** Compares one file with the index. */
  #look(key: string, quiet = false): Promise<void> {
    return this.#turns.take(key, async () => {
      const path = join(this.folder, key);
      const facts = await stat(path).catch(() => undefined);
      const known = this.#row(key);
      if (facts === undefined || !facts.isFile()) {
        if (known !== undefined) await this.#record('ObjectRemoved:DeleteObject', known, undefined, ELSEWHERE, quiet);
        return;
      }
      if (known !== undefined && known.size === facts.size && known.modified === facts.mtimeMs) return;
      const etag = await etagOf(path).catch(() => undefined);
      if (etag === undefined) return;
      const meta = JSON.stringify(PLAIN);
      const row = { key, size: facts.size, modified: facts.mtimeMs, etag, meta };
      await this.#record('ObjectCreated:PutObject', known, row, ELSEWHERE, quiet);
    });
  }

  #row(key: string): Row | undefined {
    return this.#file.get<Row>(
      'SELECT key, size, modified, etag, meta FROM objects WHERE bucket = ? AND key = ?',
      this.name,
      key,
    );
  }

  async #record(
    name: string,
    before: Row | undefined,
    after: Row | undefined,
    by: Requester,
    quiet = false,
  ): Promise<void> {
    const row = (after ?? before) as Row;
    const { contentType, user } = JSON.parse(row.meta) as ObjectMeta;
    const event: ObjectEvent = {
      name,
      key: row.key,
      size: row.size,
      delta: (after?.size ?? 0) - (before?.size ?? 0),
      etag: row.etag,
      contentType,
      user,
      ...by,
    };
    const learn = (): void => {
      if (after === undefined) this.#file.run('DELETE FROM objects WHERE bucket = ? AND key = ?', this.name, row.key);
      else {
        const { key, size, modified, etag, meta } = after;
        this.#file.run(
          'INSERT OR REPLACE INTO objects (bucket, key, size, modified, etag, meta) VALUES (?, ?, ?, ?, ?, ?)',
          this.name,
          key,
          size,
          modified,
          etag,
          meta,
        );
      }
    };
    await this.#streams.append(this.stream, quiet ? [] : [JSON.stringify(event)], Date.now(), learn);
  }

  /** A file to write an object into before it is one. */
  temporary(): string {
    return join(this.folder, OWN_FOLDER, randomUUID());
  }

  /** Resolves when the object is there and its event is kept. */
  async put(key: string, body: Readable | Uint8Array, meta: Partial<ObjectMeta>, by: Requester): Promise<ObjectInfo> {
    fileOf(this.folder, key);
    const temporary = this.temporary();
    try {
      await pipeline(body instanceof Uint8Array ? [body] : body, createWriteStream(temporary, { flush: true }));
      return await this.adopt(temporary, key, meta, by, 'ObjectCreated:PutObject');
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Makes a finished file of this bucket's `temporary` the object. */
  async adopt(
    temporary: string,
    key: string,
    meta: Partial<ObjectMeta>,
    by: Requester,
    eventName: string,
    etag?: string,
  ): Promise<ObjectInfo> {
    const path = fileOf(this.folder, key);
    const tag = etag ?? (await etagOf(temporary));
    return this.#turns.take(key, async () => {
      await mkdir(dirname(path), { recursive: true });
      await assertInside(this.folder, path);
      await rename(temporary, path);
      const facts = await stat(path);
      const full: ObjectMeta = { contentType: meta.contentType ?? PLAIN.contentType, user: meta.user ?? {} };
      const row = { key, size: facts.size, modified: facts.mtimeMs, etag: tag, meta: JSON.stringify(full) };
      await this.#record(eventName, this.#row(key), row, by);
      return infoOf(row);
    });
  }

  /** False when there was none. */
  delete(key: string, by: Requester, eventName = 'ObjectRemoved:DeleteObject'): Promise<boolean> {
    const path = fileOf(this.folder, key);
    return this.#turns.take(key, async () => {
      const known = this.#row(key);
      if (known === undefined) return false;
      await assertInside(this.folder, path);
      await rm(path, { force: true });
      await this.#record(eventName, known, undefined, by);
      return true;
    });
  }

  /** Undefined when there is none. */
  head(key: string): ObjectInfo | undefined {
    const row = this.#row(key);
    return row && infoOf(row);
  }

  read(key: string, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(fileOf(this.folder, key), range);
  }

  /** By key. */
  list(prefix: string, after: string, limit: number): ObjectInfo[] {
    return this.#file
      .all<Row>(
        `SELECT key, size, modified, etag, meta FROM objects
         WHERE bucket = ? AND key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?`,
        this.name,
        after,
        prefix.length,
        prefix,
        limit,
      )
      .map(infoOf);
  }

  close(): Promise<void> {
    return this.#watch.close();
  }
}

/** Changes that somebody made in the folder itself. */
const ELSEWHERE: Requester = { requestId: '', sourceIp: '127.0.0.1' };

function infoOf({ key, size, modified, etag, meta }: Row): ObjectInfo {
  return { key, size, modified, etag, ...(JSON.parse(meta) as ObjectMeta) };
}

async function etagOf(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex').toUpperCase();
}
