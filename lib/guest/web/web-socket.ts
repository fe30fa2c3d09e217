/**
 * `WebSocketPair` as workerd has it: two ends that are connected. A response with status 101 carries the client's end to whoever
 * called; the handler's own end is used after `accept()`.
 */
import type * as Piece from '../../protocol/web-socket.ts';
import { DOMException } from './dom-exception.ts';
import { MessageEvent } from './event-kinds.ts';
import { Event, EventTarget, eventHandler } from './events.ts';
import { bytesOf, isBufferSource, readPiece, textOf, viewOf, writePiece } from './host.ts';
import { asInterface, constants } from './idl.ts';
import { begin, type Head, SERVE } from './pieces.ts';
import { TextDecoder, TextEncoder } from './text.ts';

// Types alone cross: parts of this library are bundled without the protocol's files.
const TEXT: typeof Piece.TEXT = 'T';
const BINARY: typeof Piece.BINARY = 'B';
const CLOSE: typeof Piece.CLOSE = 'C';
const MAX_MESSAGE_BYTES: typeof Piece.MAX_MESSAGE_BYTES = 1_048_576;

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** Codes of RFC 6455: a normal end, an end without a code. */
const NORMAL = 1_000;
const NO_CODE = 1_005;
const MAX_REASON_BYTES = 123;

class CloseEvent extends Event {
  readonly #close: Piece.Close;

  constructor(close: Piece.Close) {
    super('close');
    this.#close = close;
  }
  get code(): number {
    return this.#close.code;
  }
  get reason(): string {
    return this.#close.reason;
  }
  get wasClean(): boolean {
    return this.#close.code !== 1_006;
  }
}
asInterface(CloseEvent, 'CloseEvent');

const closePiece = (close: Piece.Close): string => CLOSE + textOf(new TextEncoder().encode(JSON.stringify(close)));
const decoded = (text: string): string => new TextDecoder().decode(bytesOf(text));

/** Takes pieces of the other end's, in their order. */
type Sink = (piece: string) => void;

let connect: (one: WebSocket, other: WebSocket) => void;

class WebSocket extends EventTarget {
  #other: WebSocket = this;
  #sink: Sink | undefined;
  /** What came before there was somebody to take it. */
  #held: string[] = [];
  #state = OPEN;

  static {
    connect = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
  }

  get readyState(): number {
    return this.#state;
  }

  /** Begins to deliver events of this end to its listeners. */
  accept(): void {
    this.#begin((piece) => queueMicrotask(() => this.#arrived(piece)));
  }

  #begin(sink: Sink): void {
    if (this.#sink !== undefined) throw new TypeError('This end of a WebSocketPair is in use already');
    this.#sink = sink;
    for (const piece of this.#held.splice(0)) sink(piece);
  }

  #take(piece: string): void {
    if (this.#sink === undefined) this.#held.push(piece);
    else this.#sink(piece);
  }

  #arrived(piece: string): void {
    const kind = piece[0];
    const rest = piece.slice(1);
    if (kind === CLOSE) {
      if (this.#state === CLOSED) return;
      const close = JSON.parse(decoded(rest)) as Piece.Close;
      // The end that is told answers, so that both know.
      if (this.#state === OPEN) this.#other.#take(piece);
      this.#state = CLOSED;
      this.dispatchEvent(new CloseEvent(close));
    } else if (this.#state === OPEN) {
      const data = kind === TEXT ? decoded(rest) : bytesOf(rest).buffer;
      this.dispatchEvent(new MessageEvent('message', { data }));
    }
  }

  send(message: unknown): void {
    if (this.#sink === undefined) throw new TypeError('Call accept() before you send');
    if (this.#state !== OPEN) throw new TypeError('The WebSocket is closed, or about to be');
    const isBinary = isBufferSource(message);
    const bytes = isBinary ? viewOf(message) : new TextEncoder().encode(`${message as string}`);
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`A message has at most ${MAX_MESSAGE_BYTES} bytes, not ${bytes.length}`);
    }
    this.#other.#take((isBinary ? BINARY : TEXT) + textOf(bytes));
  }

  close(code: number = NORMAL, reason = ''): void {
    if (code !== NORMAL && !(code >= 3_000 && code <= 4_999)) {
      throw new DOMException(`The code must be ${NORMAL} or from 3000 to 4999, not ${code}`, 'InvalidAccessError');
    }
    if (new TextEncoder().encode(reason).length > MAX_REASON_BYTES) {
      throw new DOMException(`The reason must be at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError');
    }
    if (this.#state !== OPEN) return;
    this.#state = CLOSING;
    this.#other.#take(closePiece({ code, reason }));
  }

  /** Connects this end with whoever called, until either side closes. */
  async [SERVE](context: unknown, headers: NonNullable<Head['headers']>): Promise<void> {
    const out = new Outbox();
    this.#begin((piece) => out.put(piece));
    if (!(await begin(context, { statusCode: 101, headers }))) {
      throw new TypeError('A response with a webSocket answers a request to upgrade to one, and this was none');
    }
    await Promise.all([this.#send(context, out), this.#receive(context, out)]);
  }

  async #send(context: unknown, out: Outbox): Promise<void> {
    for (let piece = await out.take(); piece !== undefined; piece = await out.take()) {
      await writePiece(context, piece);
      if (piece[0] === CLOSE) return;
    }
  }

  async #receive(context: unknown, out: Outbox): Promise<void> {
    for (;;) {
      const piece = ((await readPiece(context)) as string | null) ?? closePiece({ code: NO_CODE, reason: '' });
      this.#other.#take(piece);
      if (piece[0] !== CLOSE) continue;
      this.#state = CLOSED;
      out.end();
      return;
    }
  }
}
asInterface(WebSocket, 'WebSocket');
constants(WebSocket, { CONNECTING: 0, OPEN, CLOSING, CLOSED });
for (const type of ['message', 'close', 'error']) eventHandler(WebSocket, type);

/** Pieces that wait for the one before to be taken. */
class Outbox {
  readonly #pieces: string[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  put(piece: string): void {
    this.#pieces.push(piece);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Undefined at the end. */
  async take(): Promise<string | undefined> {
    while (this.#pieces.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#pieces.shift();
  }
}

/** `const { 0: client, 1: server } = new WebSocketPair();` */
export class WebSocketPair {
  readonly 0 = new WebSocket();
  readonly 1 = new WebSocket();

  constructor() {
    connect(this[0], this[1]);
  }
}
asInterface(WebSocketPair, 'WebSocketPair');
