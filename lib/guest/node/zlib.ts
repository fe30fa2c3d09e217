/** `node:zlib`, by the host's own. The host works on the whole: streams gather and give all at the end. */
import { isBufferSource, textOf, viewOf } from '../web/host.ts';
import { Buffer, fromBinary } from './buffer-class.ts';
import { later } from './crypto-keys.ts';
import { invalidArgType, needFunction } from './errors.ts';
import { ask } from './host-operations.ts';
import { type StreamLike, Transform } from './stream.ts';
import { constants } from './zlib-constants.ts';

type Callback = (error: unknown, ...values: unknown[]) => void;

interface ZlibOptions {
  readonly dictionary?: unknown;
  readonly maxOutputLength?: number;
  readonly [name: string]: unknown;
}

const numbers: Readonly<Record<string, number>> = constants;

function bytes(name: string, value: unknown): string {
  if (typeof value === 'string') return textOf(Buffer.from(value));
  if (isBufferSource(value)) return textOf(viewOf(value));
  throw invalidArgType(name, 'of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer', value);
}

function run(method: string, data: string, options: ZlibOptions = {}): string {
  const { dictionary, level, windowBits, memLevel, strategy, flush, finishFlush, params, maxOutputLength } =
    options ?? {};
  const parameters = {
    method,
    level,
    windowBits,
    memLevel,
    strategy,
    flush,
    finishFlush,
    params,
    ...(dictionary !== undefined && { dictionary: bytes('options.dictionary', dictionary) }),
  };
  try {
    const result = ask('zlib', parameters, data);
    if (maxOutputLength !== undefined && result.length > maxOutputLength) {
      const error = new RangeError(`Cannot create a Buffer larger than ${maxOutputLength} bytes`);
      throw Object.assign(error, { code: 'ERR_BUFFER_TOO_LARGE' });
    }
    return result;
  } catch (error) {
    const { code } = error as { code?: string };
    const errno = code === undefined ? undefined : numbers[code];
    throw errno === undefined ? error : Object.assign(error as Error, { errno });
  }
}

class ZlibStream extends Transform {
  bytesWritten = 0;
  readonly #method: string;
  readonly #options: ZlibOptions;
  #parts: string[] = [];

  constructor(method: string, options: ZlibOptions = {}) {
    super(options);
    this.#method = method;
    this.#options = options ?? {};
  }
  _transform(chunk: unknown, _encoding: unknown, done: (error?: unknown) => void): void {
    const text = bytes('chunk', chunk);
    this.bytesWritten += text.length;
    this.#parts.push(text);
    done();
  }
  _flush(this: this & StreamLike, done: (error?: unknown) => void): void {
    let result: string;
    try {
      result = run(this.#method, this.#parts.join(''), this.#options);
    } catch (error) {
      done(error);
      return;
    }
    this.push(fromBinary(result));
    done();
  }
  /** Everything is flushed at the end; whoever waits for it now need not. */
  flush(...args: unknown[]): void {
    const callback = args.at(-1);
    if (typeof callback === 'function') later(callback as Callback, () => []);
  }
  params(_level: number, _strategy: number, callback: Callback): void {
    later(callback, () => []);
  }
  reset(): void {
    this.#parts = [];
  }
  close(this: this & StreamLike, callback?: () => void): void {
    if (typeof callback === 'function') this.once('close', callback);
    this.destroy();
  }
}

const streamOf = (method: string, name: string): typeof ZlibStream => {
  const Class = class extends ZlibStream {
    constructor(options?: ZlibOptions) {
      super(method, options);
    }
  };
  return Object.defineProperty(Class, 'name', { value: name }) as unknown as typeof ZlibStream;
};

export const Gzip = streamOf('gzip', 'Gzip');
export const Gunzip = streamOf('gunzip', 'Gunzip');
export const Deflate = streamOf('deflate', 'Deflate');
export const Inflate = streamOf('inflate', 'Inflate');
export const DeflateRaw = streamOf('deflateRaw', 'DeflateRaw');
export const InflateRaw = streamOf('inflateRaw', 'InflateRaw');
export const Unzip = streamOf('unzip', 'Unzip');
export const BrotliCompress = streamOf('brotliCompress', 'BrotliCompress');
export const BrotliDecompress = streamOf('brotliDecompress', 'BrotliDecompress');

const create =
  (Class: unknown) =>
  (options?: ZlibOptions): ZlibStream =>
    new (Class as new (options?: ZlibOptions) => ZlibStream)(options);
export const createGzip = create(Gzip);
export const createGunzip = create(Gunzip);
export const createDeflate = create(Deflate);
export const createInflate = create(Inflate);
export const createDeflateRaw = create(DeflateRaw);
export const createInflateRaw = create(InflateRaw);
export const createUnzip = create(Unzip);
export const createBrotliCompress = create(BrotliCompress);
export const createBrotliDecompress = create(BrotliDecompress);

const sync =
  (method: string) =>
  (data: unknown, options?: ZlibOptions): Buffer =>
    fromBinary(run(method, bytes('buffer', data), options));
export const gzipSync = sync('gzip');
export const gunzipSync = sync('gunzip');
export const deflateSync = sync('deflate');
export const inflateSync = sync('inflate');
export const deflateRawSync = sync('deflateRaw');
export const inflateRawSync = sync('inflateRaw');
export const unzipSync = sync('unzip');
export const brotliCompressSync = sync('brotliCompress');
export const brotliDecompressSync = sync('brotliDecompress');

const asynchronous =
  (method: string) =>
  (data: unknown, ...rest: unknown[]): void => {
    const callback = rest.pop();
    needFunction('callback', callback);
    const text = bytes('buffer', data);
    later(callback as Callback, () => [fromBinary(run(method, text, rest[0] as ZlibOptions | undefined))]);
  };
export const gzip = asynchronous('gzip');
export const gunzip = asynchronous('gunzip');
export const deflate = asynchronous('deflate');
export const inflate = asynchronous('inflate');
export const deflateRaw = asynchronous('deflateRaw');
export const inflateRaw = asynchronous('inflateRaw');
export const unzip = asynchronous('unzip');
export const brotliCompress = asynchronous('brotliCompress');
export const brotliDecompress = asynchronous('brotliDecompress');

/** Its start travels where other operations have their parameters. */
export const crc32 = (data: unknown, start = 0): number =>
  Number(ask('crc32', start as unknown as object, bytes('data', data)));

const codeNames = Object.entries(constants).filter(([name]) =>
  /^Z_(OK|STREAM_END|NEED_DICT|.*ERROR|ERRNO)$/.test(name),
);
export const codes: object = Object.freeze(
  Object.fromEntries(
    codeNames.flatMap(([name, value]) => [
      [name, value],
      [value, name],
    ]),
  ),
);
export { constants };
