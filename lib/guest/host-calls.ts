/** Calls out of the isolate: an outbox the host empties, an inbox of answers. */
import { ANSWER_ENCODED, ANSWER_VALUE, ENGINE, type HostFailure, NEAR_OPERATION } from '../protocol/door.ts';
import { revive } from '../protocol/values.ts';
import { codedError } from './coded.ts';
import {
  append,
  getFrom,
  jsonStringify,
  NativeError,
  NativeMap,
  NativePromise,
  newList,
  putIn,
  reflectDefineProperty,
  reflectOwnKeys,
  removeFrom,
  textToBytes,
} from './intrinsics.ts';
import { state } from './state.ts';

/** The part of a limit of which the host is told. */
export const NEAR = 0.8;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

let nextId = 1;
let waitingCount = 0;
const waiting = new NativeMap<number, Waiting>();
let outbox = newList<string>();

/** `binding` and `method` as they are written into the outbox. */
export const targetOf = (binding: string, method: string): string =>
  `,${jsonStringify(binding)},${jsonStringify(method)},`;

/**
 * `no`: the invocation that calls, 0 where it does not matter. `target`: made by `targetOf`. `textOf` makes the text of
 * the arguments; what it throws rejects.
 */
export function callHost<A>(no: number, target: string, args: A, textOf: (args: A) => string): Promise<unknown> {
  return new NativePromise((resolve, reject) => {
    if (waitingCount >= state.maxHostCalls) {
      throw codedError(
        'HostCallLimitExceeded',
        `An instance may have at most ${state.maxHostCalls} host calls waiting; await some before making more`,
      );
    }
    const text = textOf(args);
    const id = nextId++;
    waitingCount++;
    putIn(waiting, id, { resolve, reject });
    append(outbox, `${id},${no}${target}${jsonStringify(text)}`);
    state.dirty = true;
    if (waitingCount === ((state.maxHostCalls * NEAR) | 0)) tellNear('host calls', waitingCount, state.maxHostCalls);
  });
}

/** Tells the host that little is left of a limit that is kept in here. Nothing is answered, so it has no number. */
export function tellNear(limit: string, used: number, allowed: number): void {
  const text = `["${limit}",${used},${allowed}]`;
  append(outbox, `0,${state.current}${targetOf(ENGINE, NEAR_OPERATION)}${jsonStringify(text)}`);
  state.dirty = true;
}

/** `hostCalls` of a head line: flat id, call number, binding, method, arguments as text. Starts anew. */
export function takeHostCalls(): string {
  let text = '[';
  for (let at = 0; at < outbox.length; at++) text += (at === 0 ? '' : ',') + outbox[at];
  if (outbox.length > 0) outbox = newList<string>();
  return `${text}]`;
}

/** Takes flat answers: id, how, value or HostFailure. */
export function answer(answers: readonly unknown[]): void {
  for (let at = 0; at + 2 < answers.length; at += 3) {
    const id = answers[at] as number;
    const entry = getFrom(waiting, id);
    if (entry === undefined) continue;
    removeFrom(waiting, id);
    waitingCount--;
    const how = answers[at + 1];
    if (how === ANSWER_VALUE) entry.resolve(answers[at + 2]);
    else if (how === ANSWER_ENCODED) entry.resolve(revive(answers[at + 2], textToBytes));
    else entry.reject(toError(answers[at + 2] as HostFailure));
  }
}

/** Properties are defined, never set: a setter on a prototype must not see them. */
function toError(failure: HostFailure): Error {
  const { name, message, code, engine, more } = failure;
  const error = engine === true ? codedError(code as string, message) : new NativeError(message);
  if (engine === true) return error;
  defineOn(error, 'name', name, false);
  if (code !== undefined) defineOn(error, 'code', code, true);
  if (more === undefined) return error;
  const keys = reflectOwnKeys(more) as string[];
  for (let at = 0; at < keys.length; at++) defineOn(error, keys[at] as string, more[keys[at] as string], true);
  return error;
}

function defineOn(error: Error, key: string, value: unknown, enumerable: boolean): void {
  reflectDefineProperty(error, key, { value, writable: true, configurable: true, enumerable });
}
