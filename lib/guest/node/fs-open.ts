/** Open files of `node:fs`: numbers, flags, positions; reading and writing by them. */
import { viewOf } from '../web/host.ts';
import { Buffer } from './buffer-class.ts';
import { invalidArgType, invalidArgValue, needInteger, outOfRange } from './errors.ts';
import { fsError } from './fs-errors.ts';
import { closed, type FileNode, makeFile, type Node, place, resize } from './fs-tree.ts';

interface Open {
  readonly node: Node;
  readonly path: string;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly appends: boolean;
  position: number;
}

/** Files an instance may have open. */
const MAX_OPEN = 1_024;
const FIRST = 3;
const table = new Map<number, Open>();

const [WRITE_ONLY, READ_WRITE, CREATE, EXCLUSIVE, TRUNCATE, APPEND] = [1, 2, 64, 128, 512, 1_024];
const letters: Readonly<Record<string, number>> = {
  r: 0,
  rs: 0,
  'r+': READ_WRITE,
  'rs+': READ_WRITE,
  w: WRITE_ONLY | CREATE | TRUNCATE,
  wx: WRITE_ONLY | CREATE | TRUNCATE | EXCLUSIVE,
  'w+': READ_WRITE | CREATE | TRUNCATE,
  'wx+': READ_WRITE | CREATE | TRUNCATE | EXCLUSIVE,
  a: WRITE_ONLY | CREATE | APPEND,
  as: WRITE_ONLY | CREATE | APPEND,
  ax: WRITE_ONLY | CREATE | APPEND | EXCLUSIVE,
  'a+': READ_WRITE | CREATE | APPEND,
  'ax+': READ_WRITE | CREATE | APPEND | EXCLUSIVE,
};

function flagsOf(flags: unknown): number {
  if (typeof flags === 'number') return flags;
  const found = typeof flags === 'string' && Object.hasOwn(letters, flags) ? letters[flags] : undefined;
  if (found === undefined) throw invalidArgValue('flags', flags);
  return found;
}

export function openNode(path: string, flags: unknown = 'r'): number {
  const bits = flagsOf(flags ?? 'r');
  const at = place(path, 'open');
  const writes = (bits & 3) !== 0;
  let node = at.found;
  if (node !== undefined && (bits & CREATE) !== 0 && (bits & EXCLUSIVE) !== 0) throw fsError('EEXIST', 'open', path);
  if (node === undefined) {
    if ((bits & CREATE) === 0) throw fsError('ENOENT', 'open', path);
    node = makeFile(at, 'open', path);
  }
  if (writes && node.kind === 'folder') throw fsError('EISDIR', 'open', path);
  if (node.kind === 'file' && path.endsWith('/')) throw fsError('ENOTDIR', 'open', path);
  if (writes && !node.writable) throw fsError('EROFS', 'open', path);
  if (node.kind === 'file' && writes && (bits & TRUNCATE) !== 0) resize(node, 0, 'open', path);
  if (table.size >= MAX_OPEN) throw fsError('EMFILE', 'open', path);
  if (node.kind === 'file') node.opens++;
  let fd = FIRST;
  while (table.has(fd)) fd++;
  table.set(fd, {
    node,
    path,
    reads: (bits & 3) !== WRITE_ONLY,
    writes,
    appends: (bits & APPEND) !== 0,
    position: 0,
  });
  return fd;
}

function openOf(fd: unknown, syscall: string): Open {
  needInteger('fd', fd, 0, 2 ** 31 - 1);
  const found = table.get(fd);
  if (found === undefined) throw fsError('EBADF', syscall);
  return found;
}

export const nodeOf = (fd: unknown, syscall: string): Node => openOf(fd, syscall).node;
export const pathOf = (fd: unknown, syscall: string): string => openOf(fd, syscall).path;

export function closeSync(fd: number): void {
  const { node } = openOf(fd, 'close');
  table.delete(fd);
  if (node.kind === 'file') closed(node);
}

function fileOf(open: Open, syscall: 'read' | 'write'): FileNode {
  if (open.node.kind === 'folder') throw fsError('EISDIR', syscall);
  if (syscall === 'read' ? !open.reads : !open.writes) throw fsError('EBADF', syscall);
  return open.node;
}

const positionOf = (value: unknown): number | undefined =>
  (typeof value === 'number' || typeof value === 'bigint') && Number(value) >= 0 ? Number(value) : undefined;

/** Reads into `target` from `position`, or from where the last read ended; gives the number of bytes. */
export function readBytes(fd: number, target: Uint8Array, position?: unknown): number {
  const open = openOf(fd, 'read');
  const file = fileOf(open, 'read');
  const given = positionOf(position);
  const from = given ?? open.position;
  const count = Math.max(0, Math.min(target.length, file.size - from));
  target.set(file.bytes.subarray(from, from + count));
  if (given === undefined) open.position += count;
  return count;
}

export function writeBytes(fd: number, bytes: Uint8Array, position?: unknown): number {
  const open = openOf(fd, 'write');
  const file = fileOf(open, 'write');
  const given = open.appends ? file.size : positionOf(position);
  const from = given ?? open.position;
  const end = from + bytes.length;
  if (end > file.size) resize(file, end, 'write');
  file.bytes.set(bytes, from);
  file.mtimeMs = Date.now();
  if (given === undefined || open.appends) open.position = end;
  return bytes.length;
}

interface Range {
  readonly offset?: number;
  readonly length?: number;
  readonly position?: unknown;
}

function part(view: ArrayBufferView, offset: number | null = 0, length?: number | null): Uint8Array {
  if (!ArrayBuffer.isView(view)) throw invalidArgType('buffer', 'an instance of Buffer, TypedArray, or DataView', view);
  const bytes = viewOf(view);
  const from = offset ?? 0;
  const count = length ?? bytes.length - from;
  if (!(from >= 0 && from <= bytes.length)) throw outOfRange('offset', `>= 0 && <= ${bytes.length}`, from);
  if (!(count >= 0 && from + count <= bytes.length)) {
    throw outOfRange('length', `>= 0 && <= ${bytes.length - from}`, count);
  }
  return bytes.subarray(from, from + count);
}

/** `readSync(fd, buffer, offset, length, position)` or `readSync(fd, buffer, {offset, length, position})`. */
export function readSync(fd: number, view: ArrayBufferView, ...rest: unknown[]): number {
  const range: Range =
    typeof rest[0] === 'object' && rest[0] !== null
      ? rest[0]
      : { offset: rest[0] as number, length: rest[1] as number, position: rest[2] };
  return readBytes(fd, part(view, range.offset, range.length), range.position);
}

/** Bytes with a range as `readSync` has them, or a text with position and encoding. */
export function writeSync(fd: number, data: unknown, ...rest: unknown[]): number {
  if (typeof data === 'string') return writeBytes(fd, Buffer.from(data, (rest[1] ?? 'utf8') as 'utf8'), rest[0]);
  const range: Range =
    typeof rest[0] === 'object' && rest[0] !== null
      ? rest[0]
      : { offset: rest[0] as number, length: rest[1] as number, position: rest[2] };
  return writeBytes(fd, part(data as ArrayBufferView, range.offset, range.length), range.position);
}
