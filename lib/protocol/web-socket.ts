/**
 * Messages of a WebSocket as pieces of a call: a letter, then what it stands for. The end is a piece of its own, after which
 * no other follows.
 */
/** Then UTF-8. */
export const TEXT = 'T';
/** Then bytes. */
export const BINARY = 'B';
/** Then `Close` as JSON. */
export const CLOSE = 'C';

export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** Bytes of a message, in either direction. */
export const MAX_MESSAGE_BYTES = 1_048_576;
