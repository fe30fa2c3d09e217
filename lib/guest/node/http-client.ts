/** Requests of `node:http` and `node:https`, carried out by `fetch`. */
import { AbortController } from '../web/abort.ts';
import { fetch as ownFetch } from '../web/fetch.ts';
import { URL } from '../web/url.ts';
import { Buffer } from './buffer-class.ts';
import { invalidArgType, nodeError } from './errors.ts';
import { type Answer, IncomingMessage, Socket } from './http-message.ts';
import { type StreamLike, Writable } from './stream.ts';
import { urlToHttpOptions } from './url.ts';

type Callback = (...args: unknown[]) => void;
type Done = (error?: unknown) => void;
type HeaderValue = string | number | readonly string[];

export interface RequestOptions {
  readonly protocol?: string;
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly method?: string;
  readonly auth?: string;
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  readonly timeout?: number;
  readonly signal?: { readonly aborted: boolean; addEventListener(type: string, listener: () => void): void };
  readonly agent?: unknown;
}

type Fetch = (url: string, init: object) => Promise<Answer>;

declare const setTimeout: (run: () => void, ms: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;
declare const queueMicrotask: (run: () => void) => void;

/** The function's own `fetch`, when it has put another in its place. */
const currentFetch = (): Fetch => ((globalThis as { fetch?: unknown }).fetch ?? ownFetch) as Fetch;

function addressOf({ protocol, host, hostname, port, path = '/' }: RequestOptions, standard: string): URL {
  const scheme = protocol ?? standard;
  if (scheme !== 'http:' && scheme !== 'https:') {
    throw nodeError(TypeError, 'ERR_INVALID_PROTOCOL', `Protocol "${scheme}" not supported. Expected "${standard}"`);
  }
  if (/[^\u0021-\u00ff]/.test(path))
    throw nodeError(TypeError, 'ERR_UNESCAPED_CHARACTERS', 'Request path contains unescaped characters');
  const name = hostname ?? host ?? 'localhost';
  const shown = name.includes(':') && !name.startsWith('[') && /^[\da-f:.]+$/i.test(name) ? `[${name}]` : name;
  const wanted = port === undefined || port === '' || /:\d+$/.test(shown) ? '' : `:${port}`;
  return new URL(`${scheme}//${shown}${wanted}${path}`);
}

/** A network failure with the code that Node.js' clients look for, where the reason is one of the connection. */
function networkError(error: unknown): unknown {
  const { name, cause } = error as Error;
  const { code: own, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  const code = own === 'NetworkFailed' ? (/\((E[A-Z]+)\)$/.exec(String(message))?.[1] ?? own) : own;
  if (name === 'AbortError') return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  return Object.assign(error as object, typeof code === 'string' ? { code } : {});
}

export class ClientRequest extends Writable {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol: string;
  readonly socket: Socket = new Socket();
  readonly connection: Socket = this.socket;
  headersSent = false;
  aborted = false;
  reusedSocket = false;
  /** The response, once there is one. */
  res: IncomingMessage | undefined;
  readonly #url: URL;
  readonly #headers = new Map<string, [name: string, value: HeaderValue]>();
  readonly #controller = new AbortController();
  readonly #body: Uint8Array[] = [];
  #timer: unknown;
  #answered = false;

  constructor(options: RequestOptions, standard: string) {
    // It lives on after its body was sent, until the response has ended.
    super({ autoDestroy: false });
    this.#url = addressOf(options, standard);
    this.method = (options.method ?? 'GET').toUpperCase();
    this.path = options.path ?? '/';
    this.host = this.#url.hostname;
    this.protocol = this.#url.protocol;
    for (const [name, value] of Object.entries(options.headers ?? {}))
      if (value !== undefined) this.setHeader(name, value);
    if (options.auth !== undefined && !this.hasHeader('authorization')) {
      this.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    }
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    queueMicrotask(() => (this as unknown as StreamLike).emit('socket', this.socket));
    const { signal } = options;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', () => this.#abort());
  }
  #abort(): void {
    const error = Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' });
    (this as unknown as StreamLike).destroy(error);
  }
  setHeader(name: string, value: HeaderValue): this {
    if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw nodeError(TypeError, 'ERR_INVALID_HTTP_TOKEN', `Header name must be a valid HTTP token ["${name}"]`);
    }
    if (value === undefined) {
      throw nodeError(TypeError, 'ERR_HTTP_INVALID_HEADER_VALUE', `Invalid value "undefined" for header "${name}"`);
    }
    this.#headers.set(name.toLowerCase(), [name, value]);
    return this;
  }
  getHeader(name: string): HeaderValue | undefined {
    return this.#headers.get(name.toLowerCase())?.[1];
  }
  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }
  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }
  getHeaders(): object {
    return Object.fromEntries([...this.#headers].map(([name, [, value]]) => [name, value]));
  }
  getHeaderNames(): string[] {
    return [...this.#headers.keys()];
  }
  getRawHeaderNames(): string[] {
    return [...this.#headers.values()].map(([name]) => name);
  }
  flushHeaders(): void {}
  setNoDelay(): this {
    return this;
  }
  setSocketKeepAlive(): this {
    return this;
  }
  setTimeout(this: this & StreamLike, ms: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    clearTimeout(this.#timer);
    if (ms > 0) this.#timer = setTimeout(() => this.emit('timeout'), ms);
    return this;
  }
  _write(chunk: Uint8Array, _encoding: unknown, done: Done): void {
    this.#body.push(chunk);
    done();
  }
  _final(this: this & StreamLike, done: Done): void {
    this.headersSent = true;
    const pairs = [...this.#headers.values()].flatMap(([name, value]) =>
      [value].flat().map((each) => [name, String(each)]),
    );
    const init = {
      method: this.method,
      // What names the connection is the host's business.
      headers: pairs.filter(
        ([name]) => !/^(host|connection|content-length|transfer-encoding|expect)$/i.test(name as string),
      ),
      redirect: 'manual',
      signal: this.#controller.signal,
      ...(this.#body.length > 0 && { body: Buffer.concat(this.#body) }),
    };
    currentFetch()(this.#url.href, init).then(
      (answer) => this.#answer(answer),
      (error: unknown) => this.destroy(networkError(error)),
    );
    done();
  }
  #answer(answer: Answer): void {
    this.#answered = true;
    clearTimeout(this.#timer);
    const response = new IncomingMessage(answer, this.socket);
    Object.assign(response, { req: this });
    this.res = response;
    const stream = this as unknown as StreamLike;
    (response as unknown as StreamLike).once('close', () => stream.destroy());
    // A response nobody listens for is read to its end, as Node.js does.
    if (!stream.emit('response', response)) (response as unknown as { resume(): void }).resume();
  }
  _destroy(error: unknown, done: Done): void {
    clearTimeout(this.#timer);
    if (!this.#answered) {
      this.#controller.abort();
      done(error ?? Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
      return;
    }
    done(error);
  }
  abort(this: this & StreamLike): void {
    this.aborted = true;
    this.emit('abort');
    this.destroy();
  }
}

/** `request(url, options, callback)` in all its forms. */
export function makeRequest(standard: string, args: unknown[]): ClientRequest & StreamLike {
  const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
  const [first, second] = args as [unknown, RequestOptions | undefined];
  let options: RequestOptions;
  if (typeof first === 'string' || first instanceof URL) {
    let url: URL;
    try {
      url = new URL(first as string);
    } catch {
      throw Object.assign(nodeError(TypeError, 'ERR_INVALID_URL', 'Invalid URL'), { input: first });
    }
    options = { ...(urlToHttpOptions(url) as RequestOptions), ...second };
  } else {
    if (typeof first !== 'object' || first === null)
      throw invalidArgType('url', 'of type string or an instance of URL', first);
    options = { ...first, ...second };
  }
  const request = new ClientRequest(options, standard) as ClientRequest & StreamLike;
  if (callback !== undefined) request.once('response', callback as never);
  return request;
}
