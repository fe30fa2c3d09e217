/**
 * Images on disk, by key: a header, the script that instances compile, the snapshot or code cache. Written whole or not at
 * all, checked when read: a file that is not exactly what was written is ignored.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../store/whole-file.ts';
import type { ImageInfo } from '../types.ts';

/** Bytes of all files kept; the longest unused go first. */
const MAX_BYTES = 2_000_000_000;
const HASH_LENGTH = 64;
/** Files that were read within the last this many milliseconds are not told apart. */
const USED_MS = 3_600_000;

export interface Stored {
  /** Undefined for the base. */
  readonly info?: ImageInfo;
  readonly script: string;
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
    const bytes = readUsed(path);
    if (bytes === undefined) return undefined;
    const stored = parse(key, bytes);
    if (stored === undefined) rmSync(path, { force: true });
    return stored;
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
    await writeWhole(this.#path(key), bytes, { sync: false });
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

/** A file's bytes, and a note that it is in use, to the hour. Undefined when it cannot be read. */
function readUsed(path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const now = Date.now();
    if (now - fstatSync(file).mtimeMs > USED_MS) futimesSync(file, now / 1_000, now / 1_000);
    return readFileSync(file);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Over the key too, so that a file renamed to another key is not taken. */
function digest(key: string, body: Uint8Array): string {
  return createHash('sha256').update(key).update('\0').update(body).digest('hex');
}
