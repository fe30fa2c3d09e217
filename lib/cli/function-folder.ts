/** A function as it lies on disk: a folder whose package.json may declare it, or a single file. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { IsopodError } from '../errors.ts';
import type { FunctionConfig } from '../types.ts';

type Declared = Partial<FunctionConfig>;

/** The declaration of the function at `path`. Rejects with `CodeNotFound` or `InvalidArgument`. */
export async function readFunction(path: string): Promise<FunctionConfig> {
  const full = resolve(path);
  const facts = await stat(full).catch(() => undefined);
  if (facts === undefined) throw new IsopodError('CodeNotFound', `There is nothing at ${path}`);
  if (facts.isDirectory()) {
    return { functionName: nameFrom(basename(full)), code: { dir: full }, ...(await declaredIn(full)) };
  }
  const file = basename(full);
  if (file.endsWith('.zip')) return { functionName: nameFrom(file.slice(0, -4)), code: { zipFile: full } };
  const stem = file.replace(/\.[^.]+$/, '');
  return { functionName: nameFrom(stem), code: { dir: dirname(full) }, handler: `${stem}.handler` };
}

async function declaredIn(folder: string): Promise<Declared> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  let manifest: { isopod?: unknown };
  try {
    manifest = JSON.parse(text) as { isopod?: unknown };
  } catch (error) {
    throw new IsopodError('InvalidArgument', `${folder}/package.json is not JSON: ${(error as Error).message}`);
  }
  const { isopod = {} } = manifest;
  if (typeof isopod !== 'object' || isopod === null) {
    throw new IsopodError('InvalidArgument', `The "isopod" field of ${folder}/package.json must be an object`);
  }
  return isopod as Declared;
}

/** A file or folder name as a function name: other characters become `-`. */
function nameFrom(name: string): string {
  const clean = name.replace(/[^\w-]/g, '-');
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
}

/** The functions of a folder, one per subfolder, by name. */
export async function listFunctionFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => {
    throw new IsopodError('CodeNotFound', `There is no folder ${dir}`);
  });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
  return folders.map(({ name }) => join(dir, name)).sort();
}

/** The example event beside a function, event.json or event.bin; undefined when there is none. */
export async function exampleEvent(folder: string): Promise<unknown> {
  const json = await readFile(join(folder, 'event.json'), 'utf8').catch(() => undefined);
  if (json !== undefined) return JSON.parse(json);
  const bytes = await readFile(join(folder, 'event.bin')).catch(() => undefined);
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}
