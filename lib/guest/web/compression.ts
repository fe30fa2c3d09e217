/** `CompressionStream` and `DecompressionStream` (Compression standard) by the host's zlib. */
import { bytesOf, isBufferSource, isSharedSource, operate, textOf, viewOf } from './host.ts';
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

function textOfChunk(chunk: unknown): string {
  if (!isBufferSource(chunk) || isSharedSource(chunk)) {
    throw new TypeError('A chunk must be an ArrayBuffer or a view of one');
  }
  return textOf(viewOf(chunk));
}

/** The host works on the whole: chunks are gathered, and the result comes when the writer closes. */
function compressor(method: string): TransformStream<unknown, Uint8Array> {
  let data = '';
  return new TransformStream<unknown, Uint8Array>({
    transform(chunk) {
      data += textOfChunk(chunk);
    },
    flush(controller) {
      controller.enqueue(bytesOf(operate('zlib', JSON.stringify({ method }), data)));
    },
  });
}

/** Flush modes of zlib and Brotli that take data cut short. */
const SYNC_FLUSH = 2;
const BROTLI_FLUSH = 1;
const TRAILING_DATA = 'ERR_TRAILING_JUNK_AFTER_STREAM_END';

interface Controller {
  enqueue(chunk: Uint8Array): void;
}

/**
 * As much as can be told of what came so far is told when that has doubled, so that every byte is worked on twice on
 * average, and data that is no compressed data fails early.
 */
function decompressor(method: string): TransformStream<unknown, Uint8Array> {
  let data = '';
  let told = 0;
  let next = 1;
  const work = (options: object): string => operate('zlib', JSON.stringify({ method, ...options }), data);
  const tell = (controller: Controller, text: string): void => {
    if (text.length > told) controller.enqueue(bytesOf(text.slice(told)));
    told = text.length;
  };
  const run = (controller: Controller, options: object): void => {
    try {
      tell(controller, work({ exact: true, ...options }));
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if ((error as { code?: unknown }).code === TRAILING_DATA) tell(controller, work(options));
      throw new TypeError(`The data cannot be decompressed: ${(error as Error).message}`);
    }
  };
  return new TransformStream<unknown, Uint8Array>({
    transform(chunk, controller) {
      data += textOfChunk(chunk);
      if (data.length < next) return;
      next = data.length * 2;
      run(controller, { finishFlush: method === 'brotliDecompress' ? BROTLI_FLUSH : SYNC_FLUSH });
    },
    flush(controller) {
      run(controller, {});
    },
  });
}
export class CompressionStream {
  readonly #transform: TransformStream<unknown, Uint8Array>;

  constructor(format: string) {
    requireArguments(arguments.length, 1, 'CompressionStream');
    this.#transform = compressor(methodOf(format, 'compress'));
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
    this.#transform = decompressor(methodOf(format, 'decompress'));
  }
  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }
  get writable(): WritableStream<unknown> {
    return this.#transform.writable;
  }
}
asInterface(DecompressionStream, 'DecompressionStream');
