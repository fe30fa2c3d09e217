/** Arguments and results of `node:crypto`: bytes in, bytes or text out. */
import { isBufferSource, textOf, viewOf } from '../web/host.ts';
import { Buffer, fromBinary } from './buffer-class.ts';
import { invalidArgType } from './errors.ts';

export type Encoding = 'utf8' | 'hex' | 'base64';
type BytesLike = string | ArrayBuffer | ArrayBufferView;

/** Bytes of an argument, one per character. */
export function binary(name: string, value: unknown, encoding?: unknown): string {
  if (typeof value === 'string') {
    const known = typeof encoding === 'string' && encoding !== 'buffer' ? (encoding as Encoding) : 'utf8';
    return known === ('latin1' as string) || known === ('binary' as string)
      ? textOf(Buffer.from(value, 'latin1'))
      : textOf(Buffer.from(value, known));
  }
  if (isBufferSource(value)) return textOf(viewOf(value as ArrayBufferView));
  throw invalidArgType(name, 'of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView', value);
}

/** A result as a Buffer, or as text when an encoding is named. */
export function encoded(bytes: string, encoding?: unknown): Buffer | string {
  const made = fromBinary(bytes);
  return typeof encoding === 'string' && encoding !== 'buffer' ? made.toString(encoding as Encoding) : made;
}

export type { BytesLike };
