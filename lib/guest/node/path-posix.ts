/** `node:path/posix`. */
import path, { type PathModule } from './path.ts';

const posix: PathModule = path.posix;
export default posix;
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
  win32,
}: PathModule = posix;
export { posix };
