/**
 * Unpacks an archive into an empty folder. Archives come from strangers: names are checked before anything is
 * written, sizes are counted while inflating and not believed from headers, links are refused.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { IsopodError } from '../errors.ts';
import type { CodeLimits } from './limits.ts';

/** Unix file type bits in an entry's attributes, and the two that may be in a package. */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

export async function unzip(bytes: Uint8Array, into: string, limits: CodeLimits, signal?: AbortSignal): Promise<void> {
  if (bytes.byteLength > limits.packageBytes) {
    throw new IsopodError(
      'CodeTooLarge',
      `The archive has ${bytes.byteLength} bytes; the limit is ${limits.packageBytes}`,
    );
  }
  const zip = await open(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const seen = new Set<string>();
  let total = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const entry = await nextEntry(zip);
      if (entry === undefined) return;
      const name = checkEntry(entry, seen, limits);
      const target = join(into, name);
      if (name.endsWith('/')) {
        await mkdir(target, { recursive: true });
        continue;
      }
      await mkdir(dirname(target), { recursive: true });
      const counter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          total += chunk.length;
          if (total > limits.unpackedBytes) done(tooLarge(limits));
          else done(null, chunk);
        },
      });
      await pipeline(await read(zip, entry), counter, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
    }
  } catch (error) {
    throw error instanceof IsopodError ? error : broken(error);
  } finally {
    zip.close();
  }
}

function checkEntry(entry: yauzl.Entry, seen: Set<string>, limits: CodeLimits): string {
  const name = entry.fileName;
  const shown = JSON.stringify(name.slice(0, 200));
  if (seen.size >= limits.files)
    throw new IsopodError('CodeTooLarge', `The archive has more than ${limits.files} files`);
  if (name.length > limits.pathLength) {
    throw new IsopodError(
      'CodeTooLarge',
      `A name in the archive has ${name.length} characters; the limit is ${limits.pathLength}`,
    );
  }
  const parts = name.split('/');
  if (parts.length > limits.depth)
    throw new IsopodError('CodeTooLarge', `${shown} is more than ${limits.depth} folders deep`);
  const escapes = name.startsWith('/') || /^[A-Za-z]:/.test(name) || /[\\\0]/.test(name) || parts.includes('..');
  if (escapes) throw new IsopodError('CodeUnsafe', `The archive has a file that would lie outside of it: ${shown}`);
  const type = (entry.externalFileAttributes >>> 16) & TYPE_MASK;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY) {
    throw new IsopodError(
      'CodeUnsafe',
      `${shown} in the archive is a link or a special file; only files and folders are taken`,
    );
  }
  if ((entry.generalPurposeBitFlag & 1) === 1)
    throw new IsopodError('CodeUnsafe', `${shown} in the archive is encrypted`);
  const key = name.toLowerCase();
  if (seen.has(key)) throw new IsopodError('CodeUnsafe', `The archive has ${shown} twice`);
  seen.add(key);
  return name;
}

const tooLarge = (limits: CodeLimits): IsopodError =>
  new IsopodError('CodeTooLarge', `The archive unpacks to more than ${limits.unpackedBytes} bytes`);

const broken = (error: unknown): IsopodError => {
  const message = error instanceof Error ? error.message : String(error);
  const unsafe = /invalid relative path|absolute path|invalid characters in fileName/i.test(message);
  return new IsopodError(unsafe ? 'CodeUnsafe' : 'BuildFailed', `The zip archive cannot be read: ${message}`, {
    cause: error,
  });
};

function open(bytes: Buffer): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    // Sizes are checked here: yauzl would stop at a size that differs from the header, which is fine as well.
    yauzl.fromBuffer(
      bytes,
      { lazyEntries: true, decodeStrings: true, validateEntrySizes: true, strictFileNames: true },
      (error, zip) => {
        if (error) reject(broken(error));
        else resolve(zip);
      },
    );
  });
}

function nextEntry(zip: yauzl.ZipFile): Promise<yauzl.Entry | undefined> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      zip.off('entry', onEntry);
      zip.off('end', onEnd);
      zip.off('error', onError);
    };
    const onEntry = (entry: yauzl.Entry): void => {
      done();
      resolve(entry);
    };
    const onEnd = (): void => {
      done();
      resolve(undefined);
    };
    const onError = (error: unknown): void => {
      done();
      reject(error);
    };
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError);
    zip.readEntry();
  });
}

function read(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
