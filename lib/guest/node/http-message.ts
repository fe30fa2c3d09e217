/** `IncomingMessage` of `node:http`: what `fetch` answered, as a stream. */
import { Buffer } from './buffer-class.ts';
import { EventEmitter } from './events.ts';
import { STATUS_CODES } from './http-names.ts';
import { Readable, type StreamLike } from './stream.ts';

type Done = (error?: unknown) => void;

export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<[string, string]> & { getSetCookie(): string[] };
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
  } | null;
}
/** Stands for the connection, which is the host's: clients set it up and listen for what it does not tell. */
export class Socket extends EventEmitter {
  readonly encrypted = true;
  readonly connecting = false;
  readonly destroyed = false;
  readonly remoteAddress = undefined;
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** What a body's own coding was; `fetch` has undone it. */
const undone = ['content-encoding', 'content-length', 'transfer-encoding'];

export class IncomingMessage extends Readable {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Record<string, string | string[]> = {};
  readonly rawHeaders: string[] = [];
  readonly trailers: object = {};
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly url = '';
  readonly socket: object;
  readonly connection: object;
  complete = false;
  readonly #reader: ReturnType<NonNullable<Answer['body']>['getReader']> | undefined;

  constructor(answer: Answer, socket: Socket) {
    super({});
    this.socket = socket;
    this.connection = socket;
    this.statusCode = answer.status;
    this.statusMessage = answer.statusText || (STATUS_CODES[answer.status] ?? '');
    const encoded = [...answer.headers].some(([name]) => name === 'content-encoding');
    for (const [name, value] of answer.headers) {
      if (encoded && undone.includes(name)) continue;
      this.rawHeaders.push(name, value);
      if (name !== 'set-cookie') this.headers[name] = value;
    }
    const cookies = answer.headers.getSetCookie();
    if (cookies.length > 0) this.headers['set-cookie'] = cookies;
    this.#reader = answer.body?.getReader();
  }
  _read(this: this & StreamLike): void {
    if (this.#reader === undefined) {
      this.complete = true;
      this.push(null);
      return;
    }
    this.#reader.read().then(
      ({ done, value }) => {
        if (done) this.complete = true;
        this.push(done ? null : Buffer.from(value as Uint8Array));
      },
      (error: unknown) => this.destroy(error),
    );
  }
  _destroy(error: unknown, done: Done): void {
    if (!this.complete) this.#reader?.cancel().catch(() => undefined);
    done(error);
  }
  setTimeout(): this {
    return this;
  }
}
