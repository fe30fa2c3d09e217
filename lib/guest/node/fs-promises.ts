/** `node:fs/promises`, each function made of its synchronous one. */
import { unsupported } from './errors.ts';
import { constants } from './fs-constants.ts';
import * as self from './fs-promises.ts';
import { createReadStream, createWriteStream } from './fs-streams.ts';
import * as sync from './fs-sync.ts';

type Sync = (...args: never[]) => unknown;

const promised =
  <F extends Sync>(run: F) =>
  async (...args: Parameters<F>): Promise<ReturnType<F>> =>
    run(...args) as ReturnType<F>;

export const access = promised(sync.accessSync);
export const appendFile = promised((path: unknown, ...rest: [unknown, unknown?]) =>
  sync.appendFileSync(own(path), ...rest),
);
export const chmod = promised(sync.chmodSync);
export const chown = promised(sync.chownSync);
export const copyFile = promised(sync.copyFileSync);
export const cp = promised(sync.cpSync);
export const lchmod = promised(sync.lchmodSync);
export const lchown = promised(sync.lchownSync);
export const link = promised(sync.linkSync);
export const lstat = promised(sync.lstatSync);
export const lutimes = promised(sync.lutimesSync);
export const mkdir = promised(sync.mkdirSync);
export const mkdtemp = promised(sync.mkdtempSync);
export const opendir = promised(sync.opendirSync);
export const readdir = promised(sync.readdirSync);
export const readFile = promised((path: unknown, options?: unknown) => sync.readFileSync(own(path), options));
export const readlink = promised(sync.readlinkSync);
export const realpath = promised(sync.realpathSync);
export const rename = promised(sync.renameSync);
export const rm = promised(sync.rmSync);
export const rmdir = promised(sync.rmdirSync);
export const stat = promised(sync.statSync);
export const statfs = promised(sync.statfsSync);
export const symlink = promised(sync.symlinkSync);
export const truncate = promised(sync.truncateSync);
export const unlink = promised(sync.unlinkSync);
export const utimes = promised(sync.utimesSync);
export const writeFile = promised((path: unknown, ...rest: [unknown, unknown?]) =>
  sync.writeFileSync(own(path), ...rest),
);

const own = (path: unknown): unknown => (path instanceof FileHandle ? path.fd : path);

/** An open file. */
export class FileHandle {
  #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }
  get fd(): number {
    return this.#fd;
  }
  async close(): Promise<void> {
    if (this.#fd < 0) return;
    sync.closeSync(this.#fd);
    this.#fd = -1;
  }
  async read(buffer: ArrayBufferView, ...rest: unknown[]): Promise<{ bytesRead: number; buffer: ArrayBufferView }> {
    return { bytesRead: sync.readSync(this.#fd, buffer, ...rest), buffer };
  }
  async write(data: unknown, ...rest: unknown[]): Promise<{ bytesWritten: number; buffer: unknown }> {
    return { bytesWritten: sync.writeSync(this.#fd, data, ...rest), buffer: data };
  }
  async readFile(options?: unknown): Promise<unknown> {
    return sync.readFileSync(this.#fd, options);
  }
  async writeFile(data: unknown, options?: unknown): Promise<void> {
    sync.writeFileSync(this.#fd, data, options);
  }
  async appendFile(data: unknown, options?: unknown): Promise<void> {
    sync.appendFileSync(this.#fd, data, options);
  }
  async stat(options?: object): Promise<unknown> {
    return sync.fstatSync(this.#fd, options);
  }
  async truncate(length?: number): Promise<void> {
    sync.ftruncateSync(this.#fd, length);
  }
  async sync(): Promise<void> {
    sync.fsyncSync(this.#fd);
  }
  async datasync(): Promise<void> {
    sync.fdatasyncSync(this.#fd);
  }
  async utimes(atime: unknown, mtime: unknown): Promise<void> {
    sync.futimesSync(this.#fd, atime, mtime);
  }
  async *readLines(): AsyncGenerator<string> {
    const text = sync.readFileSync(this.#fd, 'utf8') as string;
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    yield* lines;
  }
  createReadStream(options: object = {}): object {
    return createReadStream(undefined, { ...options, fd: this.#fd });
  }
  createWriteStream(options: object = {}): object {
    return createWriteStream(undefined, { ...options, fd: this.#fd });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export const open = async (path: unknown, flags?: unknown, mode?: unknown): Promise<FileHandle> =>
  new FileHandle(sync.openSync(path, flags, mode));

export function watch(): never {
  throw unsupported('fs.watch', 'nobody but the function writes its files');
}
export { constants };

/** The object that `fs.promises` is too. */
export default Object.assign({}, self) as object;
