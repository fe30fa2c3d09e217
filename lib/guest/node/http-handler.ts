/** Handlers of Function Compute 2.0's HTTP functions: `(request, response, context)`. */
import { begin, send } from '../web/pieces.ts';
import { Buffer } from './buffer-class.ts';
import { parse } from './querystring.ts';
import { Readable, type StreamLike } from './stream.ts';
import { buffer } from './stream-consumers.ts';

/** Function Compute's v1. */
interface HttpEvent {
  readonly version: 'v1';
  readonly rawPath: string;
  readonly rawQueryString?: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly http: { readonly method: string; readonly sourceIp: string } };
}

type Body = string | Uint8Array | StreamLike | null | undefined;

function isHttpEvent(event: unknown): event is HttpEvent {
  const { version, rawPath, requestContext } = (event ?? {}) as Partial<HttpEvent>;
  return version === 'v1' && typeof rawPath === 'string' && requestContext?.http !== undefined;
}

/** Its body is a stream, and read as a whole in `body`. */
class HttpRequest extends Readable {
  readonly method: string;
  readonly path: string;
  readonly url: string;
  readonly clientIP: string;
  /** Names in small letters. */
  readonly headers: Record<string, string> = {};
  /** Of a name that is there several times: a list. */
  readonly queries: Record<string, string | string[]>;
  readonly body: Uint8Array;

  constructor({ rawPath, rawQueryString = '', headers, body, isBase64Encoded, requestContext }: HttpEvent) {
    super({ read: () => undefined });
    this.method = requestContext.http.method;
    this.clientIP = requestContext.http.sourceIp;
    this.path = rawPath;
    this.url = rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`;
    for (const name of Object.keys(headers)) this.headers[name.toLowerCase()] = headers[name] as string;
    this.queries = { ...parse(rawQueryString) };
    this.body = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    if (this.body.length > 0) this.push(this.body);
    this.push(null);
  }
}

class HttpResponse {
  #statusCode = 200;
  readonly #headers = new Map<string, string | readonly string[]>();
  readonly #ended: (body: Body) => void;

  constructor(ended: (body: Body) => void) {
    this.#ended = ended;
  }

  setStatusCode(statusCode: number): void {
    this.#statusCode = statusCode;
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.#headers.set(String(name).toLowerCase(), value);
  }

  deleteHeader(name: string): void {
    this.#headers.delete(String(name).toLowerCase());
  }

  /** Ends the request; what is sent later is nobody's. */
  send(body?: Body): void {
    if (!isBody(body)) throw new TypeError('response.send takes a string, a Buffer or a stream');
    this.#ended(body);
  }

  static headOf(response: HttpResponse) {
    return { statusCode: response.#statusCode, headers: Object.fromEntries(response.#headers) };
  }
}

const isBody = (body: unknown): body is Body =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  body instanceof Uint8Array ||
  typeof (body as { readonly pipe?: unknown }).pipe === 'function';

/** A stream is sent while it is read, where the caller takes that. */
async function answerOf(response: HttpResponse, body: Body, context: unknown): Promise<object | undefined> {
  const head = HttpResponse.headOf(response);
  if (body === undefined || body === null) return head;
  if (typeof body === 'string') return { ...head, body };
  let whole: Uint8Array;
  if (body instanceof Uint8Array) whole = body;
  else {
    const chunks = body as unknown as AsyncIterable<unknown>;
    if (await begin(context, head)) {
      for await (const chunk of chunks)
        await send(context, chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
      return undefined;
    }
    whole = await buffer(chunks);
  }
  return { ...head, isBase64Encoded: true, body: Buffer.from(whole).toString('base64') };
}

/** Undefined for an event that is not an HTTP trigger's. */
export const adaptHttp =
  (handle: (...args: unknown[]) => unknown) =>
  (event: unknown, context: unknown): Promise<unknown> | undefined => {
    if (!isHttpEvent(event)) return undefined;
    return new Promise((resolve, reject) => {
      const response: HttpResponse = new HttpResponse((body) => resolve(answerOf(response, body, context)));
      const returned = handle(new HttpRequest(event), response, context);
      if (returned instanceof Promise) returned.catch(reject);
    });
  };
