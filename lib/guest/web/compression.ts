/** `CompressionStream` and `DecompressionStream` (Compression standard) by the host's zlib. */
import { bytesOf, isBufferSource, operate, textOf, viewOf } from './host.ts';
import { asInterface, requireArguments } from './idl.ts';
import { type ReadableStream, TransformStream, type WritableStream } from './streams.ts';

const methods: Readonly<Record<string, { readonly compress: string; readonly decompress: string }>> = {
  gzip: { compress: 'gzip', decompress: 'gunzip' },
  deflate: { compress: 'deflate', decompress: 'inflate' },
  'deflate-raw': { compress: 'deflateRaw', decompress: 'inflateRaw' },
  brotli: { compress: 'brotliCompress', decompress: 'brotliDecompress' },
};

function methodOf(format: unknown, way: 'compress' | 'decompress'): string {
  const text = `${format as string}`;
  const found = Object.hasOwn(methods, text) ? methods[text] : undefined;
  if (found === undefined)
    throw new TypeError(`"${text}" is no compression format; gzip, deflate, deflate-raw and brotli are`);
  return found[way];
}

/** The host works on the whole: chunks are gathered, and the result comes when the writer closes. */
function gathering(method: string): TransformStream<unknown, Uint8Array> {
  let data = '';
  return new TransformStream<unknown, Uint8Array>({
    transform(chunk) {
      if (!isBufferSource(chunk)) throw new TypeError('A chunk must be an ArrayBuffer or a view of one');
      data += textOf(viewOf(chunk));
    },
    flush(controller) {
      let result: string;
      try {
        result = operate('zlib', JSON.stringify({ method, exact: true }), data);
      } catch (error) {
        throw error instanceof RangeError
          ? error
          : new TypeError(`The data cannot be decompressed: ${(error as Error).message}`);
      }
      if (result !== '') controller.enqueue(bytesOf(result));
    },
  });
}

export class CompressionStream {
  readonly #transform: TransformStream<unknown, Uint8Array>;

  constructor(format: string) {
    requireArguments(arguments.length, 1, 'CompressionStream');
    this.#transform = gathering(methodOf(format, 'compress'));
  }
  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }
  get writable(): WritableStream<unknown> {
    return this.#transform.writable;
  }
}
asInterface(CompressionStream, 'CompressionStream');

export class DecompressionStream {
  readonly #transform: TransformStream<unknown, Uint8Array>;

  constructor(format: string) {
    requireArguments(arguments.length, 1, 'DecompressionStream');
    this.#transform = gathering(methodOf(format, 'decompress'));
  }
  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }
  get writable(): WritableStream<unknown> {
    return this.#transform.writable;
  }
}
asInterface(DecompressionStream, 'DecompressionStream');
