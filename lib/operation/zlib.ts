/** Compression by the host's zlib, whole buffers at a time; the output is bounded whatever the input claims. */
import * as zlib from 'node:zlib';
import { bytesOf, OperationError, type Operations, parametersOf, textOf } from './operations.ts';

/** Code of the error that says so; as Node's own streams name it. */
const TRAILING_DATA = 'ERR_TRAILING_JUNK_AFTER_STREAM_END';
/** Bytes one operation may give: a bomb ends here. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

type Method = (data: Uint8Array, options: zlib.ZlibOptions & zlib.BrotliOptions) => unknown;

const methods: Readonly<Record<string, Method>> = {
  gzip: zlib.gzipSync,
  gunzip: zlib.gunzipSync,
  deflate: zlib.deflateSync,
  inflate: zlib.inflateSync,
  deflateRaw: zlib.deflateRawSync,
  inflateRaw: zlib.inflateRawSync,
  unzip: zlib.unzipSync,
  brotliCompress: zlib.brotliCompressSync,
  brotliDecompress: zlib.brotliDecompressSync,
};

const numeric = ['level', 'windowBits', 'memLevel', 'strategy', 'flush', 'finishFlush'] as const;

function optionsOf(given: Record<string, unknown>): zlib.ZlibOptions & zlib.BrotliOptions & { info: boolean } {
  const options: Record<string, unknown> = { maxOutputLength: MAX_OUTPUT_BYTES, info: true };
  for (const name of numeric) if (typeof given[name] === 'number') options[name] = given[name];
  if (typeof given.params === 'object' && given.params !== null) options.params = given.params;
  if (typeof given.dictionary === 'string') options.dictionary = bytesOf(given.dictionary);
  return options as unknown as ReturnType<typeof optionsOf>;
}

export const zlibOperations: Operations = {
  /** `{method, exact?, ...options}`; `exact`: bytes after the end of the compressed data are an error. */
  zlib: (parameters, data) => {
    const { method, exact, ...given } = parametersOf(parameters);
    const run = typeof method === 'string' && Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (run === undefined) throw new OperationError('NotSupportedError', `There is no compression "${String(method)}"`);
    try {
      const result = run(bytesOf(data), optionsOf(given)) as { buffer: Uint8Array; engine: { bytesWritten: number } };
      if (exact === true && result.engine.bytesWritten < data.length) {
        throw new OperationError('TypeError', 'There is more data after the end of the compressed data', TRAILING_DATA);
      }
      return textOf(result.buffer);
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
        throw new OperationError(
          'RangeError',
          `The result has more than ${MAX_OUTPUT_BYTES} bytes`,
          'ERR_BUFFER_TOO_LARGE',
        );
      }
      throw error;
    }
  },
  crc32: (start, data) => String(zlib.crc32(bytesOf(data), Number(start) >>> 0)),
};
