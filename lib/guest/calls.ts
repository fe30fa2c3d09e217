/**
 * Calls in progress: starts them, one after the other unless the function allows more, and writes down what they
 * came to. The plain call has its own short way; everything else goes through the settled list. One file because both
 * ways share one account of what is under way.
 */
import {
  KIND_BINARY,
  KIND_DONE,
  KIND_ERROR,
  KIND_UNDEFINED,
  KIND_VALUE,
  MORE_LATER,
  MORE_NOW,
  SLICE_MS,
  TAG_BINARY,
  TAG_ERROR,
  TAG_HEAD,
  TAG_PENDING,
} from '../protocol/door.ts';
import { codeOf } from './coded.ts';
import { Described, describe, errorText } from './describe.ts';
import { HandledError, type Run } from './handlers.ts';
import { takeHostCalls } from './host-calls.ts';
import {
  bytesToText,
  dateNow,
  isView,
  jsonParse,
  jsonStringify,
  NativePromise,
  newList,
  onSettled,
  slice,
  textToBytes,
} from './intrinsics.ts';
import { takeLogs } from './logs.ts';
import { state } from './state.ts';
import { nextTimerMs } from './timers.ts';

/** Settled calls of this crossing, `,no,kind,payload` each. */
let settled = '';
let active = 0;
/** Events of batches not begun yet, flat `[no, event, ...]`, taken from `head`. */
let queue: unknown[] = newList<unknown>();
let head = 0;
/** Neighbouring calls that succeeded and whose results are not wanted: the first's number, and how many. */
let doneFirst = 0;
let doneCount = 0;
/** Counts begun calls for the host's watchdog: a new one starts a new deadline. */
let progress: Int32Array | undefined;
let handler: Run | undefined;

export function useProgress(view: Int32Array): void {
  progress = view;
}

export function useHandler(run: Run): void {
  handler = run;
}

function begin(no: number): void {
  state.current = no;
  state.worked = true;
  if (progress !== undefined) progress[0] = ((progress[0] as number) + 1) | 0;
}

function describeFailure(thrown: unknown): string {
  const described = Described.textOf(thrown);
  if (described !== undefined) return described;
  if (HandledError.is(thrown)) return describe('HandledInvocationError', thrown.error);
  return describe(codeOf(thrown) ?? 'UnhandledInvocationError', thrown);
}

const tooLarge = (chars: number): string =>
  errorText(
    'ResultTooLarge',
    `The result has ${chars} characters; the limit is ${state.maxResultChars}, maxPayloadBytes of the engine`,
  );

