/**
 * The files an isolate sees: /code, what the bundle holds of the function's package, read-only; /opt, the same of its layers;
 * /tmp, in memory, bounded, gone with the instance. Nothing of the host. One file because every change to the tree keeps its
 * account.
 */
import { files as packageFiles, tooLarge } from 'isopod:package-files';
import { Buffer } from './buffer-class.ts';
import { invalidArgType, invalidArgValue } from './errors.ts';
import { fsError } from './fs-errors.ts';
import { resolve } from './path.ts';

/** Bytes of all files in /tmp. */
const MAX_BYTES = 16 * 1_048_576;
/** Files and folders in /tmp, and characters of a path. */
const MAX_NODES = 10_000;
const MAX_PATH = 4_096;
const HOME = '/code';
/** What a node costs beside its bytes. */
const NODE_BYTES = 256;

export interface FileNode {
  readonly kind: 'file';
  readonly ino: number;
  readonly writable: boolean;
  mtimeMs: number;
  bytes: Uint8Array;
  /** Bytes in use; `bytes` may be larger. */
  size: number;
  /** It has a name. A file without one is there until it is closed. */
  linked: boolean;
  opens: number;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly ino: number;
  readonly writable: boolean;
  mtimeMs: number;
  readonly entries: Map<string, Node>;
}

export type Node = FileNode | FolderNode;

let nextIno = 1;
let usedBytes = 0;
let nodes = 0;

const folder = (writable: boolean): FolderNode => ({
  kind: 'folder',
  ino: nextIno++,
  writable,
  mtimeMs: 0,
  entries: new Map(),
});

const root = folder(false);
root.entries.set('tmp', folder(true));
const code = folder(false);
root.entries.set('code', code);

/** A file of the package; its bytes are made when somebody looks at them. */
function packageFile(content: string | readonly [string]): FileNode {
  let made: Uint8Array | undefined;
  const bytes = (): Uint8Array => {
    made ??= typeof content === 'string' ? Buffer.from(content) : Buffer.from(content[0], 'base64');
    return made;
  };
  return {
    kind: 'file',
    ino: nextIno++,
    writable: false,
    mtimeMs: 0,
    linked: true,
    opens: 0,
    get bytes() {
      return bytes();
    },
    get size() {
      return bytes().length;
    },
  } as FileNode;
}

for (const [path, content] of Object.entries(packageFiles)) {
  const names = path.split('/').filter((name) => name !== '');
  const last = names.pop() as string;
  let at = path.startsWith('/') ? root : code;
  for (const name of names) {
    let next = at.entries.get(name) as FolderNode | undefined;
    if (next === undefined) {
      next = folder(false);
      at.entries.set(name, next);
    }
    at = next;
  }
  at.entries.set(last, packageFile(content));
}

/** Told by its looks, so that reading files does not bring the whole of URL along. */
const isFileUrl = (value: unknown): value is { readonly pathname: string } => {
  const { protocol, pathname, href } = Object(value) as Record<string, unknown>;
  return protocol === 'file:' && typeof pathname === 'string' && typeof href === 'string';
};

/** A path argument as an absolute path; relative ones are relative to /code. */
export function toPath(value: unknown, name = 'path'): string {
  let path: unknown = value;
  if (isFileUrl(value)) path = decodeURIComponent(value.pathname);
  else if (value instanceof Uint8Array) path = Buffer.from(value).toString();
  if (typeof path !== 'string') {
    throw invalidArgType(name, 'of type string or an instance of Buffer or URL', value);
  }
  if (path.includes('\0')) throw invalidArgValue(name, path, 'must be a string, Uint8Array, or URL without null bytes');
  return path;
}

/** Relative paths start at the package. */
export const absolute = (path: string): string => resolve(HOME, path);

/** Names of the folders and of the last part, and the path as the caller wrote it, for errors. */
function namesOf(path: string, syscall: string): string[] {
  const full = absolute(path);
  if (full.length > MAX_PATH) throw fsError('ENAMETOOLONG', syscall, path);
  return full.split('/').filter((name) => name !== '');
}

function walk(names: readonly string[], path: string, syscall: string): Node | undefined {
  let at: Node = root;
  for (const name of names) {
    if (at.kind === 'file') throw fsError('ENOTDIR', syscall, path);
    const next = at.entries.get(name);
    if (next === undefined) return undefined;
    at = next;
  }
  // A trailing slash asks for a folder.
  if (at.kind === 'file' && path.endsWith('/')) throw fsError('ENOTDIR', syscall, path);
  return at;
}

