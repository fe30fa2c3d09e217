/** `Blob` and `File` (File API standard); their bytes are held in memory. */
import { type BufferSource, isBufferSource, viewOf } from './host.ts';
import { asInterface, toUSVString } from './idl.ts';
import { ReadableStream } from './streams.ts';
import { TextDecoder, TextEncoder } from './text.ts';

type BlobPart = BufferSource | Blob | string;

export interface BlobPropertyBag {
  readonly type?: string;
  readonly endings?: 'transparent' | 'native';
}

/** Bytes one chunk of a blob's stream has at most. */
const CHUNK = 65_536;

let bytesFrom: (blob: Blob) => Uint8Array<ArrayBuffer>;
/** The bytes of a blob, shared with it: for the library, which does not change them. */
export const blobBytes = (blob: Blob): Uint8Array<ArrayBuffer> => bytesFrom(blob);
let adopt: (bytes: Uint8Array<ArrayBuffer>, type: string) => Blob;

/** Lower-case, or empty when it has characters a type cannot have. */
const typeOf = (given: string): string => (/[^\x20-\x7e]/.test(given) ? '' : given.toLowerCase());

function partsOf(parts: unknown): unknown[] {
  if (parts === undefined) return [];
  if ((typeof parts !== 'object' && typeof parts !== 'function') || parts === null || !(Symbol.iterator in parts)) {
    throw new TypeError('The parts of a Blob must be an iterable object');
  }
  return [...(parts as Iterable<unknown>)];
}

function optionsOf(options: unknown): BlobPropertyBag {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' && typeof options !== 'function') {
    throw new TypeError('The options of a Blob must be an object');
  }
  // Read in the order the standard gives, which getters can see.
  const { endings, type } = options as BlobPropertyBag;
  if (endings !== undefined && `${endings}` !== 'transparent' && `${endings}` !== 'native') {
    throw new TypeError(`"${endings}" is no way to write line endings; "transparent" and "native" are`);
  }
  return { ...(endings !== undefined && { endings }), ...(type !== undefined && { type }) };
}

function encodePart(part: unknown, native: boolean): Uint8Array<ArrayBuffer> {
  if (part instanceof Blob) return blobBytes(part);
  if (isBufferSource(part)) return viewOf(part).slice();
  const text = toUSVString(part);
  return new TextEncoder().encode(native ? text.replace(/\r\n|\r|\n/g, '\n') : text) as Uint8Array<ArrayBuffer>;
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export class Blob {
  #bytes: Uint8Array<ArrayBuffer>;
  #type: string;

  static {
    bytesFrom = (blob) => blob.#bytes;
    adopt = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }

  constructor(parts?: Iterable<BlobPart>, options?: BlobPropertyBag) {
    const list = partsOf(parts);
    const { endings, type = '' } = optionsOf(options);
    this.#bytes = join(list.map((part) => encodePart(part, `${endings}` === 'native')));
    this.#type = typeOf(`${type}`);
  }

  get size(): number {
    return this.#bytes.length;
  }
  get type(): string {
    return this.#type;
  }
  slice(start?: number, end?: number, contentType?: string): Blob {
    const type = contentType === undefined ? '' : typeOf(`${contentType}`);
    return adopt(this.#bytes.subarray(clamp(start, 0), clamp(end, this.#bytes.length)), type);
  }
  async text(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + CHUNK));
        at += CHUNK;
        if (at < bytes.length) return;
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  }
}
asInterface(Blob, 'Blob');

/** A position as Web IDL's `[Clamp] long long`: not a number is 0, absent is `fallback`. */
function clamp(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  return Number.isNaN(number)
    ? 0
    : Math.round(Math.max(-Number.MAX_SAFE_INTEGER, Math.min(number, Number.MAX_SAFE_INTEGER)));
}

export interface FilePropertyBag extends BlobPropertyBag {
  readonly lastModified?: number;
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: Iterable<BlobPart>, name: string, options?: FilePropertyBag) {
    if (arguments.length < 2) throw new TypeError('File takes parts and a name');
    super(parts, options);
    this.#name = toUSVString(name);
    const given = options?.lastModified;
    this.#lastModified = given === undefined ? Date.now() : Math.trunc(Number(given)) || 0;
  }

  get name(): string {
    return this.#name;
  }
  get lastModified(): number {
    return this.#lastModified;
  }
  get webkitRelativePath(): string {
    return '';
  }
}
asInterface(File, 'File');
