/**
 * The part of S3's and OSS' protocol that clients need to put, get, copy, list and delete objects, in parts too; each
 * change raises its event. A handler for any Node.js HTTP server. One file: the table of operations and what they answer.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IsopodError, toIsopodError } from '../../errors.ts';
import type { Services } from '../services.ts';
import { AwsChunked, readXml, writeXml } from './bodies.ts';
import { Bucket, type ObjectInfo, type ObjectMeta, type Requester } from './bucket.ts';
import { type AccessKeyTable, authenticate } from './signatures.ts';
import { abortUpload, beginUpload, completeUpload, listParts, putPart } from './uploads.ts';

export interface BucketServerOptions {
  /** Who may use the buckets; undefined: everybody who can reach the server. */
  readonly accessKeys?: AccessKeyTable | undefined;
  /** Bytes of one request, default 5 GB. */
  readonly maxBytes?: number | undefined;
}

const MAX_BYTES = 5_368_709_120;
const MAX_XML_BYTES = 2_097_152;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,62}$/;
const KIND = 'bucket';

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly by: Requester;
  readonly maxBytes: number;
}

interface ObjectCall extends Call {
  readonly bucket: Bucket;
  readonly key: string;
}

/** Names of S3 and OSS for what can go wrong. */
const PROBLEMS: Readonly<Record<string, readonly [name: string, status: number]>> = {
  BucketNotFound: ['NoSuchBucket', 404],
  ObjectNotFound: ['NoSuchKey', 404],
  AccessDenied: ['AccessDenied', 403],
  InvalidAccessKeyID: ['InvalidAccessKeyId', 403],
  SignatureNotMatch: ['SignatureDoesNotMatch', 403],
  RequestTimeTooSkewed: ['RequestTimeTooSkewed', 403],
  InvalidArgument: ['InvalidArgument', 400],
  PayloadTooLarge: ['EntityTooLarge', 400],
  PathNotSupported: ['NotImplemented', 501],
};

export class BucketServer {
  readonly #services: Services;
  readonly #options: BucketServerOptions;

  constructor(services: Services, options: BucketServerOptions = {}) {
    this.#services = services;
    this.#options = options;
  }

  /** Answers one request. Never rejects. */
  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomBytes(12).toString('hex').toUpperCase();
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('x-oss-request-id', requestId);
    try {
      const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
      const { accessKeys, maxBytes = MAX_BYTES } = this.#options;
      const { method = 'GET', headers } = request;
      if (accessKeys !== undefined) authenticate({ method, path, query, headers }, accessKeys, Date.now());
      const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
      const call = { request, response, query: new URLSearchParams(query), by: { requestId, sourceIp }, maxBytes };
      await this.#route(call, path);
    } catch (error) {
      tellProblem(request, response, requestId, error);
    }
  };

  async #route(call: Call, path: string): Promise<void> {
    const [name = '', rest] = splitOnce(path.slice(1), '/');
    const { method } = call.request;
    if (name === '') return method === 'GET' ? this.#listBuckets(call) : notSupported(call);
    if (!BUCKET.test(name)) throw noBucket(name);
    const key = rest === undefined ? '' : decodeKey(rest);
    if (key === '') return this.#onBucket(call, name);
    const bucket = await this.#bucket(name);
    return onObject({ ...call, bucket, key });
  }

  /** Those of the options, those that were created, and those of triggers. */
  async #bucket(name: string): Promise<Bucket> {
    const { options, home } = this.#services;
    const known = Object.hasOwn(options.buckets, name) || (await home.catalog.get(KIND, name)) !== undefined;
    if (!known) throw noBucket(name);
    const bucket = Bucket.of(this.#services, name);
    await bucket.open();
    return bucket;
  }

  async #onBucket(call: Call, name: string): Promise<void> {
    const { method } = call.request;
    const { home, options } = this.#services;
    if (method === 'PUT') {
      await drain(call.request);
      if (!Object.hasOwn(options.buckets, name))
        await home.catalog.put(KIND, name, { created: new Date().toISOString() });
      await this.#bucket(name);
      return answer(call, 200, undefined, { location: `/${name}` });
    }
    const bucket = await this.#bucket(name);
    if (method === 'HEAD') return answer(call, 200);
    if (method === 'POST' && call.query.has('delete')) return deleteMany(call, bucket);
    if (method !== 'GET') return notSupported(call);
    if (call.query.has('location')) return answer(call, 200, writeXml('LocationConstraint', {}));
    return list(call, bucket);
  }

  async #listBuckets(call: Call): Promise<void> {
    const { home, options } = this.#services;
    const { documents } = await home.catalog.list<{ created: string }>(KIND, { limit: 1_000 });
    const names = [...new Set([...Object.keys(options.buckets), ...documents.map(({ key }) => key)])].sort();
    const Bucket = names.map((Name) => ({ Name, CreationDate: new Date(0).toISOString() }));
    return answer(call, 200, writeXml('ListAllMyBucketsResult', { Owner: { ID: 'isopod' }, Buckets: { Bucket } }));
  }
}

