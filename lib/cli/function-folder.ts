/** A function as it lies on disk: a folder whose package.json may declare it, a zip, or a single file. */
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
    return { functionName: nameFrom(basename(full)), ...(await declaredIn(full)), code: { dir: full } };
  }
  const file = basename(full);
  if (file.endsWith('.zip')) return { functionName: nameFrom(file.slice(0, -4)), code: { zipFile: full } };
  const stem = file.replace(/\.[^.]+$/, '');
  return { functionName: nameFrom(stem), code: { dir: dirname(full) }, handler: `${stem}.handler` };
}

/** What the `isopod` field of a folder's package.json says; the engine checks it. */
async function declaredIn(folder: string): Promise<Declared> {
  const file = join(folder, 'package.json');
  const manifest = (await readJson(file)) as { isopod?: unknown } | null | undefined;
  const { isopod = {} } = manifest ?? {};
  if (typeof isopod !== 'object' || isopod === null) {
    throw new IsopodError('InvalidArgument', `${file}: the "isopod" field must be an object`);
  }
  if ('code' in isopod) throw new IsopodError('InvalidArgument', `${file}: the code is the folder; leave "code" out`);
  return isopod;
}

/** Undefined when there is no such file. */
async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new IsopodError('InvalidArgument', `${file} is not JSON: ${(error as Error).message}`);
  }
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
  const folders = entries.filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'));
  return folders
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(dir, name))
    .sort();
}

/** The example event beside a function, event.json or event.bin; undefined when there is none. */
export async function exampleEvent(folder: string): Promise<unknown> {
  const event = await readJson(join(folder, 'event.json'));
  if (event !== undefined) return event;
  const bytes = await readFile(join(folder, 'event.bin')).catch(() => undefined);
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}
