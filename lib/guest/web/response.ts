/** `Response` (Fetch standard, 5.5). */
import { Body, type BodyInit, type BodySource, extractBody, isUnusable, SOURCE, teeBody } from './body.ts';
import { dictionary } from './events.ts';
import { Headers, type HeadersInit, makeImmutable } from './headers.ts';
import { asInterface, requireArguments } from './idl.ts';
import { SERVE, type Upgraded } from './pieces.ts';
import { absolute, type URL } from './url.ts';

export interface ResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersInit;
  /** With status 101: the client's end of a `WebSocketPair`. */
  readonly webSocket?: Upgraded | null;
}

/** Statuses whose response has no body. */
const nullBody = [101, 103, 204, 205, 304];
const redirects = [301, 302, 303, 307, 308];

interface State {
  type: 'default' | 'basic' | 'error';
  url: string;
  redirected: boolean;
  status: number;
  statusText: string;
  headers: Headers;
  body: BodySource | undefined;
  webSocket: Upgraded | null;
}

let stateOf: (response: Response) => State;

export class Response extends Body {
  readonly #state: State;

  static {
    stateOf = (response) => response.#state;
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    super();
    const { status = 200, statusText = '', headers, webSocket = null } = dictionary<ResponseInit>(init);
    const code = Math.trunc(Number(status)) & 0xffff;
    if (webSocket !== null && (code !== 101 || typeof webSocket[SERVE] !== 'function')) {
      throw new TypeError('webSocket takes an end of a WebSocketPair, in a response with status 101');
    }
    if ((code < 200 && webSocket === null) || code > 599)
      throw new RangeError(`${status} is not a status a response can have`);
    const text = `${statusText}`;
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new TypeError('A status text must be one line of Latin characters');
    this.#state = {
      type: 'default',
      url: '',
      redirected: false,
      status: code,
      statusText: text,
      headers: new Headers(headers),
      body: undefined,
      webSocket,
    };
    if (body === undefined || body === null) return;
    if (nullBody.includes(code)) throw new TypeError(`A response with status ${code} cannot have a body`);
    const { body: source, type } = extractBody(body);
    this.#state.body = source;
    if (type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }

  static error(): Response {
    const response = new Response();
    Object.assign(stateOf(response), { type: 'error', status: 0 });
    makeImmutable(response.headers);
    return response;
  }
  static redirect(url: string | URL, status = 302): Response {
    requireArguments(arguments.length, 1, 'Response.redirect');
    let location: string;
    try {
      location = absolute(url).href;
    } catch {
      throw new TypeError(`"${url}" is not an absolute URL`);
    }
    if (!redirects.includes(Number(status))) throw new RangeError(`${status} is not the status of a redirect`);
    const response = new Response(null, { status, headers: { location } });
    makeImmutable(response.headers);
    return response;
  }
  static json(data: unknown, init?: ResponseInit): Response {
    requireArguments(arguments.length, 1, 'Response.json');
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError(`A ${typeof data} cannot be written as JSON`);
    const response = new Response(text, init);
    if (!new Headers(init?.headers).has('content-type')) response.headers.set('content-type', 'application/json');
    return response;
  }

  override [SOURCE](): BodySource | undefined {
    return this.#state.body;
  }
  get type(): string {
    return this.#state.type;
  }
  get url(): string {
    return this.#state.url;
  }
  get redirected(): boolean {
    return this.#state.redirected;
  }
  get status(): number {
    return this.#state.status;
  }
  get ok(): boolean {
    return this.#state.status >= 200 && this.#state.status < 300;
  }
  get statusText(): string {
    return this.#state.statusText;
  }
  override get headers(): Headers {
    return this.#state.headers;
  }
  get webSocket(): Upgraded | null {
    return this.#state.webSocket;
  }
  clone(): Response {
    const state = this.#state;
    if (isUnusable(state.body)) throw new TypeError('The body was read already, or is being read');
    const made = new Response();
    let body: BodySource | undefined;
    if (state.body !== undefined) [state.body, body] = teeBody(state.body);
    Object.assign(stateOf(made), { ...state, headers: new Headers(state.headers), body });
    return made;
  }
}
asInterface(Response, 'Response');

/** What came from the network. */
export interface Fetched {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly [string, string][];
  readonly body: BodySource | undefined;
}

/** A fetched response: any status, headers nobody may change. */
export function fetchedResponse({ headers: pairs, ...rest }: Fetched): Response {
  const response = new Response();
  Object.assign(stateOf(response), { ...rest, type: 'basic', headers: new Headers(pairs) });
  makeImmutable(response.headers);
  return response;
}
