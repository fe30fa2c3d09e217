/** Sends a function from disk to a host. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { FunctionConfig } from '../types.ts';
import { ApiFailure } from './api-failure.ts';
import type { Connection } from './connection.ts';
import { readFunction } from './function-folder.ts';
import { path as apiPath } from './host-command.ts';

type Options = Readonly<Record<string, unknown>>;
type Deployed = Readonly<Record<string, unknown>>;

/** Fields of a declaration that a host takes; the others are for who embeds the engine. */
const TAKEN = [
  'runtime',
  'handler',
  'description',
  'memorySize',
  'timeout',
  'instanceConcurrency',
  'environmentVariables',
  'instanceLifecycleConfig',
] as const;

export async function deploy(
  at: Connection,
  path: string,
  options: Options,
): Promise<{ deployed: Deployed; version?: string }> {
  const declared = await readFunction(path);
  const functionName = (options.name as string | undefined) ?? declared.functionName;
  const body = { runtime: 'isopod', handler: 'index.handler', ...taken(declared), ...chosen(declared, options) };
  const code = { zipFile: (await packed(declared, path)).toString('base64') };
  progress(`sending ${Math.ceil(code.zipFile.length / 1_000)} kB to ${at.name} ...`);
  const deployed = await put(at, functionName, { ...body, code });
  progress('');
  if (options.publish !== true) return { deployed };
  const { versionId } = await at.json<{ versionId: string }>(
    'POST',
    apiPath('functions', functionName, 'versions'),
    {},
  );
  return { deployed, version: versionId };
}

async function put(at: Connection, functionName: string, body: object): Promise<Deployed> {
  try {
    return await at.json<Deployed>('PUT', apiPath('functions', functionName), body);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'FunctionNotFound') throw error;
  }
  return at.json<Deployed>('POST', apiPath('functions'), { functionName, ...body });
}

function taken(declared: FunctionConfig): object {
  return Object.fromEntries(
    TAKEN.flatMap((field) => (declared[field] === undefined ? [] : [[field, declared[field]]])),
  );
}

function chosen(declared: FunctionConfig, { runtime, handler, env }: Options): object {
  const variables = { ...declared.environmentVariables, ...(env as Record<string, string>) };
  return {
    ...(runtime !== undefined && { runtime }),
    ...(handler !== undefined && { handler }),
    ...(Object.keys(variables).length > 0 && { environmentVariables: variables }),
  };
}

/** An archive goes as it is; a folder, or the folder a single file is in, is packed. */
async function packed({ code }: FunctionConfig, path: string): Promise<Buffer> {
  if ('zipFile' in code) return readFile(code.zipFile as string);
  const archive = new ZipFile();
  const full = 'dir' in code ? code.dir : dirname(path);
  if ((await stat(path)).isFile()) archive.addFile(path, basename(path));
  else await addFolder(archive, full, full);
  archive.end();
  return buffer(archive.outputStream);
}

/** Not part of what runs. */
const LEFT_OUT = new Set(['.git', '.svn', '.DS_Store', 'node_modules/.cache', 'node_modules/.bin']);
/** So that equal folders make equal archives. */
const TIME = new Date('2000-01-01T00:00:00Z');

async function addFolder(archive: ZipFile, root: string, folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const name = relative(root, path).split('\\').join('/');
    if (LEFT_OUT.has(entry.name) || LEFT_OUT.has(name)) continue;
    const facts = await stat(path);
    if (facts.isDirectory()) await addFolder(archive, root, path);
    else if (facts.isFile()) archive.addFile(path, name, { mtime: TIME, mode: 0o100644 });
  }
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
