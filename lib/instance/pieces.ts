/** Pieces of a call's result on their way from its guest to whoever takes them. What comes in was written by a guest. */
import { IsopodError } from '../errors.ts';
import { type BootFacts, requestIdOf, STREAM_READ, STREAM_START, STREAM_WRITE } from '../protocol/door.ts';
import type { StreamHead } from '../types.ts';
import type { Call } from './call.ts';

/** Tells the guest that something was done, or why not. */
export interface Told {
  /** `value`: of JSON. */
  done(value: boolean | string | null): void;
  failed(error: unknown): void;
}

export const isPiece = (operation: string): boolean =>
  operation === STREAM_START || operation === STREAM_WRITE || operation === STREAM_READ;

/** `call`: undefined when it has ended; `facts`: of it. Answers in the same turn where nobody has to be waited for. */
export function takePiece(call: Call | undefined, facts: BootFacts, operation: string, args: string, told: Told): void {
  try {
    if (operation === STREAM_START) told.done(start(call, facts, JSON.parse(args)));
    else if (operation === STREAM_WRITE) write(call, args, told);
    else read(call, told);
  } catch (error) {
    told.failed(error);
  }
}

/** False: the result is wanted as a whole. */
function start(call: Call | undefined, { requestPrefix, versionId }: BootFacts, given: unknown): boolean {
  if (call === undefined || call.done || call.stream === undefined) return false;
  if (call.streaming !== 'no') throw new TypeError('The result has been begun already');
  const head = headOf(given);
  if (head.statusCode === 101 && call.stream.read === undefined) return false;
  const requestId = requestIdOf(requestPrefix, call.no);
  call.stream.start({ ...head, requestId, versionId, instanceId: call.instance?.id ?? '' });
  call.streaming = 'open';
  return true;
}

/** Of what the guest gave, what has the right form. */
function headOf(given: unknown): Omit<StreamHead, 'requestId' | 'instanceId' | 'versionId'> {
  const { statusCode, headers, cookies, contentType } = (given ?? {}) as Record<string, unknown>;
  return {
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof headers === 'object' && headers !== null && { headers: headers as Record<string, string> }),
    ...(Array.isArray(cookies) && { cookies: cookies.map(String) }),
    ...(typeof contentType === 'string' && { contentType }),
  };
}

/** `text`: one character per byte. */
function write(call: Call | undefined, text: string, told: Told): void {
  if (call === undefined || call.done) throw ended();
  if (call.stream === undefined || call.streaming !== 'open') {
    throw new TypeError('A piece was given before the one in front of it was taken, or before the result was begun');
  }
  const taken = call.stream.write(Buffer.from(text, 'latin1'));
  if (taken === undefined) return told.done(true);
  call.streaming = 'busy';
  const settle = (tell: () => void): void => {
    call.streaming = 'open';
    tell();
  };
  taken.then(
    () => settle(() => told.done(true)),
    (error: unknown) => settle(() => told.failed(error)),
  );
}

function read(call: Call | undefined, told: Told): void {
  if (call === undefined || call.done) throw ended();
  if (call.stream?.read === undefined || call.streaming === 'no') throw new TypeError('The caller sends nothing');
  call.stream.read().then(
    (piece) => told.done(piece === undefined ? null : Buffer.from(piece).toString('latin1')),
    (error: unknown) => told.failed(error),
  );
}

const ended = (): IsopodError =>
  new IsopodError('InvocationEnded', 'A piece of the result was given after its invocation had ended');
