/** The functions of `node:fs` that take a callback, each made of its synchronous one. */
import { needFunction } from './errors.ts';
import * as sync from './fs-sync.ts';
import { customArgs } from './promisify-args.ts';

type Callback = (error: unknown, ...values: unknown[]) => void;
type Sync = (...args: never[]) => unknown;
type Asynchronous = (...args: unknown[]) => void;

declare const queueMicrotask: (run: () => void) => void;

/** `more`: values the callback gets after the result, of the arguments. */
function asynchronous(run: Sync, more: (args: unknown[]) => unknown[] = () => []): Asynchronous {
  return (...args) => {
    const callback = args.pop();
    needFunction('cb', callback);
    let values: unknown[];
    try {
      const result = Reflect.apply(run, undefined, args);
      values = [null, ...(result === undefined ? [] : [result]), ...more(args)];
    } catch (error) {
      // What is wrong with the arguments themselves is thrown; what the file system says is told.
      if (
        (error as { syscall?: unknown }).syscall === undefined &&
        /^ERR_(INVALID_ARG|OUT_OF)/.test(`${(error as { code?: string }).code}`)
      )
        throw error;
      values = [error];
    }
    queueMicrotask(() => (callback as Callback)(...(values as [unknown])));
  };
}

const withBuffer = (args: unknown[]): unknown[] => [args[1]];

export const access = asynchronous(sync.accessSync);
export const appendFile = asynchronous(sync.appendFileSync);
export const chmod = asynchronous(sync.chmodSync);
export const chown = asynchronous(sync.chownSync);
export const close = asynchronous(sync.closeSync);
export const copyFile = asynchronous(sync.copyFileSync);
export const cp = asynchronous(sync.cpSync);
export const fchmod = asynchronous(sync.fchmodSync);
export const fchown = asynchronous(sync.fchownSync);
export const fdatasync = asynchronous(sync.fdatasyncSync);
export const fstat = asynchronous(sync.fstatSync);
export const fsync = asynchronous(sync.fsyncSync);
export const ftruncate = asynchronous(sync.ftruncateSync);
export const futimes = asynchronous(sync.futimesSync);
export const lchmod = asynchronous(sync.lchmodSync);
export const lchown = asynchronous(sync.lchownSync);
export const link = asynchronous(sync.linkSync);
export const lstat = asynchronous(sync.lstatSync);
export const lutimes = asynchronous(sync.lutimesSync);
export const mkdir = asynchronous(sync.mkdirSync);
export const mkdtemp = asynchronous(sync.mkdtempSync);
export const open = asynchronous(sync.openSync);
export const opendir = asynchronous(sync.opendirSync);
export const read = Object.assign(asynchronous(sync.readSync, withBuffer), { [customArgs]: ['bytesRead', 'buffer'] });
export const readFile = asynchronous(sync.readFileSync);
export const readdir = asynchronous(sync.readdirSync);
export const readlink = asynchronous(sync.readlinkSync);
export const readv = Object.assign(asynchronous(sync.readvSync, withBuffer), {
  [customArgs]: ['bytesRead', 'buffers'],
});
export const realpath = Object.assign(asynchronous(sync.realpathSync), { native: asynchronous(sync.realpathSync) });
export const rename = asynchronous(sync.renameSync);
export const rm = asynchronous(sync.rmSync);
export const rmdir = asynchronous(sync.rmdirSync);
export const stat = asynchronous(sync.statSync);
export const statfs = asynchronous(sync.statfsSync);
export const symlink = asynchronous(sync.symlinkSync);
export const truncate = asynchronous(sync.truncateSync);
export const unlink = asynchronous(sync.unlinkSync);
export const utimes = asynchronous(sync.utimesSync);
export const write = Object.assign(asynchronous(sync.writeSync, withBuffer), {
  [customArgs]: ['bytesWritten', 'buffer'],
});
export const writeFile = asynchronous(sync.writeFileSync);
export const writev = Object.assign(asynchronous(sync.writevSync, withBuffer), {
  [customArgs]: ['bytesWritten', 'buffers'],
});

/** The one whose callback gets no error. */
export function exists(path: unknown, callback: (found: boolean) => void): void {
  needFunction('cb', callback);
  const found = sync.existsSync(path);
  queueMicrotask(() => callback(found));
}
Object.defineProperty(exists, Symbol.for('nodejs.util.promisify.custom'), {
  value: async (path: unknown) => sync.existsSync(path),
});
