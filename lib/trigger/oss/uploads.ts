/** Objects that come in parts. Parts lie in the bucket's own folder until they are put together or given up. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IsopodError } from '../../errors.ts';
import type { Bucket, ObjectInfo, ObjectMeta, Requester } from './bucket.ts';
import { OWN_FOLDER } from './object-key.ts';

const ID = /^[0-9a-f-]{36}$/;
const MAX_PARTS = 10_000;

interface Facts {
  readonly key: string;
  readonly meta: Partial<ObjectMeta>;
}

const folderOf = (bucket: Bucket, id: string): string => join(bucket.folder, OWN_FOLDER, 'uploads', id);

async function factsOf(bucket: Bucket, id: string, key: string): Promise<Facts> {
  const text = ID.test(id)
    ? await readFile(join(folderOf(bucket, id), 'facts'), 'utf8').catch(() => undefined)
    : undefined;
  const facts = text === undefined ? undefined : (JSON.parse(text) as Facts);
  if (facts?.key === key) return facts;
  throw new IsopodError('ObjectNotFound', 'There is no such upload');
}

export async function beginUpload(bucket: Bucket, key: string, meta: Partial<ObjectMeta>): Promise<string> {
  const id = randomUUID();
  await mkdir(folderOf(bucket, id), { recursive: true });
  await writeFile(join(folderOf(bucket, id), 'facts'), JSON.stringify({ key, meta } satisfies Facts));
  return id;
}

/** Resolves with the part's etag. */
export async function putPart(bucket: Bucket, id: string, key: string, no: number, body: Readable): Promise<string> {
  await factsOf(bucket, id, key);
  if (!Number.isInteger(no) || no < 1 || no > MAX_PARTS) {
    throw new IsopodError('InvalidArgument', `partNumber: must be a whole number, 1-${MAX_PARTS}`);
  }
  const hash = createHash('md5');
  body.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(body, createWriteStream(join(folderOf(bucket, id), String(no))));
  return hash.digest('hex').toUpperCase();
}

export async function completeUpload(
  bucket: Bucket,
  id: string,
  key: string,
  parts: readonly number[],
  by: Requester,
): Promise<ObjectInfo> {
  const { meta } = await factsOf(bucket, id, key);
  const folder = folderOf(bucket, id);
  const temporary = bucket.temporary();
  const hash = createHash('md5');
  try {
    await writeFile(temporary, '');
    for (const no of parts) {
      const part = join(folder, String(no));
      if ((await stat(part).catch(() => undefined)) === undefined) {
        throw new IsopodError('InvalidArgument', `Part ${no} was not uploaded`);
      }
      const partHash = createHash('md5');
      const from = createReadStream(part);
      from.on('data', (chunk) => partHash.update(chunk));
      await pipeline(from, createWriteStream(temporary, { flags: 'a', flush: true }));
      hash.update(partHash.digest());
    }
    const etag = `${hash.digest('hex').toUpperCase()}-${parts.length}`;
    return await bucket.adopt(temporary, key, meta, by, 'ObjectCreated:CompleteMultipartUpload', etag);
  } finally {
    await rm(temporary, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

export async function abortUpload(bucket: Bucket, id: string, key: string): Promise<void> {
  await factsOf(bucket, id, key);
  await rm(folderOf(bucket, id), { recursive: true, force: true });
}

/** Parts that are there, by number. */
export async function listParts(bucket: Bucket, id: string, key: string): Promise<{ no: number; size: number }[]> {
  await factsOf(bucket, id, key);
  const folder = folderOf(bucket, id);
  const names = (await readdir(folder)).filter((name) => /^\d+$/.test(name));
  const parts = await Promise.all(
    names.map(async (name) => ({ no: Number(name), size: (await stat(join(folder, name))).size })),
  );
  return parts.sort((a, b) => a.no - b.no);
}
