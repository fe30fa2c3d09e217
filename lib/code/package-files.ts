/** The files of a function's package that its `node:fs` shows, as the text of a module. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPT_FOLDER, OPT_ROOT } from './places.ts';

/** Bytes of one file, and of all; what is larger is left out, and reading it fails with ENOENT. */
const MAX_FILE_BYTES = 2 * 1_048_576;
const MAX_BYTES = 8 * 1_048_576;
const MAX_FILES = 2_000;
const MAX_DEPTH = 32;
/** Entries looked at; a folder with more is no package. */
const MAX_ENTRIES = 20_000;

export interface PackageFiles {
  /** Path with slashes, below /code unless it begins with one -> text, or base64 of bytes in a list of one. */
  readonly files: Readonly<Record<string, string | readonly [string]>>;
  /** Paths that were left out. */
  readonly tooLarge: readonly string[];
}

/** Packages are bundled as code; names with a dot in front are the business of tools. */
const isShown = (name: string): boolean => name !== 'node_modules' && !name.startsWith('.');

/** Regular files below `root`, in alphabetical order; links are left out. `undefined`: code that has no folder. */
export async function collectFiles(root: string | undefined): Promise<PackageFiles> {
  const files: Record<string, string | readonly [string]> = {};
  const tooLarge: string[] = [];
  let total = 0;
  let entries = 0;
  const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
    const names = (await readdir(folder)).filter(isShown).sort();
    for (const name of names) {
      if (++entries > MAX_ENTRIES) return;
      const path = join(folder, name);
      const facts = await lstat(path);
      if (facts.isDirectory() && depth < MAX_DEPTH) await visit(path, `${prefix}${name}/`, depth + 1);
      if (!facts.isFile()) continue;
      const isTooMuch = facts.size > MAX_FILE_BYTES || total + facts.size > MAX_BYTES;
      if (isTooMuch || Object.keys(files).length >= MAX_FILES) {
        if (tooLarge.length < MAX_FILES) tooLarge.push(prefix + name);
        continue;
      }
      total += facts.size;
      files[prefix + name] = content(await readFile(path));
    }
  };
  if (root !== undefined) await visit(root, '', 0);
  // Of layers, which most packages have none of.
  if (root !== undefined && (await lstat(join(root, OPT_FOLDER)).catch(() => undefined))?.isDirectory() === true) {
    await visit(join(root, OPT_FOLDER), `${OPT_ROOT}/`, 0);
  }
  return { files, tooLarge };
}

function content(bytes: Buffer): string | readonly [string] {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : [bytes.toString('base64')];
}
