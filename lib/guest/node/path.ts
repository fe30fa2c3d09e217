/** `node:path`: posix rules, as the isolate's files have; `win32` for those who ask. */
import { posix as libraryPosix, win32 as libraryWin32, type Path } from 'path-unified';
import { invalidArgType, unsupported } from './errors.ts';

export interface PathModule extends Path {
  posix: PathModule;
  win32: PathModule;
  matchesGlob(path: string, pattern: string): boolean;
  _makeLong(path: string): string;
}

function matchesGlob(_path: string, _pattern: string): boolean {
  throw unsupported('path.matchesGlob', 'use a package such as picomatch');
}

/** The library's functions, with Node.js' errors for arguments that are no strings. */
function checked(of: Path): PathModule {
  const one =
    <T extends unknown[], R>(run: (path: string, ...rest: T) => R) =>
    (path: string, ...rest: T): R => {
      if (typeof path !== 'string') throw invalidArgType('path', 'of type string', path);
      return run(path, ...rest);
    };
  const join = (...parts: string[]): string => {
    for (const part of parts) if (typeof part !== 'string') throw invalidArgType('path', 'of type string', part);
    return of.join(...parts);
  };
  // From the right, and no further than the first absolute path.
  const resolve = (...parts: string[]): string => {
    for (let at = parts.length - 1; at >= 0; at--) {
      const part = parts[at];
      if (typeof part !== 'string') throw invalidArgType(`paths[${at}]`, 'of type string', part);
      if (of.isAbsolute(part)) return of.resolve(...parts.slice(at));
    }
    return of.resolve(...parts);
  };
  return {
    sep: of.sep,
    delimiter: of.delimiter,
    resolve,
    normalize: one(of.normalize),
    isAbsolute: one(of.isAbsolute),
    join,
    relative(from, to) {
      if (typeof from !== 'string') throw invalidArgType('from', 'of type string', from);
      if (typeof to !== 'string') throw invalidArgType('to', 'of type string', to);
      return of.relative(from, to);
    },
    toNamespacedPath: of.toNamespacedPath,
    dirname: one(of.dirname),
    basename(path, suffix) {
      if (suffix !== undefined && typeof suffix !== 'string') throw invalidArgType('suffix', 'of type string', suffix);
      if (typeof path !== 'string') throw invalidArgType('path', 'of type string', path);
      return of.basename(path, suffix);
    },
    extname: one(of.extname),
    format(parts) {
      if (typeof parts !== 'object' || parts === null) throw invalidArgType('pathObject', 'of type object', parts);
      return of.format(parts);
    },
    parse: one(of.parse),
    matchesGlob,
    _makeLong: of.toNamespacedPath,
    posix: undefined as unknown as PathModule,
    win32: undefined as unknown as PathModule,
  };
}

function make(): PathModule {
  const made = checked(libraryPosix);
  const windows = checked(libraryWin32);
  made.posix = windows.posix = made;
  made.win32 = windows.win32 = windows;
  return made;
}

const path: PathModule = /* @__PURE__ */ make();
export default path;
export const {
  sep,
  delimiter,
  resolve,
  normalize,
  isAbsolute,
  join,
  relative,
  toNamespacedPath,
  dirname,
  basename,
  extname,
  format,
  parse,
  _makeLong,
  posix,
  win32,
}: PathModule = path;
export { matchesGlob };
