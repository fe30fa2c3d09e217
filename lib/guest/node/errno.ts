/** System errors by number and name, as Linux has them. */

type Row = readonly [errno: number, name: string, message: string];

const rows: readonly Row[] = [
  [1, 'EPERM', 'operation not permitted'],
  [2, 'ENOENT', 'no such file or directory'],
  [4, 'EINTR', 'interrupted system call'],
  [5, 'EIO', 'i/o error'],
  [9, 'EBADF', 'bad file descriptor'],
  [11, 'EAGAIN', 'resource temporarily unavailable'],
  [12, 'ENOMEM', 'not enough memory'],
  [13, 'EACCES', 'permission denied'],
  [14, 'EFAULT', 'bad address in system call argument'],
  [16, 'EBUSY', 'resource busy or locked'],
  [17, 'EEXIST', 'file already exists'],
  [18, 'EXDEV', 'cross-device link not permitted'],
  [20, 'ENOTDIR', 'not a directory'],
  [21, 'EISDIR', 'illegal operation on a directory'],
  [22, 'EINVAL', 'invalid argument'],
  [23, 'ENFILE', 'file table overflow'],
  [24, 'EMFILE', 'too many open files'],
  [27, 'EFBIG', 'file too large'],
  [28, 'ENOSPC', 'no space left on device'],
  [29, 'ESPIPE', 'invalid seek'],
  [30, 'EROFS', 'read-only file system'],
  [32, 'EPIPE', 'broken pipe'],
  [36, 'ENAMETOOLONG', 'name too long'],
  [38, 'ENOSYS', 'function not implemented'],
  [39, 'ENOTEMPTY', 'directory not empty'],
  [40, 'ELOOP', 'too many symbolic links encountered'],
  [95, 'ENOTSUP', 'operation not supported on socket'],
  [98, 'EADDRINUSE', 'address already in use'],
  [101, 'ENETUNREACH', 'network is unreachable'],
  [104, 'ECONNRESET', 'connection reset by peer'],
  [110, 'ETIMEDOUT', 'connection timed out'],
  [111, 'ECONNREFUSED', 'connection refused'],
  [113, 'EHOSTUNREACH', 'host is unreachable'],
];

/** By negative number, as Node.js has them. */
export const errnoNames: ReadonlyMap<number, string> = new Map(rows.map(([errno, name]) => [-errno, name]));
export const errnoMessages: ReadonlyMap<string, string> = new Map(rows.map(([, name, message]) => [name, message]));
/** By positive number, as `os.constants.errno` has them. */
export const errnoNumbers: Readonly<Record<string, number>> = Object.fromEntries(
  rows.map(([errno, name]) => [name, errno]),
);