function isPending(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function put(no: number, kind: number, payload: string): void {
  settled += `,${no},${kind},${payload}`;
}

function putDone(no: number): void {
  if (doneCount > 0 && no === doneFirst + doneCount) {
    doneCount++;
    return;
  }
  flushDone();
  doneFirst = no;
  doneCount = 1;
}

function flushDone(): void {
  if (doneCount > 0) settled += `,${doneFirst},${KIND_DONE},${doneCount}`;
  doneCount = 0;
}

/** Writes down a value, or why it cannot cross. */
function putValue(no: number, value: unknown, wanted: boolean): void {
  if (!wanted) return putDone(no);
  try {
    if (value === undefined) return put(no, KIND_UNDEFINED, '0');
    if (typeof value === 'object' && isView(value)) {
      const bytes = bytesToText(value);
      if (bytes.length > state.maxResultChars) return put(no, KIND_ERROR, tooLarge(bytes.length));
      return put(no, KIND_BINARY, jsonStringify(bytes));
    }
    const text = jsonStringify(value);
    if (text === undefined) return put(no, KIND_ERROR, notSerializable(typeof value));
    if (text.length > state.maxResultChars) return put(no, KIND_ERROR, tooLarge(text.length));
    put(no, KIND_VALUE, text);
  } catch (error) {
    put(no, KIND_ERROR, describe('ResultNotSerializable', error));
  }
}

const notSerializable = (type: string): string =>
  errorText(
    'ResultNotSerializable',
    `A handler cannot return a ${type}; return a JSON value, a Uint8Array or undefined`,
  );

/** Waits for a promise the handler returned; the queue goes on when it settles. */
function follow(no: number, promise: PromiseLike<unknown>, wanted: boolean): void {
  active++;
  state.dirty = true;
  const native = promise instanceof NativePromise ? promise : new NativePromise((resolve) => resolve(promise));
  onSettled(
    native,
    (value) => {
      active--;
      putValue(no, value, wanted);
      runQueue();
    },
    (error) => {
      active--;
      put(no, KIND_ERROR, describeFailure(error));
      runQueue();
    },
  );
}

/** Runs `run` as call `no`; its outcome goes to the settled list, at once or later. */
export function startCall(run: Run, event: unknown, no: number, wanted: boolean = true): void {
  begin(no);
  try {
    const value = run(event, no);
    if (isPending(value)) follow(no, value, wanted);
    else putValue(no, value, wanted);
  } catch (error) {
    put(no, KIND_ERROR, describeFailure(error));
  }
}

/** Adds a batch, flat `[no, event, ...]`, and runs what may run now. */
export function enqueue(batch: unknown[]): void {
  if (head === queue.length) {
    queue = batch;
    head = 0;
  } else {
    for (let at = 0; at < batch.length; at++) queue[queue.length] = batch[at];
  }
  sliceEnd = 0;
  runQueue();
}

/** The clock is read for every eighth event: it costs as much as a short handler. */
const LOOK_MASK = 15;
let running = false;
let sliceEnd = 0;

function runQueue(): void {
  if (running) return;
  running = true;
  while (head < queue.length && active < state.concurrency) {
    if (sliceEnd === 0) sliceEnd = dateNow() + SLICE_MS;
    else if ((head & LOOK_MASK) === 0 && dateNow() >= sliceEnd) break;
    const no = queue[head] as number;
    const event = queue[head + 1];
    queue[head + 1] = undefined;
    head += 2;
    if (no < 0) startCall(handler as Run, event, -no, false);
    else startCall(handler as Run, event, no, true);
  }
  if (head > 0 && head === queue.length) {
    queue = newList<unknown>();
    head = 0;
  }
  running = false;
}

/** A new crossing: a new slice, and the queue goes on where the last one stopped. */
export function resumeQueue(): void {
  sliceEnd = 0;
  runQueue();
}

/** The hot path: one event, answered in place when the handler returns at once and nothing else is to be said. */
export function callNow(text: string, no: number, binary: boolean): string {
  begin(no);
  let reply: string;
  try {
    const event = binary ? textToBytes(text) : text === '' ? undefined : jsonParse(text);
    const value = (handler as Run)(event, no);
    if (value === undefined) {
      reply = '';
    } else if (typeof value === 'object' && value !== null) {
      if (typeof (value as { then?: unknown }).then === 'function') {
        follow(no, value as PromiseLike<unknown>, true);
        // The host looks at once, so the look this call needs is under way.
        state.worked = false;
        return TAG_PENDING;
      }
      reply = isView(value) ? TAG_BINARY + bytesToText(value) : toText(value);
    } else {
      reply = toText(value);
    }
  } catch (error) {
    reply = TAG_ERROR + describeFailure(error);
  }
  if (reply.length > state.maxResultChars) reply = TAG_ERROR + tooLarge(reply.length);
  if (!state.dirty) return reply;
  return repeatPlain(reply, no);
}

function toText(value: unknown): string {
  let text: string | undefined;
  try {
    text = jsonStringify(value);
  } catch (error) {
    return TAG_ERROR + describe('ResultNotSerializable', error);
  }
  return text === undefined ? TAG_ERROR + notSerializable(typeof value) : text;
}

/** Puts a plain reply into the settled list, because there is more to say beside it. */
function repeat(reply: string, no: number): void {
  const tag = reply[0];
  if (tag === undefined) put(no, KIND_UNDEFINED, '0');
  else if (tag === TAG_ERROR) put(no, KIND_ERROR, slice(reply, 1));
  else if (tag === TAG_BINARY) put(no, KIND_BINARY, jsonStringify(slice(reply, 1)));
  else put(no, KIND_VALUE, reply);
}

/** A plain reply in the form that can say more. */
export function repeatPlain(reply: string, no: number): string {
  repeat(reply, no);
  return report();
}

/** The same for a settled list. */
export function repeatSettled(list: string): string {
  if (list.length > 2) settled += `,${slice(list, 1, list.length - 1)}`;
  return report();
}

/** Everything there is to say; see the protocol for its form. */
export function report(): string {
  flushDone();
  const body = settled === '' ? '[]' : `[${slice(settled, 1)}]`;
  settled = '';
  const waiting = active + (queue.length - head) / 2;
  const more =
    head < queue.length && active < state.concurrency ? MORE_LATER : state.worked && waiting > 0 ? MORE_NOW : 0;
  state.worked = false;
  if (!state.dirty && waiting === 0) return body;
  const text = `${TAG_HEAD}[${more},${nextTimerMs()},${waiting},${takeLogs()},${takeHostCalls()}]\n${body}`;
  state.dirty = waiting > 0;
  return text;
}
