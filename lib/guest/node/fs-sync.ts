/** The synchronous functions of `node:fs`. One file because the other forms are made of exactly this list. */
import { textOf, viewOf } from '../web/host.ts';
import { Buffer } from './buffer-class.ts';
import { invalidArgType, invalidArgValue, nodeError, unsupported } from './errors.ts';
import { fsError } from './fs-errors.ts';
import { closeSync, nodeOf, openNode, pathOf, readBytes, readSync, writeBytes, writeSync } from './fs-open.ts';
import { Dirent, Stats } from './fs-stats.ts';
import {
  absolute,
  drop,
  type FileNode,
  lookup,
  makeFolder,
  move,
  type Node,
  need,
  needWritable,
  place,
  resize,
  toPath,
} from './fs-tree.ts';
import { dirname, join } from './path.ts';

export { closeSync, readSync, writeSync };

type Encoding = 'utf8';
interface Options {
  readonly encoding?: string | null;
  readonly flag?: string;
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly withFileTypes?: boolean;
  readonly throwIfNoEntry?: boolean;
  readonly bigint?: boolean;
  readonly errorOnExist?: boolean;
  readonly filter?: (from: string, to: string) => boolean;
}

const optionsOf = (options: unknown): Options =>
  typeof options === 'string' ? { encoding: options } : ((options as Options | null | undefined) ?? {});

function encodingOf(options: unknown): string | undefined {
  const { encoding } = optionsOf(options);
  if (encoding === undefined || encoding === null || encoding === 'buffer') return undefined;
  if (!Buffer.isEncoding(encoding)) throw invalidArgValue('encoding', encoding, 'is invalid encoding');
  return encoding;
}

const bytesOf = (data: unknown, encoding: string | undefined): Uint8Array => {
  if (typeof data === 'string') return Buffer.from(data, (encoding ?? 'utf8') as Encoding);
  if (ArrayBuffer.isView(data)) return viewOf(data);
  throw invalidArgType('data', 'of type string or an instance of Buffer, TypedArray, or DataView', data);
};

export function accessSync(path: unknown, mode = 0): void {
  const name = toPath(path);
  const found = need(name, 'access');
  if ((mode & 2) !== 0 && !found.writable) throw fsError('EROFS', 'access', name);
  if ((mode & 1) !== 0 && found.kind === 'file') throw fsError('EACCES', 'access', name);
}

export function existsSync(path: unknown): boolean {
  try {
    return lookup(toPath(path), 'access') !== undefined;
  } catch {
    return false;
  }
}

export function statSync(path: unknown, options?: Options): Stats | undefined {
  return statOf(path, 'stat', options);
}
export function lstatSync(path: unknown, options?: Options): Stats | undefined {
  return statOf(path, 'lstat', options);
}
function statOf(
  path: unknown,
  syscall: string,
  { throwIfNoEntry = true, bigint = false }: Options = {},
): Stats | undefined {
  const name = toPath(path);
  if (!throwIfNoEntry && !existsSync(name)) return undefined;
  return new Stats(need(name, syscall), bigint);
}
export const fstatSync = (fd: number, { bigint = false }: Options = {}): Stats =>
  new Stats(nodeOf(fd, 'fstat'), bigint);

export const openSync = (path: unknown, flags?: unknown, _mode?: unknown): number => openNode(toPath(path), flags);

function wholeOf(node: Node): Buffer {
  if (node.kind === 'folder') throw fsError('EISDIR', 'read');
  return Buffer.from(node.bytes.slice(0, node.size));
}

export function readFileSync(path: unknown, options?: unknown): Buffer | string {
  const encoding = encodingOf(options);
  let bytes: Buffer;
  if (typeof path === 'number') {
    const node = nodeOf(path, 'read') as FileNode;
    bytes = Buffer.alloc(node.size);
    bytes = bytes.subarray(0, readBytes(path, bytes)) as Buffer;
  } else {
    const { flag } = optionsOf(options);
    if (flag !== undefined && flag !== 'r') closeSync(openNode(toPath(path), flag));
    bytes = wholeOf(need(toPath(path), 'open'));
  }
  return encoding === undefined ? bytes : bytes.toString(encoding as Encoding);
}

function writeWhole(path: unknown, data: unknown, options: unknown, flag: string): void {
  const bytes = bytesOf(data, encodingOf(options));
  if (typeof path === 'number') {
    writeBytes(path, bytes);
    return;
  }
  const fd = openNode(toPath(path), optionsOf(options).flag ?? flag);
  try {
    writeBytes(fd, bytes);
  } finally {
    closeSync(fd);
  }
}
export const writeFileSync = (path: unknown, data: unknown, options?: unknown): void =>
  writeWhole(path, data, options, 'w');
export const appendFileSync = (path: unknown, data: unknown, options?: unknown): void =>
  writeWhole(path, data, options, 'a');