async function onObject(call: ObjectCall): Promise<void> {
  const { request, query, bucket, key, by } = call;
  const uploadId = query.get('uploadId');
  switch (request.method) {
    case 'PUT': {
      if (uploadId !== null) {
        const etag = await putPart(bucket, uploadId, key, Number(query.get('partNumber')), bodyOf(call));
        return answer(call, 200, undefined, { etag: `"${etag}"` });
      }
      const source = header(request, 'x-amz-copy-source') ?? header(request, 'x-oss-copy-source');
      if (source !== undefined) return copy(call, source);
      const info = await bucket.put(key, bodyOf(call), metaOf(request), by);
      return answer(call, 200, undefined, { etag: `"${info.etag}"` });
    }
    case 'POST':
      if (query.has('uploads')) {
        await drain(request);
        const id = await beginUpload(bucket, key, metaOf(request));
        return answer(
          call,
          200,
          writeXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: id }),
        );
      }
      if (uploadId !== null) return complete(call, uploadId);
      return notSupported(call);
    case 'GET':
      if (uploadId !== null) return parts(call, uploadId);
      return get(call, found(call));
    case 'HEAD': {
      const info = found(call);
      return answer(call, 200, undefined, { ...headersOf(info), 'content-length': String(info.size) });
    }
    case 'DELETE':
      if (uploadId !== null) await abortUpload(bucket, uploadId, key);
      else await bucket.delete(key, by);
      return answer(call, 204);
    default:
      return notSupported(call);
  }
}

function found({ bucket, key }: ObjectCall): ObjectInfo {
  const info = bucket.head(key);
  if (info === undefined) throw new IsopodError('ObjectNotFound', 'The specified key does not exist.');
  return info;
}

const headersOf = (info: ObjectInfo): Record<string, string> => ({
  etag: `"${info.etag}"`,
  'last-modified': new Date(info.modified).toUTCString(),
  'content-type': info.contentType,
  'accept-ranges': 'bytes',
  ...Object.fromEntries(
    Object.entries(info.user).flatMap(([name, value]) => [
      [`x-amz-meta-${name}`, value],
      [`x-oss-meta-${name}`, value],
    ]),
  ),
});

const RANGE = /^bytes=(\d*)-(\d*)$/;

