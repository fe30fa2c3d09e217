/** Images on disk, by key. Written whole or not at all, checked when read: a file that is not exactly what was written is ignored. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../store/whole-file.ts';

/** Bytes of all files kept; the longest unused go first. */
const MAX_BYTES = 2_000_000_000;
const HASH_LENGTH = 64;

export interface Stored<T> {
  readonly header: T;
  readonly data: Uint8Array;
}

export class Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.image`);
  }

  /** The image, or undefined when there is none or it is damaged. */
  async read<T>(key: string): Promise<Stored<T> | undefined> {
    const path = this.#path(key);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const body = bytes.subarray(HASH_LENGTH);
    if (bytes.length < HASH_LENGTH || digest(key, body) !== bytes.toString('latin1', 0, HASH_LENGTH)) {
      await rm(path, { force: true });
      return undefined;
    }
    const end = body.indexOf(10);
    await utimes(path, new Date(), new Date()).catch(() => undefined);
    return { header: JSON.parse(body.toString('utf8', 0, end)) as T, data: body.subarray(end + 1) };
  }

  async write(key: string, header: unknown, data: Uint8Array): Promise<void> {
    const body = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), data]);
    const bytes = Buffer.concat([Buffer.from(digest(key, body), 'latin1'), body]);
    // An image that is lost with the power is built again.
    await writeWhole(this.#path(key), bytes, { sync: false });
    await this.#trim();
  }

  async #trim(): Promise<void> {
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(this.#folder, name)).catch(() => undefined);
        return { name, bytes: facts?.size ?? 0, usedAt: facts?.mtimeMs ?? 0 };
      }),
    );
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= MAX_BYTES) return;
      await rm(join(this.#folder, name), { force: true });
      total -= bytes;
    }
  }
}

/** Over the key too, so that a file renamed to another key is not taken. */
function digest(key: string, body: Uint8Array): string {
  return createHash('sha256').update(key).update('\0').update(body).digest('hex');
}