export function mkdirSync(path: unknown, options?: unknown): string | undefined {
  const name = toPath(path);
  if (optionsOf(options).recursive !== true) {
    makeFolder(name, 'mkdir');
    return undefined;
  }
  let first: string | undefined;
  let at = '/';
  for (const part of absolute(name).split('/')) {
    at = join(at, part);
    const found = lookup(at, 'mkdir');
    if (found?.kind === 'file') throw fsError(at === absolute(name) ? 'EEXIST' : 'ENOTDIR', 'mkdir', name);
    if (found !== undefined) continue;
    makeFolder(at, 'mkdir');
    first ??= at;
  }
  return first;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function mkdtempSync(prefix: unknown, _options?: unknown): string {
  const start = toPath(prefix, 'prefix');
  for (;;) {
    let name = start;
    for (let at = 0; at < 6; at++) name += letters[Math.floor(Math.random() * letters.length)];
    if (existsSync(name)) continue;
    makeFolder(name, 'mkdtemp');
    return name;
  }
}

function entriesOf(path: string, syscall: string): [string, Node][] {
  const node = need(path, syscall);
  if (node.kind === 'file') throw fsError('ENOTDIR', syscall, path);
  return [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function readdirSync(path: unknown, options?: unknown): (string | Dirent | Buffer)[] {
  const name = toPath(path);
  const { withFileTypes = false, recursive = false, encoding } = optionsOf(options);
  const all: (string | Dirent | Buffer)[] = [];
  const list = (folder: string, prefix: string): void => {
    for (const [entry, node] of entriesOf(folder, 'scandir')) {
      const shown = prefix + entry;
      if (withFileTypes) all.push(new Dirent(entry, folder, node));
      else all.push(encoding === 'buffer' ? Buffer.from(shown) : shown);
      if (recursive && node.kind === 'folder') list(join(folder, entry), `${shown}/`);
    }
  };
  list(name, '');
  return all;
}

export function opendirSync(path: unknown): object {
  const name = toPath(path);
  if (need(name, 'opendir').kind === 'file') throw fsError('ENOTDIR', 'opendir', name);
  const entries = readdirSync(name, { withFileTypes: true });
  const close = (): undefined => undefined;
  return {
    path: name,
    readSync: () => entries.shift() ?? null,
    read: async () => entries.shift() ?? null,
    closeSync: close,
    close: async () => close(),
    async *[Symbol.asyncIterator]() {
      yield* entries;
    },
  };
}

export function unlinkSync(path: unknown): void {
  const name = toPath(path);
  need(name, 'unlink');
  const at = place(name, 'unlink');
  needWritable(at, 'unlink', name);
  if (at.found?.kind === 'folder') throw fsError('EISDIR', 'unlink', name);
  drop(at, 'unlink', name);
}

export function rmdirSync(path: unknown, _options?: unknown): void {
  const name = toPath(path);
  const node = need(name, 'rmdir');
  if (node.kind === 'file') throw fsError('ENOTDIR', 'rmdir', name);
  const at = place(name, 'rmdir');
  needWritable(at, 'rmdir', name);
  if (node.entries.size > 0) throw fsError('ENOTEMPTY', 'rmdir', name);
  drop(at, 'rmdir', name);
}

export function rmSync(path: unknown, { recursive = false, force = false }: Options = {}): void {
  const name = toPath(path);
  if (!existsSync(name) && force) return;
  const node = need(name, 'lstat');
  if (node.kind === 'folder' && !recursive) {
    const message = `Path is a directory: rm returned EISDIR (is a directory) ${name}`;
    throw Object.assign(nodeError(Error, 'ERR_FS_EISDIR', message), { name: 'SystemError' });
  }
  drop(place(name, 'rm'), 'rm', name);
}

export function renameSync(from: unknown, to: unknown): void {
  const [a, b] = [toPath(from, 'oldPath'), toPath(to, 'newPath')];
  const [source, target] = [place(a, 'rename'), place(b, 'rename')];
  if (source.found === undefined) throw fsError('ENOENT', 'rename', a, b);
  needWritable(source, 'rename', a, b);
  needWritable(target, 'rename', a, b);
  if (source.found === target.found) return;
  if (`${absolute(b)}/`.startsWith(`${absolute(a)}/`)) throw fsError('EINVAL', 'rename', a, b);
  if (target.found !== undefined) {
    if (target.found.kind === 'folder' && source.found.kind === 'file') throw fsError('EISDIR', 'rename', a, b);
    if (target.found.kind === 'file' && source.found.kind === 'folder') throw fsError('ENOTDIR', 'rename', a, b);
    if (target.found.kind === 'folder' && target.found.entries.size > 0) throw fsError('ENOTEMPTY', 'rename', a, b);
    drop(target, 'rename', b);
  }
  move(source, target);
}

export function copyFileSync(from: unknown, to: unknown, mode = 0): void {
  const [a, b] = [toPath(from, 'src'), toPath(to, 'dest')];
  const source = lookup(a, 'copyfile');
  if (source === undefined) throw fsError('ENOENT', 'copyfile', a, b);
  if (source.kind === 'folder') throw fsError('EISDIR', 'copyfile', a, b);
  const target = place(b, 'copyfile');
  if (target.found !== undefined && (mode & 1) !== 0) throw fsError('EEXIST', 'copyfile', a, b);
  needWritable(target, 'copyfile', a, b);
  if (target.found === source) return;
  writeFileSync(b, wholeOf(source));
}

export function cpSync(from: unknown, to: unknown, options: Options = {}): void {
  const [a, b] = [toPath(from, 'src'), toPath(to, 'dest')];
  const { recursive = false, force = true, filter } = options;
  if (filter !== undefined && !filter(a, b)) return;
  const source = need(a, 'cp');
  if (source.kind === 'file') {
    mkdirSync(dirname(absolute(b)), { recursive: true });
    if (force || !existsSync(b)) copyFileSync(a, b);
    return;
  }
  if (!recursive) {
    throw nodeError(Error, 'ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: ${a}`);
  }
  if (`${absolute(b)}/`.startsWith(`${absolute(a)}/`)) {
    throw nodeError(Error, 'ERR_FS_CP_EINVAL', `Cannot copy ${a} to a subdirectory of self ${b}`);
  }
  mkdirSync(b, { recursive: true });
  for (const [name] of entriesOf(a, 'scandir')) cpSync(join(a, name), join(b, name), options);
}

export function truncateSync(path: unknown, length = 0): void {
  const fd = openNode(toPath(path), 'r+');
  try {
    ftruncateSync(fd, length);
  } finally {
    closeSync(fd);
  }
}
export function ftruncateSync(fd: number, length = 0): void {
  const node = nodeOf(fd, 'ftruncate');
  if (node.kind === 'folder' || !node.writable) throw fsError('EINVAL', 'ftruncate');
  resize(node, Math.max(0, length), 'ftruncate');
}

export function realpathSync(path: unknown, _options?: unknown): string {
  const name = toPath(path);
  need(name, 'lstat');
  return absolute(name);
}
Object.assign(realpathSync, { native: realpathSync });

export function readlinkSync(path: unknown): never {
  const name = toPath(path);
  need(name, 'readlink');
  throw fsError('EINVAL', 'readlink', name);
}

const seconds = (time: unknown): number => (time instanceof Date ? time.getTime() : Number(time) * 1_000);

export function utimesSync(path: unknown, _atime: unknown, mtime: unknown): void {
  const name = toPath(path);
  const node = need(name, 'utime');
  if (!node.writable) throw fsError('EROFS', 'utime', name);
  node.mtimeMs = seconds(mtime);
}
export const lutimesSync = utimesSync;
export const futimesSync = (fd: number, atime: unknown, mtime: unknown): void =>
  utimesSync(pathOf(fd, 'futime'), atime, mtime);

/** Owners and modes are what they are; a file that is there takes them without effect. */
const without =
  (syscall: string) =>
  (path: unknown): void => {
    const name = toPath(path);
    if (!need(name, syscall).writable) throw fsError('EROFS', syscall, name);
  };
export const chmodSync: (path: unknown, mode?: unknown) => void = without('chmod');
export const lchmodSync: (path: unknown, mode?: unknown) => void = without('lchmod');
export const chownSync: (path: unknown, uid?: number, gid?: number) => void = without('chown');
export const lchownSync: (path: unknown, uid?: number, gid?: number) => void = without('lchown');
export const fchmodSync = (fd: number): void => void nodeOf(fd, 'fchmod');
export const fchownSync = (fd: number): void => void nodeOf(fd, 'fchown');
export const fsyncSync = (fd: number): void => void nodeOf(fd, 'fsync');
export const fdatasyncSync = (fd: number): void => void nodeOf(fd, 'fdatasync');

export function linkSync(from: unknown, to: unknown): never {
  throw fsError('EPERM', 'link', toPath(from), toPath(to));
}
export function symlinkSync(target: unknown, path: unknown): never {
  throw fsError('EPERM', 'symlink', toPath(target), toPath(path));
}
export function statfsSync(): never {
  throw unsupported('fs.statfs', 'files live in memory');
}

/** Bytes of several buffers, one after the other. */
export function writevSync(fd: number, views: readonly ArrayBufferView[], position?: unknown): number {
  const text = views.map((view) => textOf(viewOf(view))).join('');
  return writeBytes(fd, Buffer.from(text, 'latin1'), position);
}
export function readvSync(fd: number, views: readonly ArrayBufferView[], position?: number): number {
  let total = 0;
  for (const view of views) {
    const count = readBytes(fd, viewOf(view), typeof position === 'number' ? position + total : undefined);
    total += count;
    if (count < view.byteLength) break;
  }
  return total;
}
