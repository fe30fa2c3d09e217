/** `context.bindings`: one frozen object of async functions per granted name. */
import { encode } from '../protocol/values.ts';
import { codedError } from './coded.ts';
import { callHost } from './host-calls.ts';
import { bytesToText, objectCreate, objectFreeze, reflectOwnKeys } from './intrinsics.ts';
import { state } from './state.ts';

type Granted = Readonly<Record<string, readonly string[]>>;

/** `no`: the invocation the calls are put down to; 0 for none. */
export function makeBindings(granted: Granted, no: number): object {
  const all = objectCreate(null) as Record<string, object>;
  const names = reflectOwnKeys(granted) as string[];
  for (let at = 0; at < names.length; at++) {
    const binding = names[at] as string;
    const methods = granted[binding] as readonly string[];
    const made = objectCreate(null) as Record<string, unknown>;
    for (let index = 0; index < methods.length; index++) {
      const method = methods[index] as string;
      made[method] = (...args: unknown[]) => callHost(no, binding, method, () => textOf(binding, method, args));
    }
    all[binding] = objectFreeze(made);
  }
  return objectFreeze(all);
}

function textOf(binding: string, method: string, args: readonly unknown[]): string {
  let text: ReturnType<typeof encode>;
  try {
    text = encode(args, bytesToText);
  } catch {
    throw codedError('BindingArgumentInvalid', `${binding}.${method}: an argument threw an error while it was read`);
  }
  if (typeof text !== 'string') {
    throw codedError(
      'BindingArgumentInvalid',
      `${binding}.${method}: arguments${text.place} is ${text.what}; pass JSON values, Uint8Array or undefined`,
    );
  }
  if (text.length > state.maxResultChars) {
    throw codedError(
      'BindingQuotaExceeded',
      `${binding}.${method}: the arguments have ${text.length} characters as JSON; the engine's maxPayloadBytes allows ${state.maxResultChars}`,
    );
  }
  return text;
}
