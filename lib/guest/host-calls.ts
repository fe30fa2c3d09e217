/** Calls out of the isolate to granted bindings: an outbox the host empties, an inbox of answers. */
import {
  append,
  getFrom,
  jsonStringify,
  NativeError,
  NativeMap,
  NativePromise,
  newList,
  objectCreate,
  objectFreeze,
  putIn,
  reflectOwnKeys,
  removeFrom,
} from './intrinsics.ts';
import { state } from './state.ts';

/** Too many host calls wait; a call that fails with it has a code of its own. */
export class HostCallLimit extends NativeError {}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

let nextId = 1;
let waitingCount = 0;
const waiting = new NativeMap<number, Waiting>();
let outbox = newList<string>();

export function callHost(binding: string, method: string, args: unknown[]): Promise<unknown> {
  return new NativePromise((resolve, reject) => {
    if (waitingCount >= state.maxHostCalls) {
      throw new HostCallLimit(`An instance may have at most ${state.maxHostCalls} host calls waiting`);
    }
    const text = jsonStringify(args);
    const id = nextId++;
    waitingCount++;
    putIn(waiting, id, { resolve, reject });
    append(outbox, `${id},${jsonStringify(binding)},${jsonStringify(method)},${jsonStringify(text)}`);
    state.dirty = true;
  });
}

/** `hostCalls` of a head line: flat id, binding, method, arguments as JSON text. Starts anew. */
export function takeHostCalls(): string {
  let text = '[';
  for (let at = 0; at < outbox.length; at++) text += (at === 0 ? '' : ',') + outbox[at];
  if (outbox.length > 0) outbox = newList<string>();
  return `${text}]`;
}

/** Takes flat answers: id, ok (1 or 0), value or `{name, message}`. */
export function answer(answers: readonly unknown[]): void {
  for (let at = 0; at + 2 < answers.length; at += 3) {
    const id = answers[at] as number;
    const entry = getFrom(waiting, id);
    if (entry === undefined) continue;
    removeFrom(waiting, id);
    waitingCount--;
    if (answers[at + 1] === 1) {
      entry.resolve(answers[at + 2]);
    } else {
      const facts = answers[at + 2] as { name: string; message: string };
      const error = new NativeError(facts.message);
      error.name = facts.name;
      entry.reject(error);
    }
  }
}

/** `context.bindings`: one frozen object of async functions per granted name. */
export function makeBindings(granted: Readonly<Record<string, readonly string[]>>): object {
  const all = objectCreate(null) as Record<string, object>;
  const names = reflectOwnKeys(granted) as string[];
  for (let at = 0; at < names.length; at++) {
    const binding = names[at] as string;
    const methods = granted[binding] as readonly string[];
    const made = objectCreate(null) as Record<string, unknown>;
    for (let index = 0; index < methods.length; index++) {
      const method = methods[index] as string;
      made[method] = (...args: unknown[]) => callHost(binding, method, args);
    }
    all[binding] = objectFreeze(made);
  }
  return objectFreeze(all);
}
