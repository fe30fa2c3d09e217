/** Undoes `content-encoding` as the body is read, so that limits count what comes out of it. */
import { pipeline, type Readable, Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { type HeaderPairs, headerOf } from './headers.ts';

/** Encodings on top of each other; more is nobody's intention. */
const MAX_ENCODINGS = 4;
/** Servers may cut a compressed body short after the last whole block. */
const lenient = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(lenient),
  'x-gzip': () => zlib.createGunzip(lenient),
  deflate: () => new Inflate(),
  br: () =>
    zlib.createBrotliDecompress({
      flush: zlib.constants.BROTLI_OPERATION_FLUSH,
      finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
    }),
  // 8 MB, the largest window a content-encoding may ask for (RFC 9659).
  zstd: () => zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } }),
};

/** `deflate` means zlib's format, but some servers send the bare one; the first byte tells which. */
class Inflate extends Transform {
  #inflate: zlib.Inflate | zlib.InflateRaw | undefined;

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#inflate === undefined && chunk.length > 0) {
      this.#inflate = ((chunk[0] as number) & 15) === 8 ? zlib.createInflate(lenient) : zlib.createInflateRaw(lenient);
      this.#inflate.on('data', (data: Buffer) => {
        if (!this.push(data)) this.#inflate?.pause();
      });
      this.#inflate.on('error', (error) => this.destroy(error));
    }
    if (this.#inflate === undefined) return done();
    this.#inflate.write(chunk, encoding, done);
  }

  override _read(size: number): void {
    this.#inflate?.resume();
    super._read(size);
  }

  override _flush(done: (error?: Error | null) => void): void {
    if (this.#inflate === undefined) return done();
    this.#inflate.once('end', () => done());
    this.#inflate.end();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inflate?.destroy();
    done(error);
  }
}

/** The body and headers of a response without its encodings; as they are when one of them is not known. */
export function decode(body: Readable, headers: HeaderPairs): { body: Readable; headers: HeaderPairs } {
  const names = (headerOf(headers, 'content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0 || names.length > MAX_ENCODINGS || !names.every((name) => Object.hasOwn(decoders, name))) {
    return { body, headers };
  }
  const streams = names.reverse().map((name) => (decoders[name] as () => Transform)());
  const decoded = streams.at(-1) as Transform;
  // Errors reach the last stream, which is the one that is read.
  pipeline([body, ...streams], (error) => {
    if (error && !decoded.destroyed) decoded.destroy(error);
  });
  return {
    body: decoded,
    headers: headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length'),
  };
}
