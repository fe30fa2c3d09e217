/** The result of a call in pieces, sent while the handler runs, when whoever called takes it so. */
import { startPieces, textOf, writePiece } from './host.ts';

/** What stands before the first piece. */
export interface Head {
  /** With a status it is an answer to an HTTP request. */
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly cookies?: readonly string[];
  readonly contentType?: string;
}

/** What a response with status 101 carries: it has the call that made it as long as it is open. */
export const SERVE = Symbol('serve');
export interface Upgraded {
  [SERVE](context: unknown, headers: NonNullable<Head['headers']>): Promise<void>;
}

/** Bytes that cross at once. */
const PIECE_BYTES = 65_536;

/** False: the result is wanted as a whole. Rejects when the head cannot be sent. */
export const begin = async (context: unknown, head: Head): Promise<boolean> =>
  (await startPieces(context, head)) === true;

/** Resolves when there is room for more. Rejects when nobody reads any more, or it is too much. */
export async function send(context: unknown, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    await writePiece(context, textOf(bytes.subarray(at, at + PIECE_BYTES)));
  }
}