export const lookup = (path: string, syscall: string): Node | undefined => walk(namesOf(path, syscall), path, syscall);

export function need(path: string, syscall: string): Node {
  const found = lookup(path, syscall);
  if (found !== undefined) return found;
  const error = fsError('ENOENT', syscall, path);
  const inside = absolute(path).replace(/^\/code\//, '');
  if (tooLarge.includes(inside)) error.message += ' (it is too large to be part of the bundle)';
  throw error;
}

interface Place {
  readonly parent: FolderNode;
  readonly name: string;
  readonly found: Node | undefined;
}

/** Where `path` is or would be, its folder being there. */
export function place(path: string, syscall: string): Place {
  const names = namesOf(path, syscall);
  const name = names.pop();
  if (name === undefined) return { parent: root, name: '', found: root };
  const parent = walk(names, `/${names.join('/')}`, syscall);
  if (parent === undefined) throw fsError('ENOENT', syscall, path);
  if (parent.kind === 'file') throw fsError('ENOTDIR', syscall, path);
  return { parent, name, found: parent.entries.get(name) };
}

function spend(bytes: number, syscall: string, path?: string): void {
  if (usedBytes + bytes > MAX_BYTES || nodes > MAX_NODES) throw fsError('ENOSPC', syscall, path);
  usedBytes += bytes;
}

const now = (): number => Date.now();

function adopt(place: Place, node: Node): void {
  nodes++;
  place.parent.entries.set(place.name, node);
  place.parent.mtimeMs = now();
}

export function needWritable(at: Place, syscall: string, path: string, dest?: string): void {
  if (!at.parent.writable) throw fsError('EROFS', syscall, path, dest);
}

export function makeFolder(path: string, syscall: string): FolderNode {
  const at = place(path, syscall);
  if (at.found !== undefined) throw fsError('EEXIST', syscall, path);
  needWritable(at, syscall, path);
  spend(NODE_BYTES, syscall, path);
  const made = { ...folder(true), mtimeMs: now() };
  adopt(at, made);
  return made;
}

export function makeFile(at: Place, syscall: string, path: string): FileNode {
  needWritable(at, syscall, path);
  spend(NODE_BYTES, syscall, path);
  const made: FileNode = {
    kind: 'file',
    ino: nextIno++,
    writable: true,
    mtimeMs: now(),
    bytes: new Uint8Array(),
    size: 0,
    linked: true,
    opens: 0,
  };
  adopt(at, made);
  return made;
}

function free(bytes: number): void {
  usedBytes -= bytes + NODE_BYTES;
  nodes--;
}

/** What a node and all below it held is free again, but for files that are still open. */
function unlink(node: Node): void {
  if (node.kind === 'folder') {
    for (const inner of node.entries.values()) unlink(inner);
    free(0);
    return;
  }
  node.linked = false;
  if (node.opens === 0) free(node.bytes.length);
}

export function closed(file: FileNode): void {
  file.opens--;
  if (!file.linked && file.opens === 0) free(file.bytes.length);
}

export function drop(at: Place, syscall: string, path: string): void {
  needWritable(at, syscall, path);
  unlink(at.found as Node);
  at.parent.entries.delete(at.name);
  at.parent.mtimeMs = now();
}

/** Puts what is at one place to another, in the place of what is there. */
export function move(from: Place, to: Place): void {
  from.parent.entries.delete(from.name);
  to.parent.entries.set(to.name, from.found as Node);
  from.parent.mtimeMs = to.parent.mtimeMs = now();
}

/** Gives a file `size` bytes; new ones are zeros. */
export function resize(file: FileNode, size: number, syscall: string, path?: string): void {
  if (size > file.bytes.length) {
    const ample = Math.min(Math.max(size, file.bytes.length * 2), size + 1_048_576);
    const room = usedBytes + ample - file.bytes.length > MAX_BYTES ? size : ample;
    spend(room - file.bytes.length, syscall, path);
    const bytes = new Uint8Array(room);
    bytes.set(file.bytes.subarray(0, file.size));
    file.bytes = bytes;
  } else if (size < file.size) {
    file.bytes.fill(0, size, file.size);
    if (size === 0) {
      usedBytes -= file.bytes.length;
      file.bytes = new Uint8Array();
    }
  }
  file.size = size;
  file.mtimeMs = now();
}
