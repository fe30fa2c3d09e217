/** Thrown values as data. Every read of a guest value may run guest code or throw, so each is fenced in. */
import { append, jsonStringify, newList, slice, stringOf } from './intrinsics.ts';

/** Longest message and stack that cross, in characters. */
const MAX_MESSAGE = 8_192;
const MAX_STACK = 16_384;

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown, limit: number): string | undefined =>
  typeof value === 'string' ? slice(value, 0, limit) : undefined;

/** The JSON text of a GuestError about `thrown`. Never throws. */
export function describe(code: string, thrown: unknown): string {
  let type: string | undefined;
  let message: string | undefined;
  let stack: string | undefined;
  if (typeof thrown === 'object' && thrown !== null) {
    type = textOf(read(thrown, 'name'), 256);
    message = textOf(read(thrown, 'message'), MAX_MESSAGE);
    stack = textOf(read(thrown, 'stack'), MAX_STACK);
    if (message === undefined) {
      try {
        message = textOf(jsonStringify(thrown), MAX_MESSAGE);
      } catch {
        message = undefined;
      }
    }
  } else if (typeof thrown === 'function') {
    message = 'a function was thrown';
  } else {
    message = slice(stringOf(thrown), 0, MAX_MESSAGE);
  }
  return errorText(code, message ?? 'an object without a message was thrown', type, stack);
}

/** A failure whose GuestError text is made already; thrown by the kernel to itself. */
export class Described {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text, of one of these. Asks a thrown value nothing: `instanceof` would ask a proxy, and throw over a revoked one. */
  static textOf(thrown: unknown): string | undefined {
    return typeof thrown === 'object' && thrown !== null && #text in thrown ? thrown.#text : undefined;
  }
}

/** The JSON text of a GuestError the kernel raises itself. */
export function errorText(code: string, message: string, type?: string, stack?: string): string {
  let text = `{"code":${jsonStringify(code)},"message":${jsonStringify(message)}`;
  if (type !== undefined) text += `,"errorType":${jsonStringify(type)}`;
  if (stack !== undefined) text += `,"stack":${jsonStringify(stack)}`;
  return `${text}}`;
}

/** Bounded, side-effect-fenced rendering of a logged value: nested to 4 levels, 100 entries a level. */
export function inspect(value: unknown, depth = 0): string {
  if (typeof value === 'string') return depth === 0 ? value : jsonStringify(value);
  if (typeof value === 'function') return '[Function]';
  if (typeof value === 'bigint') return `${stringOf(value)}n`;
  if (typeof value !== 'object' || value === null) return stringOf(value);
  const stack = textOf(read(value, 'stack'), MAX_STACK);
  if (stack !== undefined) return stack;
  if (depth >= 4) return '[Object]';
  try {
    const seen = newList<unknown>();
    let budget = 2_000;
    const text = jsonStringify(value, (_key, inner: unknown) => {
      if (--budget < 0) return undefined;
      if (typeof inner === 'bigint') return `${stringOf(inner)}n`;
      if (typeof inner === 'object' && inner !== null) {
        for (let at = 0; at < seen.length; at++) if (seen[at] === inner) return '[Circular]';
        if (seen.length < 200) append(seen, inner);
      }
      return inner;
    });
    return text === undefined ? '[Object]' : text;
  } catch {
    return '[Object]';
  }
}
