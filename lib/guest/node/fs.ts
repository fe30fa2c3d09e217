/** `node:fs`: the package's files, read-only, and /tmp in memory. */
import { unsupported } from './errors.ts';
import promises from './fs-promises.ts';

export function watch(): never {
  throw unsupported('fs.watch', 'nobody but the function writes its files');
}
export const watchFile = watch;
export const unwatchFile = (): void => undefined;

export * from './fs-callbacks.ts';
export { constants } from './fs-constants.ts';
export { Dirent, Stats } from './fs-stats.ts';
export { createReadStream, createWriteStream, ReadStream, WriteStream } from './fs-streams.ts';
export * from './fs-sync.ts';
export { promises };
export const F_OK = 0;
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;
