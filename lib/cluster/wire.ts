/**
 * Calls on their way between engines: a line of JSON, then the event or the result as text. A message larger than the server
 * takes goes in pieces, each with a byte in front that tells whether more follow.
 */
import type { ErrorRecord } from '../errors.ts';
import type { Failures } from '../outcome/retry-policy.ts';
import type { ColdStartStages, Lane } from '../types.ts';

/** A call as the engine that runs it is told. */
export interface CallHead {
  readonly functionName: string;
  readonly versionId: string;
  /** Which state of that version: an engine that has another one refuses. */
  readonly stamp: string;
  readonly no: number;
  /** Milliseconds that are left of its time. */
  readonly leftMs: number;
  readonly binary: boolean;
  readonly qualifier: string;
  readonly logs: boolean;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Why a call was not begun. */
export type Refusal = 'draining' | 'unknown' | 'full';

export interface ResultFacts {
  readonly cpuMs: number;
  readonly instanceId: string | undefined;
  readonly lane: Lane | undefined;
  readonly heapUsedBytes: number;
  readonly stages?: ColdStartStages | undefined;
  readonly logs?: readonly string[] | undefined;
}

export type AnswerHead =
  | ({ readonly is: 'result'; readonly kind: number } & ResultFacts)
  | ({ readonly is: 'error'; readonly error: ErrorRecord } & ResultFacts)
  | { readonly is: 'refused'; readonly why: Refusal };

/** An accepted event in the cluster's stream. */
export interface EventHead {
  readonly no: number;
  readonly binary: boolean;
  /** Milliseconds since the epoch; `due` as in `AcceptedEvent`. */
  readonly accepted: number;
  readonly due: number;
  readonly failures: Failures;
  readonly taskId?: string | undefined;
}

const MORE = 0x2b;
const LAST = 0x2e;
/** What a message of the server holds besides: subject, reply subject. */
const OVERHEAD_BYTES = 1_024;

/** `head`: JSON. */
export const frame = <T extends CallHead | AnswerHead | EventHead>(head: T, text: string): Buffer =>
  Buffer.from(`${JSON.stringify(head)}\n${text}`);

export function unframe<T>(bytes: Uint8Array): { readonly head: T; readonly text: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(0x0a);
  return { head: JSON.parse(buffer.toString('utf8', 0, end)) as T, text: buffer.toString('utf8', end + 1) };
}

/** `most`: bytes of the server's messages. */
export const fits = (bytes: Buffer, most: number): boolean => bytes.byteLength + OVERHEAD_BYTES <= most;

export function* piecesOf(bytes: Buffer, most: number): IterableIterator<Buffer> {
  const size = Math.max(1, most - OVERHEAD_BYTES);
  for (let at = 0; ; at += size) {
    const isLast = at + size >= bytes.byteLength;
    yield Buffer.concat([Buffer.of(isLast ? LAST : MORE), bytes.subarray(at, at + size)]);
    if (isLast) return;
  }
}

/** Pieces in their order to the whole; undefined as long as some are missing. */
export function addPiece(pieces: Uint8Array[], piece: Uint8Array): Buffer | undefined {
  pieces.push(piece.subarray(1));
  return piece[0] === LAST ? Buffer.concat(pieces) : undefined;
}
