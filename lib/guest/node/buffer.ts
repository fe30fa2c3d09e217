/** `node:buffer`. One Buffer class per bundle: the global and a handler's event are of it too. */
import { atob, btoa } from '../web/base64.ts';
import { Blob, File } from '../web/blob.ts';
import { type BufferSource, operate, textOf, viewOf } from '../web/host.ts';
import { Buffer } from './buffer-class.ts';

/** Code from before classes calls it without `new`. */
export const SlowBuffer: typeof Buffer = Buffer;

export const kMaxLength = 2 ** 31 - 1;
export const kStringMaxLength = 536_870_888;
export const INSPECT_MAX_BYTES = 50;
export const constants: object = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength };

/** Encodings by which `transcode` and the host's decoder know them. */
export function transcode(source: Uint8Array, from: string, to: string): Buffer {
  return Buffer.from(Buffer.from(source).toString(from as 'utf8'), to as 'utf8');
}

export function isUtf8(source: BufferSource): boolean {
  try {
    operate('decode', 'utf-8!', textOf(viewOf(source)));
    return true;
  } catch {
    return false;
  }
}

export const isAscii = (source: BufferSource): boolean => viewOf(source).every((byte) => byte < 128);

export { atob, Blob, Buffer, btoa, File };
