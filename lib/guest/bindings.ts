/** `context.bindings`: one frozen object of async functions per granted name. */
import { encode } from '../protocol/values.ts';
import { codedError } from './coded.ts';
import { callHost, targetOf } from './host-calls.ts';
import { append, bytesToText, newList, objectCreate, objectFreeze, reflectOwnKeys } from './intrinsics.ts';
import { state } from './state.ts';

interface Method {
  readonly name: string;
  readonly target: string;
  readonly textOf: (args: readonly unknown[]) => string;
}

interface Binding {
  readonly name: string;
  readonly methods: readonly Method[];
}

/** What is the same for every call of an instance. */
export function readGrants(granted: Readonly<Record<string, readonly string[]>>): readonly Binding[] {
  const bindings = newList<Binding>();
  const names = reflectOwnKeys(granted) as string[];
  for (let at = 0; at < names.length; at++) {
    const binding = names[at] as string;
    const methods = newList<Method>();
    const methodNames = granted[binding] as readonly string[];
    for (let index = 0; index < methodNames.length; index++) {
      const name = methodNames[index] as string;
      const textOf = (args: readonly unknown[]): string => textOfArgs(`${binding}.${name}`, args);
      append(methods, { name, target: targetOf(binding, name), textOf });
    }
    append(bindings, { name: binding, methods });
  }
  return bindings;
}

/** `no`: the invocation the calls are put down to; 0 for none. */
export function makeBindings(granted: readonly Binding[], no: number): object {
  const all = objectCreate(null) as Record<string, object>;
  for (let at = 0; at < granted.length; at++) {
    const { name, methods } = granted[at] as Binding;
    const made = objectCreate(null) as Record<string, unknown>;
    for (let index = 0; index < methods.length; index++) {
      const { name: method, target, textOf } = methods[index] as Method;
      made[method] = (...args: unknown[]) => callHost(no, target, args, textOf);
    }
    all[name] = objectFreeze(made);
  }
  return objectFreeze(all);
}

function textOfArgs(place: string, args: readonly unknown[]): string {
  let text: ReturnType<typeof encode>;
  try {
    text = encode(args, bytesToText);
  } catch {
    throw codedError('BindingArgumentInvalid', `${place}: an argument threw an error while it was read`);
  }
  if (typeof text !== 'string') {
    throw codedError(
      'BindingArgumentInvalid',
      `${place}: arguments${text.place} is ${text.what}; pass JSON values, Uint8Array or undefined`,
    );
  }
  if (text.length > state.maxResultChars) {
    throw codedError(
      'BindingQuotaExceeded',
      `${place}: the arguments have ${text.length} characters as JSON and ${state.maxResultChars} are allowed; raise the engine's maxPayloadBytes`,
    );
  }
  return text;
}
