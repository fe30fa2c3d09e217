/** The event as Function Compute's handlers get it: a Buffer of the request body. */
import { Buffer } from '../node/buffer-class.ts';

/** Bytes as they are, a text as its UTF-8 bytes, no event as no bytes, any other value as JSON. */
export function toBuffer(event: unknown): unknown {
  if (event instanceof Uint8Array) return Buffer.from(event);
  if (event === null) return Buffer.alloc(0);
  return Buffer.from(typeof event === 'string' ? event : (JSON.stringify(event) ?? ''));
}
