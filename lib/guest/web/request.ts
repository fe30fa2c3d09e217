/** `Request` (Fetch standard, 5.4). Browser-only fields are kept and shown, and change nothing. */
import { AbortSignal, followingSignal } from './abort.ts';
import { Body, type BodyInit, type BodySource, extractBody, isUnusable, SOURCE, takeBody, teeBody } from './body.ts';
import { dictionary } from './events.ts';
import { Headers, type HeadersInit } from './headers.ts';
import { asInterface, requireArguments } from './idl.ts';
import { ReadableStream } from './streams.ts';
import { absolute, URL } from './url.ts';

export interface RequestInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit | null;
  readonly signal?: AbortSignal | null;
  readonly redirect?: 'follow' | 'error' | 'manual';
  readonly mode?: string;
  readonly credentials?: string;
  readonly cache?: string;
  readonly referrer?: string;
  readonly referrerPolicy?: string;
  readonly integrity?: string;
  readonly keepalive?: boolean;
  readonly duplex?: 'half';
  readonly priority?: string;
  readonly window?: null;
}

/** Field -> the values it may have, the default first. */
const choices = {
  mode: ['cors', 'same-origin', 'no-cors'],
  credentials: ['same-origin', 'omit', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  redirect: ['follow', 'error', 'manual'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
  duplex: ['half'],
  priority: ['auto', 'high', 'low'],
} as const;

function choose(field: keyof typeof choices, value: unknown, known: string | undefined): string {
  const allowed: readonly string[] = choices[field];
  if (value === undefined) return known ?? (allowed[0] as string);
  const text = `${value as string}`;
  if (!allowed.includes(text)) throw new TypeError(`"${text}" is no ${field} a request can have`);
  return text;
}

const upperCased = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

function methodOf(given: unknown): string {
  const method = `${given as string}`;
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) throw new TypeError(`"${method}" is not an HTTP method`);
  const upper = method.toUpperCase();
  if (['CONNECT', 'TRACE', 'TRACK'].includes(upper)) throw new TypeError(`The method ${upper} is not allowed`);
  return upperCased.includes(upper) ? upper : method;
}

function urlOf(input: unknown): string {
  let url: URL;
  try {
    url = absolute(input);
  } catch {
    throw new TypeError(`"${`${input as string}`.slice(0, 200)}" is not an absolute URL`);
  }
  if (url.username !== '' || url.password !== '') throw new TypeError('The URL of a request must not have credentials');
  return url.href;
}

let stateOf: (request: Request) => State;

interface State {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  body: BodySource | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly referrer: string;
}

export class Request extends Body {
  readonly #state: State;

  static {
    stateOf = (request) => request.#state;
  }

  constructor(input: Request | URL | string, init?: RequestInit) {
    requireArguments(arguments.length, 1, 'Request');
    super();
    this.#state = stateFrom(
      input instanceof Request ? stateOf(input) : undefined,
      input,
      dictionary<RequestInit>(init),
    );
  }

  override [SOURCE](): BodySource | undefined {
    return this.#state.body;
  }
  get method(): string {
    return this.#state.method;
  }
  get url(): string {
    return this.#state.url;
  }
  override get headers(): Headers {
    return this.#state.headers;
  }
  get destination(): string {
    return '';
  }
  get referrer(): string {
    return this.#state.referrer;
  }
  get referrerPolicy(): string {
    return this.#state.fields.referrerPolicy as string;
  }
  get mode(): string {
    return this.#state.fields.mode as string;
  }
  get credentials(): string {
    return this.#state.fields.credentials as string;
  }
  get cache(): string {
    return this.#state.fields.cache as string;
  }
  get redirect(): string {
    return this.#state.fields.redirect as string;
  }
  get integrity(): string {
    return this.#state.integrity;
  }
  get keepalive(): boolean {
    return this.#state.keepalive;
  }
  get isReloadNavigation(): boolean {
    return false;
  }
  get isHistoryNavigation(): boolean {
    return false;
  }
  get duplex(): string {
    return 'half';
  }
  get signal(): AbortSignal {
    return this.#state.signal;
  }
  clone(): Request {
    const state = this.#state;
    if (isUnusable(state.body)) throw new TypeError('The body was read already, or is being read');
    const made = new Request(state.url, { signal: state.signal });
    let body: BodySource | undefined;
    if (state.body !== undefined) [state.body, body] = teeBody(state.body);
    Object.assign(stateOf(made), { ...state, headers: new Headers(state.headers), signal: made.signal, body });
    return made;
  }
}
asInterface(Request, 'Request');

function stateFrom(from: State | undefined, input: unknown, init: RequestInit): State {
  if (init.window !== undefined && init.window !== null) throw new TypeError('The window of a request must be null');
  const url = from?.url ?? urlOf(input);
  const fields: Record<string, string> = {};
  for (const field of Object.keys(choices) as (keyof typeof choices)[]) {
    if (field === 'mode' && `${init.mode}` === 'navigate')
      throw new TypeError('A request cannot have the mode navigate');
    fields[field] = choose(field, init[field], from?.fields[field]);
  }
  if (fields.cache === 'only-if-cached' && fields.mode !== 'same-origin') {
    throw new TypeError('The cache mode only-if-cached needs the mode same-origin');
  }
  const method = init.method === undefined ? (from?.method ?? 'GET') : methodOf(init.method);
  const { signal } = init;
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) {
    throw new TypeError('The signal of a request must be an AbortSignal');
  }
  const headers = new Headers(init.headers ?? from?.headers);
  return {
    url,
    method,
    headers,
    signal: followingSignal(signal === null ? undefined : (signal ?? from?.signal)),
    body: bodyFor(from, init, method, headers),
    fields,
    integrity: init.integrity === undefined ? (from?.integrity ?? '') : `${init.integrity}`,
    keepalive: init.keepalive === undefined ? (from?.keepalive ?? false) : Boolean(init.keepalive),
    referrer: referrerOf(init.referrer, from),
  };
}

function referrerOf(given: string | undefined, from: State | undefined): string {
  if (given === undefined) return from?.referrer ?? 'about:client';
  if (given === '') return '';
  const url = URL.parse(`${given}`);
  if (url === null) throw new TypeError('The referrer of a request must be a URL');
  return url.href === 'about:client' ? 'about:client' : url.href;
}

function bodyFor(from: State | undefined, init: RequestInit, method: string, headers: Headers): BodySource | undefined {
  const own = init.body !== undefined && init.body !== null;
  if ((own || from?.body !== undefined) && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`A ${method} request cannot have a body`);
  }
  if (own) {
    if (from?.body !== undefined && !isUnusable(from.body)) takeBody(from.body);
    if (init.body instanceof ReadableStream && init.duplex === undefined) {
      throw new TypeError("A request whose body is a stream needs duplex: 'half'");
    }
    const { body, type } = extractBody(init.body);
    if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type);
    return body;
  }
  const body = init.body === undefined ? from?.body : undefined;
  if (body === undefined || from === undefined) return undefined;
  if (isUnusable(body)) throw new TypeError('The body was read already, or is being read');
  return takeBody(body);
}