async function get(call: ObjectCall, info: ObjectInfo): Promise<void> {
  const { response, bucket, key, request } = call;
  const [, from = '', to = ''] = RANGE.exec(header(request, 'range') ?? '') ?? [];
  const isPart = (from !== '' || to !== '') && info.size > 0;
  const start = from === '' ? Math.max(0, info.size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? info.size - 1 : Math.min(info.size - 1, Number(to));
  if (isPart && start > end) return answer(call, 416, undefined, { 'content-range': `bytes */${info.size}` });
  const range = isPart ? { start, end } : undefined;
  response.writeHead(isPart ? 206 : 200, {
    ...headersOf(info),
    'content-length': isPart ? end - start + 1 : info.size,
    ...(isPart && { 'content-range': `bytes ${start}-${end}/${info.size}` }),
  });
  await pipeline(bucket.read(key, range), response);
}

async function copy(call: ObjectCall, source: string): Promise<void> {
  const { request, bucket, key, by } = call;
  await drain(request);
  const [name = '', rest = ''] = splitOnce(source.replace(/^\//, ''), '/');
  if (name !== bucket.name) throw new IsopodError('PathNotSupported', 'Copies stay in their bucket');
  const info = found({ ...call, key: decodeKey(rest) });
  const replaces =
    (header(request, 'x-amz-metadata-directive') ?? header(request, 'x-oss-metadata-directive')) === 'REPLACE';
  const temporary = bucket.temporary();
  const { createWriteStream } = await import('node:fs');
  await pipeline(bucket.read(info.key), createWriteStream(temporary, { flush: true }));
  const made = await bucket.adopt(temporary, key, replaces ? metaOf(request) : info, by, 'ObjectCreated:CopyObject');
  const LastModified = new Date(made.modified).toISOString();
  return answer(call, 200, writeXml('CopyObjectResult', { ETag: `"${made.etag}"`, LastModified }));
}

async function complete(call: ObjectCall, uploadId: string): Promise<void> {
  const { request, bucket, key, by } = call;
  const asked = readXml(await smallBody(request)) as {
    CompleteMultipartUpload?: { Part?: readonly { PartNumber: string }[] };
  };
  const numbers = (asked.CompleteMultipartUpload?.Part ?? []).map(({ PartNumber }) => Number(PartNumber));
  if (numbers.length === 0) throw new IsopodError('InvalidArgument', 'The list of parts is empty');
  const info = await completeUpload(bucket, uploadId, key, numbers, by);
  const told = { Location: `/${bucket.name}/${key}`, Bucket: bucket.name, Key: key, ETag: `"${info.etag}"` };
  return answer(call, 200, writeXml('CompleteMultipartUploadResult', told));
}

async function parts(call: ObjectCall, uploadId: string): Promise<void> {
  const { bucket, key } = call;
  const Part = (await listParts(bucket, uploadId, key)).map(({ no, size }) => ({ PartNumber: no, Size: size }));
  return answer(
    call,
    200,
    writeXml('ListPartsResult', { Bucket: bucket.name, Key: key, UploadId: uploadId, IsTruncated: false, Part }),
  );
}

async function deleteMany(call: Call, bucket: Bucket): Promise<void> {
  const asked = readXml(await smallBody(call.request)) as { Delete?: { Object?: readonly { Key: string }[] } };
  const keys = (asked.Delete?.Object ?? []).map(({ Key }) => Key);
  for (const key of keys) await bucket.delete(key, call.by, 'ObjectRemoved:DeleteObjects');
  return answer(call, 200, writeXml('DeleteResult', { Deleted: keys.map((Key) => ({ Key })) }));
}

async function list(call: Call, bucket: Bucket): Promise<void> {
  const { query } = call;
  const isV2 = query.get('list-type') === '2';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = Math.max(1, Math.min(1_000, Number(query.get('max-keys') ?? 1_000) || 1_000));
  const token = query.get('continuation-token');
  const after =
    token !== null
      ? Buffer.from(token, 'base64url').toString()
      : (query.get('start-after') ?? query.get('marker') ?? '');
  const page = bucket.list(prefix, after, limit + 1);
  const shown = page.slice(0, limit);
  const next = page.length > limit ? shown.at(-1)?.key : undefined;
  const folders = new Set<string>();
  const objects = shown.filter(({ key }) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) return true;
    folders.add(key.slice(0, end + delimiter.length));
    return false;
  });
  const told = {
    Name: bucket.name,
    Prefix: prefix,
    MaxKeys: limit,
    ...(delimiter !== '' && { Delimiter: delimiter }),
    IsTruncated: next !== undefined,
    ...(isV2 && { KeyCount: objects.length + folders.size }),
    ...(next !== undefined &&
      (isV2 ? { NextContinuationToken: Buffer.from(next).toString('base64url') } : { NextMarker: next })),
    Contents: objects.map(({ key, size, etag, modified }) => ({
      Key: key,
      LastModified: new Date(modified).toISOString(),
      ETag: `"${etag}"`,
      Size: size,
      StorageClass: 'STANDARD',
      ...(!isV2 && { Owner: { ID: 'isopod', DisplayName: 'isopod' } }),
    })),
    CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })),
  };
  return answer(call, 200, writeXml('ListBucketResult', told));
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

function metaOf(request: IncomingMessage): ObjectMeta {
  const user: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const found = /^x-(?:amz|oss)-meta-(.+)$/.exec(name)?.[1];
    if (found !== undefined && typeof value === 'string') user[found] = value;
  }
  return { contentType: header(request, 'content-type') ?? 'application/octet-stream', user };
}

/** The object's bytes. */
function bodyOf({ request, maxBytes }: Call): Readable {
  if (Number(header(request, 'content-length') ?? 0) > maxBytes) {
    throw new IsopodError('PayloadTooLarge', `Objects have at most ${maxBytes} bytes`);
  }
  const isChunked =
    (header(request, 'content-encoding') ?? '').includes('aws-chunked') ||
    (header(request, 'x-amz-content-sha256') ?? '').startsWith('STREAMING-');
  return isChunked ? request.pipe(new AwsChunked()) : request;
}

async function smallBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_XML_BYTES)
      throw new IsopodError('PayloadTooLarge', `The list has more than ${MAX_XML_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const drain = async (request: IncomingMessage): Promise<void> => void (await smallBody(request));

function answer({ response }: Call, status: number, xml?: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...(xml !== undefined && { 'content-type': 'application/xml' }), ...headers });
  response.end(xml);
}

function notSupported({ request }: Call): never {
  throw new IsopodError('PathNotSupported', `'${request.method}' of '${request.url}' is not supported`);
}

function tellProblem(request: IncomingMessage, response: ServerResponse, requestId: string, thrown: unknown): void {
  if (response.headersSent) return void response.destroy();
  const error = toIsopodError(thrown);
  const [Code, status] = PROBLEMS[error.code] ?? ['InternalError', 500];
  // What is left of the body is not read; the connection ends with the answer.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    request.method === 'HEAD' ? undefined : writeXml('Error', { Code, Message: error.message, RequestId: requestId }),
  );
}

function splitOnce(text: string, at: string): [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new IsopodError('InvalidArgument', 'The key is not percent-encoded correctly');
  }
}

const noBucket = (name: string): IsopodError =>
  new IsopodError('BucketNotFound', `There is no bucket ${name.slice(0, 80)}; create it first`);
