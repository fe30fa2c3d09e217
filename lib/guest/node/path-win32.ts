/** `node:path/win32`. */
import path, { type PathModule } from './path.ts';

const win32: PathModule = path.win32;
export default win32;
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
  matchesGlob,
  _makeLong,
  posix,
}: PathModule = win32;
export { win32 };
