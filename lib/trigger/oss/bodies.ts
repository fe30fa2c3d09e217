/** Bodies of the bucket protocol: aws-chunked uploads in, XML in and out. */
import { Transform, type TransformCallback } from 'node:stream';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { IsopodError } from '../../errors.ts';

/** Characters of a chunk's head line, signature included. */
const MAX_HEAD = 1_024;

/** Takes the frames of `aws-chunked` away: `size;extensions\r\n`, bytes, `\r\n`, and trailers after the last one. */
export class AwsChunked extends Transform {
  #head = '';
  /** Bytes of the chunk still to come; -1 while its head is read, -2 in the trailers. */
  #left = -1;
  #skip = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length && this.#left !== -2) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else if (this.#left > 0) {
        const part = chunk.subarray(at, at + this.#left);
        this.push(part);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#endChunk();
      } else {
        const end = chunk.indexOf(10, at);
        this.#head += chunk.toString('latin1', at, end < 0 ? chunk.length : end + 1);
        at = end < 0 ? chunk.length : end + 1;
        if (this.#head.length > MAX_HEAD) return done(malformed());
        if (end < 0) continue;
        const size = Number.parseInt(this.#head, 16);
        this.#head = '';
        if (!Number.isSafeInteger(size) || size < 0) return done(malformed());
        this.#left = size === 0 ? -2 : size;
      }
    }
    done();
  }

  #endChunk(): void {
    this.#left = -1;
    this.#skip = 2;
  }

  override _flush(done: TransformCallback): void {
    done(this.#left === -2 ? null : malformed());
  }
}

const malformed = (): IsopodError =>
  new IsopodError('InvalidArgument', 'The body is not aws-chunked as its headers say, or it is not complete');

const parser = new XMLParser({ isArray: (name) => name === 'Part' || name === 'Object', parseTagValue: false });
const builder = new XMLBuilder({ format: false });

/** Throws `InvalidArgument`. */
export function readXml(body: Buffer): Record<string, unknown> {
  try {
    return parser.parse(body) as Record<string, unknown>;
  } catch (error) {
    throw new IsopodError('InvalidArgument', `The body is not XML: ${(error as Error).message}`);
  }
}

export const writeXml = (root: string, value: object): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: value })}`;
