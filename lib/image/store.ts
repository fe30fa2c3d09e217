/**
 * Images on disk, by key: a header, the script that instances compile, the snapshot or code cache. Written whole or not at
 * all, checked when read first, and again when it was touched: a file that is not exactly what was written is ignored.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, openSync, readSync, rmSync, type Stats } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { writeWhole } from '../store/whole-file.ts';
import type { ImageInfo } from '../types.ts';

/** Bytes of all files kept; the longest unused go first. */
const MAX_BYTES = 2_000_000_000;
const HASH_LENGTH = 64;
/** Hash and header are within this. */
const HEAD_BYTES = 65_536;
/** Files of which it is remembered that they were whole. */
const MAX_CHECKED = 20_000;
/** Files that were read within the last this many milliseconds are not told apart. */
const USED_MS = 3_600_000;

export interface Stored {
  /** Undefined for the base. */
  readonly info?: ImageInfo;
  readonly script: string;
  /** Shared memory when it was read from disk. */
  readonly data: Uint8Array;
}

interface Header {
  readonly info?: ImageInfo;
  readonly scriptBytes: number;
}

/** Where other engines find images this one made, and the other way round. Rejects when it cannot be reached. */
export interface SharedImages {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, file: Uint8Array): Promise<void>;
}

export class Store {
  readonly #folder: string;
  /** What the system tells of each file that was found whole. */
  readonly #checked = new LRUCache<string, string>({ max: MAX_CHECKED });
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.image`);
  }

  /**
   * The image, or undefined when there is none or it is damaged. At once, because a start waits for it: going through
   * Node's thread pool takes longer than reading.
   */
  read(key: string): Stored | undefined {
    const path = this.#path(key);
    let file: number | undefined;
    try {
      file = openSync(path, 'r');
      noteUse(file);
      const stored = this.#readOpen(key, file);
      if (stored === undefined) rmSync(path, { force: true });
      return stored;
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  #readOpen(key: string, file: number): Stored | undefined {
    const facts = fstatSync(file);
    const state = stateOf(facts);
    const head = Buffer.allocUnsafe(Math.min(facts.size, HEAD_BYTES));
    readSync(file, head, 0, head.length, 0);
    const end = head.indexOf(10) + 1;
    if (end === 0) return undefined;
    const { info, scriptBytes } = JSON.parse(head.toString('utf8', HASH_LENGTH, end)) as Header;
    if (!(scriptBytes <= facts.size - end)) return undefined;
    const script = part(file, Buffer.allocUnsafe(scriptBytes), end);
    // Straight to where instances take it from.
    const data = part(file, new Uint8Array(new SharedArrayBuffer(facts.size - end - scriptBytes)), end + scriptBytes);
    if (this.#checked.get(key) !== state) {
      if (digest(key, head.subarray(HASH_LENGTH, end), script, data) !== head.toString('latin1', 0, HASH_LENGTH)) {
        return undefined;
      }
      this.#checked.set(key, state);
    }
    return { ...(info !== undefined && { info }), script: script.toString(), data };
  }

  /** A file another engine made. Undefined when it is not what its key says. */
  async take(key: string, file: Uint8Array): Promise<Stored | undefined> {
    const stored = parse(key, Buffer.from(file.buffer, file.byteOffset, file.byteLength));
    if (stored !== undefined) await writeWhole(this.#path(key), file, { sync: false });
    return stored;
  }

  /** Resolves with the whole file. */
  async write(key: string, { info, script, data }: Stored): Promise<Uint8Array> {
    const text = Buffer.from(script);
    const header: Header = { ...(info !== undefined && { info }), scriptBytes: text.byteLength };
    const body = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), text, data]);
    const bytes = Buffer.concat([Buffer.from(digest(key, body), 'latin1'), body]);
    // An image that is lost with the power is built again.
    const path = this.#path(key);
    await writeWhole(path, bytes, { sync: false });
    this.#checked.set(key, stateOf(await stat(path)));
    await this.#trim(bytes.byteLength);
    return bytes;
  }

  /** Looks at the whole folder only when enough was written since that it may be too large. */
  async #trim(bytes: number): Promise<void> {
    const first = this.#written === 0;
    this.#written += bytes;
    if (!first && this.#written < MAX_BYTES / 10) return;
    this.#written = 1;
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(this.#folder, name)).catch(() => undefined);
        return { name, bytes: facts?.size ?? 0, usedAt: facts?.mtimeMs ?? 0 };
      }),
    );
    let total = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= MAX_BYTES * 0.9) return;
      await rm(join(this.#folder, file.name), { force: true });
      total -= file.bytes;
    }
  }
}

/** A whole file. */
function parse(key: string, bytes: Buffer): Stored | undefined {
  const body = bytes.subarray(HASH_LENGTH);
  if (bytes.length < HASH_LENGTH || digest(key, body) !== bytes.toString('latin1', 0, HASH_LENGTH)) return undefined;
  const end = body.indexOf(10) + 1;
  const { info, scriptBytes } = JSON.parse(body.toString('utf8', 0, end)) as Header;
  return {
    ...(info !== undefined && { info }),
    script: body.toString('utf8', end, end + scriptBytes),
    data: body.subarray(end + scriptBytes),
  };
}

/** A note that a file is in use, to the hour. */
function noteUse(file: number): void {
  const now = Date.now();
  if (now - fstatSync(file).mtimeMs > USED_MS) futimesSync(file, now / 1_000, now / 1_000);
}

/** Fills `into` from a place in the file. Throws when the file ends before. */
function part<T extends Uint8Array>(file: number, into: T, from: number): T {
  if (into.length > 0 && readSync(file, into, 0, into.length, from) !== into.length) throw new Error('The file is cut');
  return into;
}

/** Changes with every change to the file, which nobody can hide: the system sets ctime. */
const stateOf = ({ ino, size, ctimeMs }: Stats): string => `${ino} ${size} ${ctimeMs}`;

/** Over the key too, so that a file renamed to another key is not taken. */
function digest(key: string, ...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(key).update('\0');
  for (const bytes of parts) hash.update(bytes);
  return hash.digest('hex');
}
