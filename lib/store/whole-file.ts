/** Writes files whole or not at all: what is read under a name was written there to its end. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Ending of files that are being written; one that is left over belongs to a process that was killed. */
export const UNFINISHED = '.tmp';

/** `sync`: it outlives a power failure too. */
export async function writeWhole(path: string, data: Uint8Array, options: { readonly sync: boolean }): Promise<void> {
  const temporary = join(dirname(path), `${randomUUID()}${UNFINISHED}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(data);
      if (options.sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
