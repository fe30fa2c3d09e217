/** `node:https`: the client, over `fetch`. */
import { unsupported } from './errors.ts';
import { Agent as PlainAgent } from './http.ts';
import { type ClientRequest, makeRequest } from './http-client.ts';
import type { StreamLike } from './stream.ts';

export const request = (...args: unknown[]): ClientRequest & StreamLike => makeRequest('https:', args);
export const get = (...args: unknown[]): ClientRequest & StreamLike => request(...args).end();

export class Agent extends PlainAgent {
  override readonly defaultPort = 443;
  override readonly protocol = 'https:';
}
export const globalAgent: Agent = new Agent();

export function createServer(): never {
  throw unsupported('https.createServer', 'export a handler, or a web-standard fetch handler; the engine serves it');
}
export class Server {
  constructor() {
    createServer();
  }
}
