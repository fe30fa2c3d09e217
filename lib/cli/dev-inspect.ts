/**
 * Where Chrome DevTools and other debuggers find the isolates of `isopod dev --inspect`: the addresses Node.js' own inspector has,
 * `/json/list` and a WebSocket for each target. On loopback alone, and for no web page.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { IsopodError } from '../errors.ts';
import type { Inspector, InspectTarget } from '../inspect-options.ts';

const ADDRESS = '127.0.0.1';
/** A page that had its name resolve to this machine would name itself. */
const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;
const PAGES = new Set(['devtools://devtools', 'chrome-devtools://devtools']);

export class DevInspector implements Inspector {
  readonly #targets = new Map<string, InspectTarget>();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Rejects with `InvalidArgument` when the port is taken. */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new IsopodError(
            'InvalidArgument',
            `Cannot listen on port ${port} (${error.code}); choose another with --inspect`,
          ),
        ),
      );
      this.#server.listen(port, ADDRESS, resolve);
    });
  }

  get address(): string {
    return `${ADDRESS}:${(this.#server.address() as AddressInfo).port}`;
  }

  opened(target: InspectTarget): void {
    this.#targets.set(target.id, target);
  }

  closed({ id }: InspectTarget): void {
    this.#targets.delete(id);
  }

  #answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    if (!OWN_HOST.test(headers.host ?? '')) return void response.writeHead(403).end();
    const answers: Readonly<Record<string, () => unknown>> = {
      '/json': () => this.#list(),
      '/json/list': () => this.#list(),
      '/json/version': () => ({ Browser: 'isopod', 'Protocol-Version': '1.3' }),
    };
    const answer = answers[url ?? '']?.();
    if (answer === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer, null, 2));
  }

  #list() {
    return [...this.#targets.values()].map(({ id, functionName }) => ({
      id,
      type: 'node',
      title: functionName,
      description: `instance ${id}`,
      url: 'isopod:function',
      webSocketDebuggerUrl: `ws://${this.address}/${id}`,
      devtoolsFrontendUrl: `devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=${this.address}/${id}`,
    }));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host = '', origin } = request.headers;
    const target = this.#targets.get((request.url ?? '').slice(1));
    if (target === undefined || !OWN_HOST.test(host) || (origin !== undefined && !PAGES.has(origin))) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const session = target.connect((message) => client.send(message));
      client.on('message', (message) => session.dispatch(String(message)));
      client.on('error', () => client.terminate());
      client.on('close', () => session.close());
    });
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
