/** A code package on its way in: the archive's bytes, their checksums, and what the engine is given. */
import { hash } from 'node:crypto';
import { IsopodError } from '../errors.ts';
import type { CodeSource } from '../types.ts';
import { crc64 } from './crc64.ts';

export interface CodePackage {
  readonly source: CodeSource;
  /** The archive as it was sent. */
  readonly bytes: Uint8Array;
  /** CRC-64, decimal. */
  readonly checksum: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

/** `PK`, as every zip archive begins. */
const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Rejects with `InvalidArgument` when the bytes are no archive, or not those whose `checksum` was told. */
export async function codePackage(bytes: Uint8Array, checksum?: string): Promise<CodePackage> {
  if (!isZip(bytes)) throw new IsopodError('InvalidArgument', 'The code is not a zip archive');
  const own = await crc64(bytes);
  if (checksum !== undefined && checksum !== '' && checksum !== own) {
    throw new IsopodError('InvalidArgument', `The checksum of the code is ${own}, not ${checksum}; send it again`);
  }
  return {
    source: { zipFile: bytes },
    bytes,
    checksum: own,
    sha256: hash('sha256', bytes, 'hex'),
    size: bytes.byteLength,
  };
}

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** Throws `InvalidArgument` naming `field`. */
export function fromBase64(text: string, field: string): Buffer {
  if (!BASE64.test(text)) throw new IsopodError('InvalidArgument', `${field} must be Base64`);
  return Buffer.from(text, 'base64');
}
