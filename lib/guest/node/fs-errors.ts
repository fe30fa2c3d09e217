/** Errors of the file system as Node.js gives them: code, number, system call and path. */
import { errnoMessages, errnoNumbers } from './errno.ts';

export interface SystemError extends Error {
  errno: number;
  code: string;
  syscall: string;
  path?: string;
  dest?: string;
}

export function fsError(code: string, syscall: string, path?: string, dest?: string): SystemError {
  const shown = `${path === undefined ? '' : ` '${path}'`}${dest === undefined ? '' : ` -> '${dest}'`}`;
  const error = new Error(`${code}: ${errnoMessages.get(code)}, ${syscall}${shown}`) as SystemError;
  error.errno = -(errnoNumbers[code] ?? 0);
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}
