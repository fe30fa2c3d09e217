/**
 * What guest code may ask of its host beyond bindings. Synchronous operations (hashes, compression, random bytes)
 * are answered inside the crossing; the others travel as host calls do. Only the library parts bundled with a
 * function are given this; nothing here grants more than the host checks on its side.
 */
import { type Crossing, ENGINE, STREAM_READ, STREAM_START, STREAM_WRITE, textIn } from '../protocol/door.ts';
import { numberOf } from './context.ts';
import { callHost, targetOf } from './host-calls.ts';
import { jsonParse, jsonStringify, NativeError, NativeTypeError, objectFreeze, slice, stringOf } from './intrinsics.ts';
import { log } from './logs.ts';
import { state, touch } from './state.ts';

/** One operation: its name, then up to two texts; the reply is tagged `=` (result) or `!` (an error as JSON). */
export type Operate = (operation: string, first: string, second: string) => Crossing;

let ask: Operate | undefined;

export function useOperations(given: Operate): void {
  ask = given;
}

export const hasHost = (): boolean => ask !== undefined;

/** Throws what the host tells, as an error with the name it gives. */
export function operate(operation: string, first = '', second = ''): string {
  touch('host operations');
  if (ask === undefined) throw new NativeError(`${operation} is not available while a heap snapshot is made`);
  const reply = textIn(ask(operation, first, second));
  if (reply[0] === '=') return slice(reply, 1);
  const facts = jsonParse(slice(reply, 1)) as { name: string; message: string; code?: string };
  const error: Error & { code?: string } = new NativeError(facts.message);
  error.name = facts.name;
  if (facts.code !== undefined) error.code = facts.code;
  throw error;
}

type RejectionListener = (message: string) => unknown;
let rejectionListener: RejectionListener | undefined;

/** Tells the function's own listener, when it has one, or else the log. Never throws. */
export function reportRejection(text: string): void {
  try {
    if (rejectionListener !== undefined && rejectionListener(text) === true) return;
  } catch {
    // What a listener throws must not hide the rejection.
  }
  log('ERROR', state.current, [`Unhandled promise rejection: ${text}`]);
}

function callOf(context: unknown): number {
  const no = numberOf(context);
  if (no === undefined) throw new NativeTypeError('This is not the context of an invocation');
  return no;
}

/** Handed to the bundle. */
export const hostAccess: object = objectFreeze({
  operate,
  /** An operation that takes time; resolves with a JSON value. */
  call: (operation: string, ...args: unknown[]) =>
    callHost(state.current, targetOf(ENGINE, operation), args, jsonStringify),
  /** Asks whether the result of the call that `context` was made for is taken in pieces; `head`: before the first. */
  startPieces: (context: unknown, head: unknown) =>
    callHost(callOf(context), targetOf(ENGINE, STREAM_START), head, jsonStringify),
  /** One character per byte. */
  writePiece: (context: unknown, text: string) =>
    callHost(callOf(context), targetOf(ENGINE, STREAM_WRITE), text, stringOf),
  /** The next piece from the caller, in the same form; null at the end. */
  readPiece: (context: unknown) => callHost(callOf(context), targetOf(ENGINE, STREAM_READ), '', stringOf),
  /** `listener` gets what is known of an unhandled rejection, and returns true when that was taken care of. */
  onRejection: (listener: RejectionListener) => {
    rejectionListener = listener;
  },
});
