/** `fetch`: requests travel to the host as host calls, bodies in chunks, so that neither side holds a large one whole. */
import { onAbort } from './abort.ts';
import { atob } from './base64.ts';
import { type BodySource, consume, SOURCE } from './body.ts';
import { headerPairs } from './headers.ts';
import { bytesOf, call, textOf } from './host.ts';
import { Request, type RequestInit } from './request.ts';
import { type Fetched, fetchedResponse, type Response } from './response.ts';
import { ReadableStream } from './streams.ts';

/** The host's answer; `body` numbers the rest of the body, `chunk` is its beginning. */
interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly [string, string][];
  readonly chunk?: string;
  readonly body?: number;
}

/** A `data:` URL carries its own response (Fetch standard, 6). */
function dataResponse(url: string): Response {
  const parts = /^data:([^,]*?)(;\s*base64)?,([^#]*)/is.exec(url);
  if (parts === null) throw new TypeError('The data: URL has no comma');
  const [, type = '', base64, data = ''] = parts;
  const raw = data.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const bytes = bytesOf(base64 === undefined ? raw : atob(raw));
  const mime = type === '' ? 'text/plain;charset=US-ASCII' : type.startsWith(';') ? `text/plain${type}` : type;
  return fetchedResponse({
    status: 200,
    statusText: 'OK',
    url,
    redirected: false,
    headers: [['content-type', mime]],
    body: { bytes, stream: undefined, used: false },
  });
}

let nextId = 1;

export async function fetch(input: Request | string, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  if (request.url.startsWith('data:')) return dataResponse(request.url);
  const id = nextId++;
  const facts = {
    id,
    method: request.method,
    url: request.url,
    headers: headerPairs(request.headers),
    redirect: request.redirect,
  };
  let stopped: (reason: unknown) => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stopped = reject;
  });
  aborted.catch(() => undefined);
  const forget = onAbort(signal, () => {
    stopped(signal.reason);
    call('fetchCancel', id).catch(() => undefined);
  });
  try {
    const body = await upload(request, id);
    const answer = (await Promise.race([call('fetch', facts, body), aborted])) as Answer;
    const response = fetchedResponse({ ...answer, body: bodyOf(answer, signal) } satisfies Fetched);
    if (answer.body === undefined) forget();
    return response;
  } catch (error) {
    forget();
    throw signal.aborted ? signal.reason : failed(error);
  }
}

/** The standard's network error; what the host said stays readable as its cause. */
function failed(error: unknown): unknown {
  const { name, message, code = name } = error as Error & { code?: string };
  if (name === 'TypeError') return error;
  const cause = Object.assign(error as Error, { code });
  return Object.assign(new TypeError(`fetch failed: ${message}`), { cause });
}

/** The request's body: whole, when it is there; a stream is sent ahead chunk by chunk and then named. */
async function upload(request: Request, id: number): Promise<string | number | null> {
  const { body } = request;
  if (body === null) return null;
  const whole = wholeBytes(request);
  if (whole !== undefined) return textOf(await whole);
  const reader = body.getReader();
  onAbort(request.signal, () => {
    reader.cancel(request.signal.reason).catch(() => undefined);
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      request.signal.throwIfAborted();
      if (done) return id;
      if (!(value instanceof Uint8Array)) throw new TypeError('A chunk of a body must be a Uint8Array');
      await call('fetchSend', id, textOf(value));
    }
  } catch (error) {
    // Nobody will ask for what was sent ahead.
    call('fetchCancel', id).catch(() => undefined);
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

function wholeBytes(request: Request): Promise<Uint8Array> | undefined {
  const source = request[SOURCE]();
  return source?.bytes === undefined ? undefined : consume({ ...source, stream: undefined });
}

async function readMore(body: number): Promise<string | null> {
  try {
    return (await call('fetchRead', body)) as string | null;
  } catch (error) {
    throw failed(error);
  }
}

function bodyOf({ chunk, body }: Answer, signal: Request['signal']): BodySource | undefined {
  if (chunk === undefined) return undefined;
  if (body === undefined) return { bytes: bytesOf(chunk), stream: undefined, used: false };
  let first: string | undefined = chunk === '' ? undefined : chunk;
  const stream = new ReadableStream<Uint8Array>(
    {
      type: 'bytes',
      start(controller) {
        onAbort(signal, () => controller.error(signal.reason));
      },
      async pull(controller) {
        const text = first ?? (await readMore(body));
        first = undefined;
        if (text !== null) return controller.enqueue(bytesOf(text));
        controller.close();
        controller.byobRequest?.respond(0);
      },
      async cancel() {
        await call('fetchCancel', body);
      },
    },
    { highWaterMark: 0 },
  );
  return { bytes: undefined, stream, used: false };
}
