/** A code package with its layers: one archive, in which the layers' files lie where bundles look for /opt. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { CODE_LIMITS } from '../code/limits.ts';
import { OPT_FOLDER } from '../code/places.ts';
import { unzip } from '../code/unzip.ts';

/** Files of earlier layers hide those of later ones. Rejects as the unpacking of any archive. */
export async function withLayers(code: Uint8Array, layers: readonly Uint8Array[]): Promise<Uint8Array> {
  const work = await mkdtemp(join(tmpdir(), 'isopod-layers-'));
  try {
    const files = new Map<string, string>();
    for (const [at, bytes] of [code, ...layers].entries()) {
      const folder = join(work, `${at}`);
      await unzip(bytes, folder, CODE_LIMITS);
      for (const path of await filesBelow(folder)) {
        const name = at === 0 ? path : `${OPT_FOLDER}/${path}`;
        if (at === 0 && path.startsWith(`${OPT_FOLDER}/`)) continue;
        if (!files.has(name)) files.set(name, join(folder, path));
      }
    }
    const archive = new ZipFile();
    // Stored as they are: the archive is unpacked again at once.
    for (const [name, path] of files) archive.addFile(path, name, { compress: false, mode: 0o100600 });
    archive.end();
    return await buffer(archive.outputStream);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
}
