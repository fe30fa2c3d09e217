/** `node:http`: the client, over `fetch`. */
import { invalidArgType, nodeError, unsupported } from './errors.ts';
import { type ClientRequest, makeRequest } from './http-client.ts';
import type { StreamLike } from './stream.ts';

export { ClientRequest } from './http-client.ts';
export { IncomingMessage } from './http-message.ts';
export { METHODS, STATUS_CODES } from './http-names.ts';

export const request = (...args: unknown[]): ClientRequest & StreamLike => makeRequest('http:', args);
export const get = (...args: unknown[]): ClientRequest & StreamLike => request(...args).end();

/** Connections are the host's; an agent only holds its options. */
export class Agent {
  readonly options: object;
  readonly defaultPort: number = 80;
  readonly protocol: string = 'http:';
  maxSockets: number = Number.POSITIVE_INFINITY;
  maxFreeSockets = 256;
  readonly sockets: object = {};
  readonly freeSockets: object = {};
  readonly requests: object = {};

  constructor(options: object = {}) {
    this.options = { ...options };
  }
  on(): this {
    return this;
  }
  once(): this {
    return this;
  }
  destroy(): void {}
}
export const globalAgent: Agent = new Agent();
export const maxHeaderSize = 16_384;

export function createServer(): never {
  throw unsupported('http.createServer', 'export a handler, or a web-standard fetch handler; the engine serves it');
}
export class Server {
  constructor() {
    createServer();
  }
}
export class ServerResponse {
  constructor() {
    createServer();
  }
}

export function validateHeaderName(name: unknown, label = 'Header name'): void {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    throw nodeError(TypeError, 'ERR_INVALID_HTTP_TOKEN', `${label} must be a valid HTTP token ["${name as string}"]`);
  }
}
export function validateHeaderValue(name: string, value: unknown): void {
  if (value === undefined) {
    throw nodeError(TypeError, 'ERR_HTTP_INVALID_HEADER_VALUE', `Invalid value "undefined" for header "${name}"`);
  }
  if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(`${value as string}`)) {
    throw nodeError(TypeError, 'ERR_INVALID_CHAR', `Invalid character in header content ["${name}"]`);
  }
}
export const setMaxIdleHTTPParsers = (count: unknown): void => {
  if (typeof count !== 'number') throw invalidArgType('max', 'of type number', count);
};
