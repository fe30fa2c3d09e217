/** A response's body, read when the guest asks for it, in chunks of text with one character per byte; counted. */
import type { OutboundBody } from '../types.ts';
import { limitExceeded } from './failures.ts';

/** Bytes that cross at once. */
const CHUNK_BYTES = 65_536;

export class ResponseBody {
  readonly #body: OutboundBody;
  readonly #source: AsyncIterator<Uint8Array | string>;
  readonly #maxBytes: number;
  readonly #origin: string;
  /** A part asked for and not given to the guest yet. */
  #asked: Promise<Uint8Array | undefined> | undefined;
  /** Received and not read. */
  #rest: Uint8Array = new Uint8Array();
  #received = 0;
  #ended = false;

  constructor(body: OutboundBody, maxBytes: number, origin: string) {
    this.#body = body;
    this.#source = iterate(body);
    this.#maxBytes = maxBytes;
    this.#origin = origin;
  }

  /** Nothing more is to come. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Nothing is left to read either. */
  get isRead(): boolean {
    return this.#ended && this.#rest.byteLength === 0;
  }

  /** What is here already. Most bodies are whole at once, and the guest need not ask a second time. */
  async beginning(): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < CHUNK_BYTES) {
      this.#asked ??= this.#pull();
      const part = await Promise.race([this.#asked, soon()]);
      if (part === LATER) break;
      this.#asked = undefined;
      if (part === undefined) break;
      parts.push(part);
      size += part.byteLength;
    }
    return this.#portion(Buffer.concat(parts));
  }

  /** Null at the end. */
  async read(): Promise<string | null> {
    if (this.#rest.byteLength > 0) return this.#portion(this.#rest);
    if (this.#ended) return null;
    this.#asked ??= this.#pull();
    const part = await this.#asked;
    this.#asked = undefined;
    return part === undefined ? null : this.#portion(part);
  }

  #portion(bytes: Uint8Array): string {
    this.#rest = bytes.subarray(CHUNK_BYTES);
    return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, CHUNK_BYTES)).toString('latin1');
  }

  async #pull(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done === true) {
        this.#ended = true;
        return undefined;
      }
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      this.#received += bytes.byteLength;
      if (this.#received > this.#maxBytes) {
        throw limitExceeded(`The answer of ${this.#origin} has more than ${this.#maxBytes} bytes`, 'maxResponseBytes');
      }
      if (bytes.byteLength > 0) return bytes;
    }
  }

  destroy(): void {
    this.#ended = true;
    this.#rest = new Uint8Array();
    this.#asked?.catch(() => undefined);
    release(this.#body, this.#source);
  }

  /** Lets go of a body nobody wants. */
  static discard(body: OutboundBody | null | undefined): void {
    if (body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array) return;
    const { dump } = body as { dump?: () => Promise<void> };
    // Of undici's: reads a short rest, so that the connection can be used again.
    if (typeof dump === 'function') dump.call(body).catch(() => undefined);
    else release(body, iterate(body));
  }
}

const LATER = Symbol('later');
const soon = (): Promise<typeof LATER> => new Promise((resolve) => setImmediate(resolve, LATER));

function iterate(body: OutboundBody): AsyncIterator<Uint8Array | string> {
  return typeof body === 'string' || body instanceof Uint8Array ? once(body) : body[Symbol.asyncIterator]();
}

async function* once(body: string | Uint8Array): AsyncGenerator<string | Uint8Array> {
  yield body;
}

/** A stream of Node's is destroyed: an iterator of it that nobody advanced would leave it open. */
function release(body: OutboundBody, source: AsyncIterator<unknown>): void {
  const { destroy } = body as { destroy?: () => void };
  if (typeof destroy === 'function') destroy.call(body);
  else source.return?.().catch(() => undefined);
}
