/** From what a user handed in to an artifact: find the code, unpack it where needed, bundle it. */
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsopodError } from '../errors.ts';
import type { CodeSource } from '../types.ts';
import type { Artifact } from './artifact.ts';
import { bundle, type Entry, type EventForm } from './bundle.ts';
import { hasChainedConfig } from './confine.ts';
import { download } from './download.ts';
import { CODE_LIMITS, type CodeLimits } from './limits.ts';
import { unzip } from './unzip.ts';

export interface LoadOptions {
  /** `file.export`; the file is looked for with every extension esbuild can bundle. */
  readonly handler: string;
  /** Default: `value`. */
  readonly eventForm?: EventForm;
  readonly limits?: Partial<CodeLimits>;
  readonly signal?: AbortSignal;
}

const extensions = ['mjs', 'js', 'cjs', 'mts', 'ts', 'cts', 'tsx', 'jsx'];

/** Rejects with `CodeNotFound`, `CodeUnsafe`, `CodeTooLarge`, `CodeFetchFailed` or `BuildFailed`. */
export function loadCode(code: CodeSource, options: LoadOptions): Promise<Artifact> {
  return withEntry(code, options, async (entry, limits, times) => {
    const built = await timed(times, 'bundleMs', () => bundle(entry, limits));
    return { ...built, stages: times };
  });
}

/** Finds the code, unpacked where needed, for as long as `use` takes. */
export async function withEntry<T>(
  code: CodeSource,
  options: LoadOptions,
  use: (entry: Entry, limits: CodeLimits, times: Times) => Promise<T>,
): Promise<T> {
  const limits = { ...CODE_LIMITS, ...options.limits };
  const work = new Workspace();
  const times = { codeLoadMs: 0, unzipMs: 0, bundleMs: 0 };
  try {
    const entry = await timed(times, 'codeLoadMs', () => locate(code, options, limits, work, times));
    times.codeLoadMs -= times.unzipMs;
    return await use({ ...entry, eventForm: options.eventForm ?? 'value' }, limits, times);
  } finally {
    await work.remove();
  }
}

async function timed<T, K extends string>(times: Record<K, number>, stage: K, run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await run();
  } finally {
    times[stage] += performance.now() - began;
  }
}

/** A temporary folder of this load, made when it is needed. */
class Workspace {
  #folder: string | undefined;

  async folder(): Promise<string> {
    this.#folder ??= await realpath(await mkdtemp(join(tmpdir(), 'isopod-code-')));
    return this.#folder;
  }

  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

type Times = { codeLoadMs: number; unzipMs: number; bundleMs: number };

async function locate(
  code: CodeSource,
  options: LoadOptions,
  limits: CodeLimits,
  work: Workspace,
  times: Times,
): Promise<Entry> {
  const { handler, signal } = options;
  const name = handler.slice(0, handler.lastIndexOf('.'));
  const unpack = async (bytes: Uint8Array): Promise<Entry> => {
    const root = await work.folder();
    await timed(times, 'unzipMs', () => unzip(bytes, root, limits, signal));
    const ignoresConfig = await hasChainedConfig(root);
    return { root, file: await findHandler(root, name), confined: true, ignoresConfig };
  };
  if ('source' in code) return inline(code, name, limits);
  if ('dir' in code) {
    const root = await folderOf(code.dir);
    return { root, file: await findHandler(root, name) };
  }
  if ('zipFile' in code)
    return unpack(typeof code.zipFile === 'string' ? await readZip(code.zipFile, limits) : code.zipFile);
  const { bytes, fileName } = await download(code.url, limits, signal);
  if (isZip(bytes)) return unpack(bytes);
  const root = await work.folder();
  const extension = extensions.find((known) => fileName.endsWith(`.${known}`)) ?? 'js';
  await writeFile(join(root, `index.${extension}`), bytes, { mode: 0o600 });
  return { root, file: `index.${extension}`, confined: true };
}

async function inline(code: Extract<CodeSource, { source: string }>, name: string, limits: CodeLimits): Promise<Entry> {
  if (code.source.length > limits.sourceLength) {
    throw new IsopodError(
      'CodeTooLarge',
      `code.source has ${code.source.length} characters; the limit is ${limits.sourceLength}`,
    );
  }
  const language = code.language ?? 'ts';
  const root = code.resolveDir === undefined ? await realpath(tmpdir()) : await folderOf(code.resolveDir);
  return {
    root,
    text: { source: code.source, language, name: `${name}.${language}`, resolves: code.resolveDir !== undefined },
  };
}

async function folderOf(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory() !== true) throw new IsopodError('CodeNotFound', `There is no folder ${path}`);
  return realpath(path);
}

async function readZip(path: string, limits: CodeLimits): Promise<Uint8Array> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) throw new IsopodError('CodeNotFound', `There is no archive ${path}`);
  if (facts.size > limits.packageBytes) {
    throw new IsopodError('CodeTooLarge', `${path} has ${facts.size} bytes; the limit is ${limits.packageBytes}`);
  }
  return readFile(path);
}

const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/** The file the handler names, which must really lie inside the root. */
async function findHandler(root: string, name: string): Promise<string> {
  if (name.startsWith('/') || name.split('/').includes('..')) {
    throw new IsopodError('CodeUnsafe', `The handler's file "${name}" lies outside of the code`);
  }
  for (const extension of extensions) {
    const file = `${name}.${extension}`;
    const path = await realpath(join(root, file)).catch(() => undefined);
    if (path === undefined) continue;
    if (!path.startsWith(`${root}/`))
      throw new IsopodError('CodeUnsafe', `${file} is a link that leaves the code's folder`);
    return file;
  }
  const tried = `${name}.{${extensions.join(',')}}`;
  throw new IsopodError(
    'CodeNotFound',
    `The handler's file was not found: looked for ${tried} in the root of the code`,
  );
}

export type { Artifact } from './artifact.ts';
