/** Names of objects and the files they are. */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { IsopodError } from '../../errors.ts';

/** Bytes of a key (S3 and OSS). */
const MAX_BYTES = 1_023;
/** Of the bucket's own; no object lies in it. */
export const OWN_FOLDER = '.isopod';

/** Throws `InvalidArgument` when no file can be named so. */
export function fileOf(folder: string, key: string): string {
  const parts = key.split('/');
  const bad =
    key === '' ||
    Buffer.byteLength(key) > MAX_BYTES ||
    key.includes('\0') ||
    key.includes('\\') ||
    parts.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255) ||
    parts[0] === OWN_FOLDER;
  if (bad) {
    throw new IsopodError(
      'InvalidArgument',
      `The key ${JSON.stringify(key.slice(0, 120))} cannot be a file: keys have 1-${MAX_BYTES} bytes, parts between "/" ` +
        'that are neither empty nor "." nor "..", and no "\\"',
    );
  }
  return join(folder, ...parts);
}

export const keyOf = (folder: string, path: string): string => relative(folder, path).split(sep).join('/');

/** Throws `AccessDenied` when a link leads out of the bucket. The folder of `path` must be there. */
export async function assertInside(folder: string, path: string): Promise<void> {
  const [root, parent] = await Promise.all([realpath(folder), realpath(dirname(path))]);
  if (parent === root || parent.startsWith(root + sep)) return;
  throw new IsopodError('AccessDenied', 'The key leads out of the bucket through a link');
}
