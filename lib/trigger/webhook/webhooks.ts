/**
 * Addresses that other systems post events to: `/hooks/{function}/{trigger}` for a trigger that takes posts, and what else
 * sources add. A handler for any Node.js HTTP server; the API server has it too.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { IsopodError, toIsopodError } from '../../errors.ts';
import type { Services } from '../services.ts';

export interface Post {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly remoteAddress: string;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: unknown;
}

export type PostHandler = (post: Post) => Promise<PostAnswer>;

const MAX_BYTES = 4_194_304;

export const hookPath = (functionName: string, triggerName: string): string =>
  `/hooks/${encodeURIComponent(functionName)}/${encodeURIComponent(triggerName)}`;

export class Webhooks {
  readonly #handlers = new Map<string, PostHandler>();

  static of(services: Services): Webhooks {
    return services.part('webhooks', () => new Webhooks());
  }

  /** Posts to exactly this path go to `handler`. Returns what ends that. */
  add(path: string, handler: PostHandler): () => void {
    this.#handlers.set(path, handler);
    return () => {
      if (this.#handlers.get(path) === handler) this.#handlers.delete(path);
    };
  }

  /** Answers one request. Never rejects. */
  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let answer: PostAnswer;
    try {
      answer = await this.#answer(request);
    } catch (thrown) {
      const { code, message, status } = toIsopodError(thrown);
      answer = { status, body: { code, message } };
      if (!request.complete) response.setHeader('connection', 'close');
    }
    const { status, headers, body } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };

  async #answer(request: IncomingMessage): Promise<PostAnswer> {
    const { url = '/', method = 'GET', headers, socket } = request;
    const at = url.indexOf('?');
    const path = at < 0 ? url : url.slice(0, at);
    const handler = this.#handlers.get(path);
    if (handler === undefined) throw new IsopodError('TriggerNotFound', `Nothing takes posts at ${path.slice(0, 300)}`);
    const body = await bodyOf(request);
    const remoteAddress = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    return handler({
      method,
      headers,
      query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
      body,
      remoteAddress,
    });
  }

  close(): void {
    this.#handlers.clear();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BYTES) throw new IsopodError('PayloadTooLarge', `A post has at most ${MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new IsopodError('InvalidArgument', `The body is not JSON: ${(error as Error).message}`);
  }
}

export const headerOf = ({ headers }: Post, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
};
