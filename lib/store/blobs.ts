/** Bytes on disk by their SHA-256: code packages, bundles. What is read is checked; equal bytes are kept once. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IsopodError } from '../errors.ts';
import { writeWhole } from './whole-file.ts';

const HASH = /^[0-9a-f]{64}$/;

export class Blobs {
  readonly #folder: string;
  readonly #sync: boolean;

  /** `folder` is made when the first blob comes. `sync`: blobs outlive a power failure. */
  constructor(folder: string, sync = true) {
    this.#folder = folder;
    this.#sync = sync;
  }

  #path(hash: string): string {
    if (!HASH.test(hash))
      throw new IsopodError('InvalidArgument', `A blob's name is a SHA-256 in hexadecimal, got ${hash}`);
    return join(this.#folder, hash.slice(0, 2), hash.slice(2));
  }

  nameOf(bytes: Uint8Array): string {
    return createHash('sha256').update(bytes).digest('hex');
  }

  /** Resolves with the hash when the bytes are on disk. Rejects with `StoreFailed`. */
  async put(bytes: Uint8Array): Promise<string> {
    const hash = this.nameOf(bytes);
    const path = this.#path(hash);
    try {
      const known = await stat(path).catch(() => undefined);
      // Touched, so that a sweep of unused blobs in progress spares it.
      if (known?.size === bytes.byteLength) await utimes(path, new Date(), new Date());
      else {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeWhole(path, bytes, { sync: this.#sync });
      }
    } catch (error) {
      throw new IsopodError('StoreFailed', `${path} could not be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return hash;
  }

  /** As `get`, at once. */
  getNow(hash: string): Uint8Array | undefined {
    const path = this.#path(hash);
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      return undefined;
    }
    return checked(path, hash, bytes);
  }

  /** Undefined when there is none. Rejects with `DataDirDamaged` when the bytes are not what was put. */
  async get(hash: string): Promise<Uint8Array | undefined> {
    const path = this.#path(hash);
    const bytes = await readFile(path).catch(() => undefined);
    return bytes && checked(path, hash, bytes);
  }

  async delete(hash: string): Promise<void> {
    await rm(this.#path(hash), { force: true });
  }

  /** Every blob older than `ageMs` that `isUsed` does not want is removed; resolves with how many. */
  async sweep(isUsed: (hash: string) => boolean, ageMs: number): Promise<number> {
    let removed = 0;
    for (const prefix of await readdir(this.#folder).catch(() => [])) {
      for (const rest of await readdir(join(this.#folder, prefix))) {
        const path = join(this.#folder, prefix, rest);
        const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
        if (age < ageMs || isUsed(prefix + rest)) continue;
        await rm(path, { force: true });
        removed++;
      }
    }
    return removed;
  }
}

function checked(path: string, hash: string, bytes: Buffer): Buffer {
  if (createHash('sha256').update(bytes).digest('hex') === hash) return bytes;
  throw new IsopodError(
    'DataDirDamaged',
    `${path} is not what was written there; remove it, then deploy the code again`,
  );
}
