/** Request bodies, bounded. */
import type { IncomingMessage } from 'node:http';
import { IsopodError } from '../errors.ts';

/**
 * The whole body. Rejects with `PayloadTooLarge` as soon as it is known to be larger, and leaves the connection open
 * for the answer; the rest of the body is not kept.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): IsopodError =>
    new IsopodError('PayloadTooLarge', `The body has more than ${maxBytes} bytes, the most this server takes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof IsopodError) throw error;
    throw new IsopodError('InvocationAborted', 'The client went away before the body was complete', { cause: error });
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, total);
}
