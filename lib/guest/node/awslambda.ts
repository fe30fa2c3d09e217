/** `awslambda`, the global of Lambda's Node.js runtimes by which a handler gives its result in pieces. */
import { begin, type Head, send } from '../web/pieces.ts';
import { Buffer } from './buffer-class.ts';
import { Writable } from './stream.ts';

type Done = (error?: unknown) => void;
type StreamingHandler = (event: unknown, responseStream: ResponseStream, context: unknown) => unknown;

/** What `HttpResponseStream.from` is given. */
interface Prelude {
  readonly statusCode?: number;
  readonly headers?: Record<string, string>;
  readonly cookies?: readonly string[];
}

let answerInHttp: (stream: ResponseStream, prelude: Prelude) => void;
let finish: (stream: ResponseStream) => Promise<unknown>;

class ResponseStream extends Writable {
  readonly #context: unknown;
  #contentType: string | undefined;
  #prelude: Prelude | undefined;
  /** Whether the caller takes pieces, once that was asked. */
  #started: boolean | undefined;
  /** Where it does not. */
  readonly #kept: Uint8Array[] = [];

  static {
    answerInHttp = (stream, prelude) => {
      stream.#prelude = prelude;
    };
    finish = (stream) => stream.#finish();
  }

  constructor(context: unknown) {
    super({ decodeStrings: true });
    this.#context = context;
  }

  setContentType(contentType: string): void {
    this.#contentType = `${contentType}`;
  }

  _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    this.#send(chunk).then(() => done(), done);
  }

  _final(done: Done): void {
    this.#begin().then(() => done(), done);
  }

  async #begin(): Promise<boolean> {
    if (this.#started !== undefined) return this.#started;
    const { statusCode = 200, headers, cookies } = this.#prelude ?? {};
    const head: Head = {
      ...(this.#prelude !== undefined && { statusCode }),
      ...(headers !== undefined && { headers }),
      ...(cookies !== undefined && { cookies }),
      ...(this.#contentType !== undefined && { contentType: this.#contentType }),
    };
    this.#started = await begin(this.#context, head);
    return this.#started;
  }

  async #send(chunk: Uint8Array): Promise<void> {
    if (await this.#begin()) await send(this.#context, chunk);
    else this.#kept.push(chunk);
  }

  /** Resolves when all is sent, with the whole of it where that is wanted. */
  async #finish(): Promise<unknown> {
    await new Promise<void>((resolve, reject) => {
      this.once('error', reject as never);
      this.once('finish', resolve);
      const { writableEnded, writableFinished, errored } = this as unknown as Record<string, unknown>;
      if (errored) reject(errored);
      else if (writableFinished === true) resolve();
      else if (this.destroyed) reject(new Error('The response stream was destroyed before its end'));
      else if (writableEnded !== true) this.end();
    });
    if (this.#started === true) return undefined;
    const bytes = Buffer.concat(this.#kept as never);
    if (this.#prelude === undefined) return new Uint8Array(bytes);
    const { statusCode = 200, headers, cookies } = this.#prelude;
    return { statusCode, headers, cookies, body: bytes.toString('base64'), isBase64Encoded: true };
  }
}

/** What the handler's promise rejects with counts, even when its stream has failed before. */
function streamifyResponse(handler: StreamingHandler): (event: unknown, context: unknown) => Promise<unknown> {
  if (typeof handler !== 'function') throw new TypeError('awslambda.streamifyResponse takes a handler');
  return async (event, context) => {
    const stream = new ResponseStream(context);
    stream.on('error', () => undefined);
    try {
      await handler(event, stream, context);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return finish(stream);
  };
}

export const awslambda: object = Object.freeze({
  streamifyResponse,
  HttpResponseStream: Object.freeze({
    /** The stream as the answer to an HTTP request, with its status and headers. */
    from(stream: ResponseStream, prelude: Prelude): ResponseStream {
      answerInHttp(stream, prelude ?? {});
      return stream;
    },
  }),
});
