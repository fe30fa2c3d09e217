/** `Stats` and `Dirent`. */
import type { Node } from './fs-tree.ts';

const FOLDER = 0o040000;
const FILE = 0o100000;
const BLOCK = 4_096;

export class Stats {
  readonly dev = 1;
  readonly ino: number | bigint;
  readonly mode: number | bigint;
  readonly nlink = 1;
  readonly uid = 1_000;
  readonly gid = 1_000;
  readonly rdev = 0;
  readonly size: number | bigint;
  readonly blksize = BLOCK;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;

  constructor(node: Node, bigint = false) {
    const size = node.kind === 'file' ? node.size : BLOCK;
    const mode = (node.kind === 'file' ? FILE : FOLDER) | (node.kind === 'file' ? 0o644 : 0o755);
    const number = (value: number): number | bigint => (bigint ? BigInt(value) : value);
    this.ino = number(node.ino);
    this.mode = number(node.writable ? mode : mode & ~0o222);
    this.size = number(size);
    this.blocks = Math.ceil(size / 512);
    this.atimeMs = this.mtimeMs = this.ctimeMs = this.birthtimeMs = node.mtimeMs;
  }
  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }
  get birthtime(): Date {
    return new Date(this.birthtimeMs);
  }
  isFile(): boolean {
    return (Number(this.mode) & 0o170000) === FILE;
  }
  isDirectory(): boolean {
    return !this.isFile();
  }
  isSymbolicLink(): boolean {
    return false;
  }
  isFIFO(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
  isBlockDevice(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return false;
  }
}

export class Dirent {
  readonly name: string;
  readonly parentPath: string;
  readonly #isFile: boolean;

  constructor(name: string, parentPath: string, node: Node) {
    this.name = name;
    this.parentPath = parentPath;
    this.#isFile = node.kind === 'file';
  }
  get path(): string {
    return this.parentPath;
  }
  isFile(): boolean {
    return this.#isFile;
  }
  isDirectory(): boolean {
    return !this.#isFile;
  }
  isSymbolicLink(): boolean {
    return false;
  }
  isFIFO(): boolean {
    return false;
  }
  isSocket(): boolean {
    return false;
  }
  isBlockDevice(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return false;
  }
}
