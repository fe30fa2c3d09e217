/** `Headers`, `Request` and `Response` with whole bodies: text, JSON, bytes. Streams come with the wider web surface. */
import { TextDecoder, TextEncoder } from './text.ts';
import { URL, URLSearchParams } from './url.ts';

type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string>;

const validName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export class Headers {
  /** Lower-case name -> values. */
  readonly #values = new Map<string, string[]>();

  constructor(init?: HeadersInit) {
    if (init === undefined || init === null) return;
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, string]>) : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  append(name: string, value: string): void {
    const key = keyOf(name);
    const text = lineOf(value);
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, [text]);
    else known.push(text);
  }

  set(name: string, value: string): void {
    this.#values.set(keyOf(name), [lineOf(value)]);
  }

  get(name: string): string | null {
    return this.#values.get(keyOf(name))?.join(', ') ?? null;
  }

  getSetCookie(): string[] {
    return [...(this.#values.get('set-cookie') ?? [])];
  }

  has(name: string): boolean {
    return this.#values.has(keyOf(name));
  }

  delete(name: string): void {
    this.#values.delete(keyOf(name));
  }

  forEach(visit: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) as string[];
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

function keyOf(name: string): string {
  const text = `${name}`;
  if (!validName.test(text)) throw new TypeError(`"${text}" is not a header name`);
  return text.toLowerCase();
}

function lineOf(value: string): string {
  const text = `${value}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (/[\0\n\r]/.test(text)) throw new TypeError('A header value must be one line');
  return text;
}

type BodyInit = string | ArrayBuffer | ArrayBufferView | URLSearchParams | null;

/** Bytes and the content type they imply. */
function bodyOf(init: BodyInit | undefined): { readonly bytes: Uint8Array | null; readonly type: string | undefined } {
  if (init === undefined || init === null) return { bytes: null, type: undefined };
  if (ArrayBuffer.isView(init)) {
    return { bytes: new Uint8Array(init.buffer, init.byteOffset, init.byteLength).slice(), type: undefined };
  }
  if (init instanceof ArrayBuffer) return { bytes: new Uint8Array(init.slice(0)), type: undefined };
  const form = init instanceof URLSearchParams;
  const type = form ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8';
  return { bytes: new TextEncoder().encode(`${init}`), type };
}

class Body {
  readonly headers: Headers;
  #bytes: Uint8Array | null;
  #used = false;

  constructor(init: BodyInit | undefined, headers: HeadersInit | undefined) {
    const { bytes, type } = bodyOf(init);
    this.#bytes = bytes;
    this.headers = new Headers(headers);
    if (type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  /** The whole body without marking it used; for `clone` and the adapter. */
  peek(): Uint8Array | null {
    return this.#bytes;
  }

  async bytes(): Promise<Uint8Array> {
    if (this.#used) throw new TypeError('The body was read already');
    this.#used = this.#bytes !== null;
    return this.#bytes ?? new Uint8Array(0);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return bytes.slice().buffer as ArrayBuffer;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

export interface RequestInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit;
  readonly signal?: unknown;
}

export class Request extends Body {
  readonly url: string;
  readonly method: string;
  readonly signal: unknown;
  readonly redirect = 'follow';

  constructor(input: Request | URL | string, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined;
    const body = init.body ?? from?.peek() ?? null;
    super(body, init.headers ?? from?.headers);
    this.url = from?.url ?? new URL(`${input}`).href;
    this.method = (init.method ?? from?.method ?? 'GET').toUpperCase();
    this.signal = init.signal ?? from?.signal;
    if (body !== null && (this.method === 'GET' || this.method === 'HEAD')) {
      throw new TypeError(`A ${this.method} request cannot have a body`);
    }
  }

  clone(): Request {
    if (this.bodyUsed) throw new TypeError('The body was read already');
    return new Request(this);
  }
}

export interface ResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersInit;
}

/** Statuses whose response has no body (Fetch standard). */
const nullBody = [101, 103, 204, 205, 304];

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly type = 'default';
  readonly url = '';
  readonly redirected = false;

  constructor(body?: BodyInit, init: ResponseInit = {}) {
    super(body, init.headers);
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
    if (!Number.isInteger(this.status) || this.status < 200 || this.status > 599) {
      throw new RangeError(`${this.status} is not a status a response can have`);
    }
    if (body !== undefined && body !== null && nullBody.includes(this.status)) {
      throw new TypeError(`A response with status ${this.status} cannot have a body`);
    }
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get body(): Uint8Array | null {
    return this.peek();
  }

  clone(): Response {
    if (this.bodyUsed) throw new TypeError('The body was read already');
    return new Response(this.peek(), { status: this.status, statusText: this.statusText, headers: this.headers });
  }

  static json(value: unknown, init: ResponseInit = {}): Response {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(value), { ...init, headers });
  }

  static redirect(url: string | URL, status = 302): Response {
    return new Response(null, { status, headers: { location: new URL(`${url}`).href } });
  }

  static error(): Response {
    return new Response(null, { status: 500 });
  }
}
