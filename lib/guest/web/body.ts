/** What `Request` and `Response` share: a body that is read once (Fetch standard, 2.2.4 and 5.3). */
import { Blob, blobBytes } from './blob.ts';
import { encodeMultipart, FormData, parseMultipart } from './form-data.ts';
import type { Headers } from './headers.ts';
import { type BufferSource, isBufferSource, viewOf } from './host.ts';
import { toUSVString } from './idl.ts';
import { ReadableStream, TransformStream } from './streams.ts';
import { structuredClone } from './structured-clone.ts';
import { TextDecoder, TextEncoder } from './text.ts';
import { URLSearchParams } from './url.ts';

export type BodyInit = string | BufferSource | Blob | FormData | URLSearchParams | ReadableStream<Uint8Array>;

/** Bytes that are there already, or a stream; the stream is made of the bytes only when somebody asks for it. */
export interface BodySource {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  stream: ReadableStream<Uint8Array> | undefined;
  /** The bytes were handed out. */
  used: boolean;
}

/** The body and the content type it implies. */
export function extractBody(init: unknown): { readonly body: BodySource; readonly type: string | undefined } {
  if (init instanceof ReadableStream) {
    if (init.locked || isDisturbed(init)) throw new TypeError('The stream of a body must be fresh');
    return { body: { bytes: undefined, stream: init as ReadableStream<Uint8Array>, used: false }, type: undefined };
  }
  const { bytes, type } = extractBytes(init);
  return { body: { bytes, stream: undefined, used: false }, type };
}

interface Extracted {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string | undefined;
}

function extractBytes(init: unknown): Extracted {
  if (init instanceof Blob) return { bytes: blobBytes(init), type: init.type === '' ? undefined : init.type };
  if (isBufferSource(init)) return { bytes: viewOf(init).slice(), type: undefined };
  if (init instanceof FormData) {
    const boundary = `----formdata-isopod-${crypto.randomUUID().replaceAll('-', '')}`;
    return {
      bytes: encodeMultipart(init, boundary) as Uint8Array<ArrayBuffer>,
      type: `multipart/form-data; boundary=${boundary}`,
    };
  }
  const params = init instanceof URLSearchParams;
  const bytes = new TextEncoder().encode(toUSVString(init)) as Uint8Array<ArrayBuffer>;
  return { bytes, type: params ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8' };
}

declare const crypto: { randomUUID(): string };

/** The library keeps this private but true to the standard: a stream that was read from or canceled. */
export const isDisturbed = (stream: ReadableStream): boolean =>
  (stream as unknown as { _disturbed?: boolean })._disturbed === true;

export const isUnusable = (body: BodySource | undefined): boolean =>
  body !== undefined && (isUsed(body) || body.stream?.locked === true);

export const isUsed = (body: BodySource): boolean =>
  body.used || (body.stream !== undefined && isDisturbed(body.stream));

/** The body as the stream the `body` attribute shows. */
export function streamOf(body: BodySource): ReadableStream<Uint8Array> {
  body.stream ??= streamFrom(body.bytes as Uint8Array<ArrayBuffer>, body.used);
  return body.stream;
}

function streamFrom(bytes: Uint8Array<ArrayBuffer>, used: boolean): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>({
    type: 'bytes',
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes.slice());
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  if (used) stream.getReader();
  return stream;
}

/** Reads the whole body; it is used then. */
export async function consume(body: BodySource | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (body === undefined) return new Uint8Array(0);
  if (isUnusable(body)) throw new TypeError('The body was read already, or is being read');
  if (body.stream === undefined) {
    body.used = true;
    return body.bytes as Uint8Array<ArrayBuffer>;
  }
  return readAll(body.stream);
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return blobBytes(new Blob(chunks));
    if (!(value instanceof Uint8Array)) throw new TypeError('A chunk of a body must be a Uint8Array');
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
}

/** Both halves of `clone()`. */
export function teeBody(body: BodySource): [BodySource, BodySource] {
  if (body.stream === undefined) return [body, { ...body }];
  const [one, other] = body.stream.tee();
  const half = (stream: ReadableStream<Uint8Array>): BodySource => ({ bytes: undefined, stream, used: false });
  return [half(one), half(cloningChunks(other))];
}

/** Both readers may change their chunks. */
function cloningChunks(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(structuredClone(value));
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** The body for another owner; this one counts as read from now on. */
export function takeBody(body: BodySource): BodySource {
  const { stream, bytes } = body;
  body.used = true;
  if (stream === undefined) return { bytes, stream, used: false };
  return { bytes: undefined, stream: stream.pipeThrough(new TransformStream()), used: false };
}

/** Where a Request or Response keeps its body. */
export const SOURCE: unique symbol = Symbol('source');

/** `bytes`, `text`, `json`, `blob`, `formData`, `arrayBuffer`, `body` and `bodyUsed`; subclasses say where the body is. */
export abstract class Body {
  abstract get headers(): Headers;
  abstract [SOURCE](): BodySource | undefined;

  get body(): ReadableStream<Uint8Array> | null {
    const body = this[SOURCE]();
    return body === undefined ? null : streamOf(body);
  }
  get bodyUsed(): boolean {
    const body = this[SOURCE]();
    return body !== undefined && isUsed(body);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return owned(await consume(this[SOURCE]())).buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return owned(await consume(this[SOURCE]()));
  }
  async blob(): Promise<Blob> {
    const type = mimeType(this.headers.get('content-type'));
    return new Blob([await consume(this[SOURCE]())], type === undefined ? {} : { type });
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(await consume(this[SOURCE]()));
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
  async formData(): Promise<FormData> {
    const type = this.headers.get('content-type') ?? '';
    const bytes = await consume(this[SOURCE]());
    const essence = type.split(';')[0]?.trim().toLowerCase();
    if (essence === 'multipart/form-data') {
      const boundary = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(type);
      if (boundary === null) throw new TypeError('The content type of the body names no boundary');
      return parseMultipart(bytes, boundary[1] ?? boundary[2] ?? '');
    }
    if (essence !== 'application/x-www-form-urlencoded') {
      throw new TypeError(`A body of type "${type}" cannot be read as form data`);
    }
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(new TextDecoder().decode(bytes))) form.append(name, value);
    return form;
  }
}

/** Bytes the caller may change: those of a body may be shared with a blob or a clone. */
const owned = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes.slice();

/** The last usable type of a Content-Type header, its essence in lower case. */
function mimeType(header: string | null): string | undefined {
  const last = header
    ?.split(',')
    .findLast((part) => /^\s*[\w!#$&^.+-]+\/[\w!#$&^.+*-]+/.test(part))
    ?.trim();
  if (last === undefined) return undefined;
  const [essence = '', ...parameters] = last.split(';').map((part) => part.trim());
  return [essence.toLowerCase(), ...parameters.filter((part) => part !== '')].join(';');
}
