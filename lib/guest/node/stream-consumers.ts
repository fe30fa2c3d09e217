/** `node:stream/consumers`: the whole of a stream, Node.js' or the web's. */
import { Blob } from '../web/blob.ts';
import { TextDecoder } from '../web/text.ts';
import { Buffer } from './buffer-class.ts';

type Source = AsyncIterable<unknown> | Iterable<unknown>;

export async function buffer(source: Source): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(typeof part === 'string' ? Buffer.from(part) : (part as Uint8Array));
  return Buffer.concat(parts);
}

export async function arrayBuffer(source: Source): Promise<ArrayBuffer> {
  const bytes = await buffer(source);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

export async function text(source: Source): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for await (const part of source) {
    all += typeof part === 'string' ? part : decoder.decode(part as Uint8Array<ArrayBuffer>, { stream: true });
  }
  return all + decoder.decode();
}

export const json = async (source: Source): Promise<unknown> => JSON.parse(await text(source));
export const blob = async (source: Source): Promise<Blob> => new Blob([await arrayBuffer(source)]);
