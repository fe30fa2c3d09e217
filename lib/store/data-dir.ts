/**
 * The folder an engine keeps its things in: one folder, one process. The lock is the operating system's, so it is gone
 * when the process is, however that ended. Without a folder of the user's, a temporary one serves until `close`.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { IsopodError } from '../errors.ts';

/** Locked as long as a process has the folder open; holds nothing. */
const LOCK = 'lock';
/** Who has it open, for the message a second opener gets. */
const OWNER = 'owner';
const SQLITE_BUSY = 5;

export class DataDir {
  /** Absolute. */
  readonly path: string;
  /** Removed by `close`, or when the process ends. */
  readonly isTemporary: boolean;
  readonly #lock: DatabaseSync | undefined;
  readonly #onExit = (): void => rmSync(this.path, { recursive: true, force: true });

  private constructor(path: string, lock: DatabaseSync | undefined) {
    this.path = path;
    this.#lock = lock;
    this.isTemporary = lock === undefined;
    if (this.isTemporary) process.once('exit', this.#onExit);
  }

  /**
   * Opens a folder and locks it; makes it when only the folder around it is there. Rejects with `DataDirInUse` or
   * `DataDirUnusable`. `undefined`: a temporary folder.
   */
  static async open(path: string | undefined): Promise<DataDir> {
    if (path === undefined) return new DataDir(await mkdtemp(join(tmpdir(), 'isopod-')), undefined);
    const full = resolve(path);
    await makeFolder(full);
    const dataDir = new DataDir(full, await lockFolder(full));
    await writeFile(join(full, OWNER), `process ${process.pid} since ${new Date().toISOString()}\n`);
    return dataDir;
  }

  /** Lets others open it. What is kept in it must be closed before. */
  async close(): Promise<void> {
    process.off('exit', this.#onExit);
    // A file that was being written when the engine was closed may come into the folder while it is emptied.
    if (this.isTemporary) return rm(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (this.#lock?.isOpen !== true) return;
    await rm(join(this.path, OWNER), { force: true });
    this.#lock.close();
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unusable(path, `the folder ${dirname(path)} does not exist; create it first`, error);
    if (code !== 'EEXIST') throw unusable(path, `it cannot be created (${code})`, error);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isDirectory() !== true) throw unusable(path, 'it is not a folder', error);
  }
}

async function lockFolder(path: string): Promise<DatabaseSync> {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, LOCK));
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    const { errcode, message } = error as { readonly errcode?: number; readonly message: string };
    if (errcode !== SQLITE_BUSY) throw unusable(path, `it cannot be written to (${message})`, error);
    const owner = await readFile(join(path, OWNER), 'utf8').catch(() => 'another process');
    throw new IsopodError(
      'DataDirInUse',
      `dataDir ${path} is in use by ${owner.trim()}; a folder belongs to one engine: close that one, or choose another folder`,
      { cause: error },
    );
  }
}

const unusable = (path: string, why: string, cause: unknown): IsopodError =>
  new IsopodError('DataDirUnusable', `dataDir ${path} cannot be used: ${why}`, { cause });
