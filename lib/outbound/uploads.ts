/** Request bodies on the host: sent ahead in chunks, or whole; bounded each, and all of an instance's together. */
import type { IsopodError } from '../errors.ts';
import { failed, limitExceeded } from './failures.ts';
import type { NetworkLimits } from './function-network.ts';
import type { Asker } from './instance-network.ts';

interface Upload {
  readonly asker: Asker;
  readonly parts: Buffer[];
  bytes: number;
}

export class Uploads {
  readonly #limits: NetworkLimits;
  readonly #uploads = new Map<number, Upload>();
  /** Bytes of all bodies, those of requests under way too. */
  #held = 0;

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  /** Adds a chunk, one character per byte, to the body of request `id`. */
  add(id: number, chunk: unknown, asker: Asker): void {
    if (typeof chunk !== 'string') throw failed('A chunk of a body must be text');
    let upload = this.#uploads.get(id);
    if (upload === undefined) {
      const { maxRequests } = this.#limits;
      if (this.#uploads.size >= maxRequests) {
        throw limitExceeded(`More than ${maxRequests} request bodies were begun`, 'maxRequests');
      }
      upload = { asker, parts: [], bytes: 0 };
      this.#uploads.set(id, upload);
    }
    try {
      this.#hold(upload.bytes, chunk.length);
    } catch (error) {
      this.drop(id);
      throw error;
    }
    upload.bytes += chunk.length;
    upload.parts.push(Buffer.from(chunk, 'latin1'));
  }

  /** The body a request names: none, whole as text, or what was sent ahead. Held until `release`. */
  take(id: number, body: unknown): Buffer | undefined {
    if (typeof body === 'number') {
      // An empty stream sends no chunk ahead.
      const { parts, bytes } = this.#uploads.get(id) ?? { parts: [], bytes: 0 };
      this.#uploads.delete(id);
      return Buffer.concat(parts, bytes);
    }
    this.drop(id);
    if (typeof body !== 'string') return undefined;
    this.#hold(0, body.length);
    return Buffer.from(body, 'latin1');
  }

  release(body: Buffer | undefined): void {
    this.#held -= body?.byteLength ?? 0;
  }

  drop(id: number): void {
    this.#held -= this.#uploads.get(id)?.bytes ?? 0;
    this.#uploads.delete(id);
  }

  /** Drops the uploads of these askers. */
  dropOf(matches: (asker: Asker) => boolean): void {
    for (const [id, { asker }] of this.#uploads) if (matches(asker)) this.drop(id);
  }

  #hold(before: number, bytes: number): void {
    const { maxRequestBytes, maxConcurrent } = this.#limits;
    if (before + bytes > maxRequestBytes) throw this.#tooMuch(`A request body has more than ${maxRequestBytes} bytes`);
    const all = maxRequestBytes * maxConcurrent;
    if (this.#held + bytes > all)
      throw this.#tooMuch(`The instance's request bodies have more than ${all} bytes in all`);
    this.#held += bytes;
  }

  #tooMuch(message: string): IsopodError {
    return limitExceeded(message, 'maxRequestBytes');
  }
}
