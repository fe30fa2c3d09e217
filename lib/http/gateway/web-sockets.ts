/**
 * WebSockets that functions take: a client's request to upgrade goes through the gateway as any other, and when its function
 * answers with status 101 their messages are pieces of the call (see `ResultStream`). The call ends with the socket.
 */
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { IsopodError } from '../../errors.ts';
import { BINARY, CLOSE, type Close, MAX_MESSAGE_BYTES, TEXT } from '../../protocol/web-socket.ts';
import type { Meter } from '../../tenant/meter.ts';
import type { ResultStream, StreamHead } from '../../types.ts';
import { headOf } from './responses.ts';

/** Messages of a client that wait for its function; with more its socket is not read. */
const MAX_WAITING = 16;
/** Milliseconds between two pings; a client that answered none of one interval is gone. */
const PING_MS = 30_000;
/** Milliseconds a function may take to end when its socket has; then its instance does. */
const FAREWELL_MS = 1_000;
/** Codes of RFC 6455. */
const NORMAL = 1_000;
const GOING_AWAY = 1_001;
const FAILED = 1_011;

export const asksForWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';

export class WebSockets {
  readonly #upgrades = new WeakMap<object, Buffer>();
  readonly #open = new Set<SocketCall>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    // The function chooses, by a header of its answer.
    handleProtocols: () => false,
  });

  /** Has requests to upgrade answered as all others. */
  listenTo(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Where the server cannot be told to let others be (Node.js before 24.9, HTTP/1.1 by TLS): nobody reads their bodies now.
      if (!asksForWebSocket(request)) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      socket.on('error', () => socket.destroy());
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as Socket);
      // Nobody reads a further request from this connection.
      response.once('finish', () => socket.end());
      this.#upgrades.set(request, head);
      server.emit('request', request, response);
    });
  }

  /** The request's way to a WebSocket; undefined when it asks for none. `gone`: ends the call. */
  callOf(
    request: FastifyRequest,
    reply: FastifyReply,
    meter: Meter,
    gone: AbortController,
    ordinary: ResultStream,
  ): SocketCall | undefined {
    const head = this.#upgrades.get(request.raw);
    if (head === undefined) return undefined;
    const take = (headers: Readonly<Record<string, unknown>>): WebSocket | undefined => {
      const { socket } = request.raw;
      reply.hijack();
      reply.raw.removeAllListeners('finish');
      reply.raw.detachSocket(socket);
      let taken: WebSocket | undefined;
      const addHeaders = (lines: string[]): void => void lines.push(...linesOf(headers));
      this.#server.once('headers', addHeaders);
      this.#server.handleUpgrade(request.raw, socket, head, (made) => {
        taken = made;
      });
      this.#server.off('headers', addHeaders);
      return taken;
    };
    const call: SocketCall = new SocketCall({
      take: (headers) => {
        this.#open.add(call);
        return take({ ...(reply.getHeaders() as Record<string, string>), ...headers });
      },
      meter,
      gone,
      ordinary,
      onEnd: () => this.#open.delete(call),
    });
    return call;
  }

  /** The server stops: clients are told. */
  close(): void {
    for (const call of this.#open) call.close(GOING_AWAY, 'the server stops');
  }
}

interface SocketCallOptions {
  /** Completes the handshake; undefined when the client's was none, which it is told. */
  readonly take: (headers: Readonly<Record<string, unknown>>) => WebSocket | undefined;
  readonly meter: Meter;
  readonly gone: AbortController;
  /** Where an answer without status 101 goes. */
  readonly ordinary: ResultStream;
  readonly onEnd: () => void;
}

export class SocketCall implements ResultStream {
  readonly #options: SocketCallOptions;
  #socket: WebSocket | undefined;
  /** What came and was not read by the function. */
  readonly #waiting: Uint8Array[] = [];
  #wanted: ((piece: Uint8Array | undefined) => void) | undefined;
  #isOver = false;
  #farewell: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;
  /** The function has answered with status 101. */
  isTaken = false;

  constructor(options: SocketCallOptions) {
    this.#options = options;
  }

  start(head: StreamHead): void {
    if (head.statusCode !== 101) return this.#options.ordinary.start(head);
    const { headers } = headOf({ ...head, statusCode: 200 });
    const { 'content-type': _, ...own } = headers;
    this.isTaken = true;
    const socket = this.#options.take({ ...own, 'x-fc-request-id': head.requestId });
    this.#socket = socket;
    if (socket === undefined) return this.#ended({ code: 1_002, reason: 'no handshake' });
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#came(data, isBinary));
    socket.on('close', (code: number, reason: Buffer) => this.#ended({ code, reason: reason.toString() }));
    // The end follows.
    socket.on('error', () => undefined);
    this.#ping(socket);
  }

  #ping(socket: WebSocket): void {
    let answered = true;
    socket.on('pong', () => {
      answered = true;
    });
    this.#pings = setInterval(() => {
      if (!answered) return socket.terminate();
      answered = false;
      socket.ping();
    }, PING_MS).unref();
  }

  #came(data: Buffer, isBinary: boolean): void {
    this.#options.meter.usage.ingressBytes += data.length;
    this.#give(Buffer.concat([Buffer.from(isBinary ? BINARY : TEXT), data]));
    if (this.#waiting.length >= MAX_WAITING) this.#socket?.pause();
  }

  #ended(close: Close): void {
    clearInterval(this.#pings);
    this.#give(Buffer.from(CLOSE + JSON.stringify(close)));
    this.#isOver = true;
    const reason = new Error('the WebSocket is closed');
    this.#farewell = setTimeout(() => this.#options.gone.abort(reason), FAREWELL_MS).unref();
  }

  #give(piece: Uint8Array): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) this.#waiting.push(piece);
    else wanted(piece);
  }

  read(): Promise<Uint8Array | undefined> {
    const piece = this.#waiting.shift();
    if (this.#socket?.isPaused && this.#waiting.length < MAX_WAITING) this.#socket.resume();
    if (piece !== undefined || this.#isOver) return Promise.resolve(piece);
    return new Promise((resolve) => {
      // One that asks twice has the first answered as at the end.
      this.#wanted?.(undefined);
      this.#wanted = resolve;
    });
  }

  write(piece: Uint8Array): void | PromiseLike<void> {
    const socket = this.#socket;
    if (!this.isTaken) return this.#options.ordinary.write(piece);
    if (socket === undefined || socket.readyState !== socket.OPEN) return;
    const rest = Buffer.from(piece.buffer, piece.byteOffset + 1, Math.max(0, piece.byteLength - 1));
    const kind = String.fromCharCode(piece[0] ?? 0);
    if (kind === CLOSE) {
      const { code, reason } = JSON.parse(rest.toString()) as Close;
      return socket.close(code, reason);
    }
    if (kind !== TEXT && kind !== BINARY) throw new TypeError('This is no piece of a WebSocket');
    this.#options.meter.sent(rest.length, performance.now());
    return new Promise((resolve) => socket.send(rest, { binary: kind === BINARY }, () => resolve()));
  }

  close(code: number, reason: string): void {
    this.#socket?.close(code, reason);
  }

  /** The call has ended; `error`: why. */
  end(error: IsopodError | undefined): void {
    clearTimeout(this.#farewell);
    if (error === undefined) this.close(NORMAL, '');
    else this.close(FAILED, error.code);
    this.#options.onEnd();
  }
}

/** Of a header, or of several with one name. */
function linesOf(headers: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map((one) => `${name}: ${one}`),
  );
}
