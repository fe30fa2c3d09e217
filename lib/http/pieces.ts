/** An answer in pieces, to a client that may read slowly, read no more, or go away. */
import type { ServerResponse } from 'node:http';
import { constants, type Http2Stream } from 'node:http2';
import { IsopodError } from '../errors.ts';
import type { Meter } from '../tenant/meter.ts';
import type { ResultStream, StreamHead } from '../types.ts';
import type { Outcome } from './invocation.ts';

/** A function that answers in pieces has this long to end by itself when its client is gone; then its instance does. Milliseconds. */
const FAREWELL_MS = 1_000;

export interface PiecesOptions {
  readonly meter: Meter;
  readonly maxBytes: number;
  /** Writes status and headers. Throws what cannot be sent. */
  readonly begin: (head: StreamHead) => void;
  /** What is sent of a piece; itself by default. */
  readonly frame?: (piece: Uint8Array) => Uint8Array;
}

export class Pieces implements ResultStream {
  readonly #response: ServerResponse;
  readonly #options: PiecesOptions;
  #bytes = 0;
  /** Status and headers are out. */
  started = false;

  constructor(response: ServerResponse, options: PiecesOptions) {
    this.#response = response;
    this.#options = options;
  }

  start(head: StreamHead): void {
    if (isOver(this.#response)) throw gone();
    this.#options.begin(head);
    this.started = true;
    this.#response.flushHeaders();
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    const response = this.#response;
    if (isOver(response)) throw gone();
    const { maxBytes, meter, frame } = this.#options;
    this.#bytes += piece.byteLength;
    if (this.#bytes > maxBytes) {
      throw new IsopodError('ResultTooLarge', `The result has more than ${maxBytes} bytes, maxStreamBytes of the host`);
    }
    meter.sent(piece.byteLength, performance.now());
    return response.write(frame === undefined ? piece : frame(piece)) ? undefined : drained(response);
  }

  /** The last of it, or, when the function failed in the middle, an end that no client takes for one. */
  finish(failed: boolean): void {
    if (!failed) this.#response.end();
    else if (streamOf(this.#response) === undefined) this.#response.destroy();
    else streamOf(this.#response)?.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** Of an answer by HTTP/2. */
const streamOf = (response: ServerResponse): Http2Stream | undefined =>
  (response as unknown as { readonly stream?: Http2Stream }).stream;

const isOver = (response: ServerResponse): boolean => streamOf(response)?.destroyed ?? response.destroyed;

/** Resolves when the client has taken what was written. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      if (isOver(response)) reject(gone());
      else resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}

/** Has `giveUp` called when the client goes away before its answer is complete; gives what undoes that. */
export function whenGone(
  response: ServerResponse,
  isStarted: () => boolean,
  giveUp: (reason: Error) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onClose = (): void => {
    if (response.writableFinished) return;
    const reason = new Error('the client closed the connection');
    if (isStarted()) timer = setTimeout(giveUp, FAREWELL_MS, reason).unref();
    else giveUp(reason);
  };
  response.once('close', onClose);
  return () => {
    response.off('close', onClose);
    clearTimeout(timer);
  };
}

/**
 * A call whose result may come in pieces, ended when its client goes away. Undefined: the client has its answer. Rejects as
 * `invoke` does while nothing was sent.
 */
export async function withPieces(
  response: ServerResponse,
  options: PiecesOptions,
  invoke: (pieces: Pieces, gone: AbortController) => Promise<Outcome>,
): Promise<Outcome | undefined> {
  const gone = new AbortController();
  const pieces = new Pieces(response, options);
  const settled = whenGone(
    response,
    () => pieces.started,
    (reason) => gone.abort(reason),
  );
  try {
    const outcome = await invoke(pieces, gone);
    if (!pieces.started) return outcome;
    pieces.finish(outcome.error !== undefined);
  } catch (error) {
    if (!pieces.started) throw error;
    pieces.finish(true);
  } finally {
    settled();
  }
  return undefined;
}

const gone = (): IsopodError => new IsopodError('InvocationAborted', 'The client closed the connection');
