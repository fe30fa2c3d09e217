/** `node:assert`. One file because the loose and the strict form are one set of functions. */
import { AssertionError } from './assertion-error.ts';
import { isDeepEqual, isDeepStrictEqual } from './deep-equal.ts';
import { invalidArgType, invalidArgValue, nodeError } from './errors.ts';
import { inspect } from './inspect.ts';

type Message = string | Error | undefined;
type Run = () => unknown;

interface Failure {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
  readonly message?: Message;
}

function fails({ actual, expected, operator, message }: Failure): never {
  if (message instanceof Error) throw message;
  throw new AssertionError({ actual, expected, operator, ...(message !== undefined && { message }) });
}

function need(count: number, ...names: string[]): void {
  if (count >= names.length) return;
  const listed = names.map((name) => `"${name}"`).join(' and ');
  throw nodeError(TypeError, 'ERR_MISSING_ARGS', `The ${listed} arguments must be specified`);
}

/** A comparison as an assertion. */
const compares = (operator: string, holds: (actual: unknown, expected: unknown) => boolean) =>
  Object.defineProperty(
    (...args: [actual?: unknown, expected?: unknown, message?: Message]): void => {
      need(args.length, 'actual', 'expected');
      const [actual, expected, message] = args;
      if (!holds(actual, expected)) fails({ actual, expected, operator, message });
    },
    'name',
    { value: operator },
  ) as (actual: unknown, expected: unknown, message?: Message) => void;

// biome-ignore lint/suspicious/noDoubleEquals: the loose comparison of assert.equal.
const loosely = (a: unknown, b: unknown): boolean => a == b || (Number.isNaN(a) && Number.isNaN(b));

export const strictEqual = compares('strictEqual', Object.is);
export const notStrictEqual = compares('notStrictEqual', (a, b) => !Object.is(a, b));
export const deepStrictEqual = compares('deepStrictEqual', isDeepStrictEqual);
export const notDeepStrictEqual = compares('notDeepStrictEqual', (a, b) => !isDeepStrictEqual(a, b));
export const partialDeepStrictEqual = compares('partialDeepStrictEqual', isPartOf);

const looseEqual = compares('==', loosely);
const looseNotEqual = compares('!=', (a, b) => !loosely(a, b));
const looseDeepEqual = compares('deepEqual', isDeepEqual);
const looseNotDeepEqual = compares('notDeepEqual', (a, b) => !isDeepEqual(a, b));

/** Whether everything in `expected` is in `actual`. */
function isPartOf(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return Object.is(actual, expected);
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return false;
    let at = 0;
    return expected.every((part) => {
      while (at < actual.length) if (isPartOf(actual[at++], part)) return true;
      return false;
    });
  }
  if (expected instanceof Map)
    return (
      actual instanceof Map && [...expected].every(([key, part]) => actual.has(key) && isPartOf(actual.get(key), part))
    );
  if (expected instanceof Set)
    return actual instanceof Set && [...expected].every((part) => [...actual].some((each) => isPartOf(each, part)));
  if (Object.getPrototypeOf(expected) !== Object.prototype) return isDeepStrictEqual(actual, expected);
  return Reflect.ownKeys(expected).every(
    (key) =>
      key in actual &&
      isPartOf((actual as Record<PropertyKey, unknown>)[key], (expected as Record<PropertyKey, unknown>)[key]),
  );
}

function check(operator: string, args: readonly unknown[]): void {
  const [value, message] = args as [unknown, Message];
  if (value) return;
  if (message instanceof Error) throw message;
  if (message !== undefined) throw new AssertionError({ actual: value, expected: true, operator, message });
  const text =
    args.length === 0 ? 'No value argument passed to `assert.ok()`' : 'The expression evaluated to a falsy value';
  const error = new AssertionError({ actual: value, expected: true, operator: '==', message: text });
  throw Object.assign(error, { generatedMessage: true });
}

export function ok(...args: [value?: unknown, message?: Message]): void {
  check('==', args);
}

export function fail(message?: Message): never {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ operator: 'fail', ...(message !== undefined && { message }) });
  throw error;
}

export function ifError(error: unknown): void {
  if (error === null || error === undefined) return;
  const said = error instanceof Error ? error.message || error.constructor.name : inspect(error);
  const made = new AssertionError({
    actual: error,
    expected: null,
    operator: 'ifError',
    message: `ifError got unwanted exception: ${said}`,
  });
  throw made;
}

export const match = (text: string, pattern: RegExp, message?: Message): void =>
  matches(text, pattern, message, true, 'match');
export const doesNotMatch = (text: string, pattern: RegExp, message?: Message): void =>
  matches(text, pattern, message, false, 'doesNotMatch');

function matches(text: unknown, pattern: unknown, message: Message, wanted: boolean, operator: string): void {
  if (!(pattern instanceof RegExp)) throw invalidArgType('regexp', 'an instance of RegExp', pattern);
  if (typeof text === 'string' && pattern.test(text) === wanted) return;
  if (message instanceof Error) throw message;
  const said =
    typeof text !== 'string'
      ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
      : `The input ${wanted ? 'did not match' : 'was expected to not match'} the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
  const error = new AssertionError({ actual: text, expected: pattern, operator, message: message ?? said });
  throw Object.assign(error, { generatedMessage: message === undefined });
}

const nothing = Symbol('nothing was thrown');
type Expected = unknown;

function caught(run: unknown): unknown {
  if (typeof run !== 'function') throw invalidArgType('fn', 'of type function', run);
  try {
    (run as Run)();
  } catch (error) {
    return error;
  }
  return nothing;
}

async function rejected(run: unknown): Promise<unknown> {
  let promise: unknown = run;
  if (typeof run === 'function') {
    promise = (run as Run)();
    if (!isThenable(promise)) {
      throw nodeError(
        TypeError,
        'ERR_INVALID_RETURN_VALUE',
        'Expected instance of Promise to be returned from the "promiseFn" function but got an instance of another type.',
      );
    }
  }
  if (!isThenable(promise)) throw invalidArgType('promiseFn', 'of type function or an instance of Promise', run);
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return nothing;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

function expects(operator: string, error: unknown, expected: Expected, given: Message): void {
  const [wanted, message] = typeof expected === 'string' ? [undefined, expected] : [expected, given];
  if (typeof expected === 'string' && error !== nothing && (error as Error)?.message === expected) {
    throw nodeError(
      TypeError,
      'ERR_AMBIGUOUS_ARGUMENT',
      `The "error/message" argument is ambiguous. The error message "${expected}" is identical to the message.`,
    );
  }
  if (error === nothing) {
    const name = (wanted as { name?: string } | undefined)?.name;
    const what = operator === 'rejects' ? 'rejection' : 'exception';
    const said = `Missing expected ${what}${name ? ` (${name})` : ''}${message === undefined ? '.' : `: ${message instanceof Error ? message.message : message}`}`;
    if (message instanceof Error) throw message;
    throw new AssertionError({ actual: undefined, expected: wanted, operator, message: said });
  }
  if (wanted !== undefined) checkError(operator, error, wanted, message);
}

/** The properties of an error that are compared. */
class Comparison {
  constructor(of: unknown, keys: readonly string[]) {
    for (const key of keys) {
      if (key in Object(of)) (this as Record<string, unknown>)[key] = (of as Record<string, unknown>)[key];
    }
  }
}

function checkError(operator: string, error: unknown, wanted: unknown, message: Message): void {
  const refuse = (said: string): never => {
    if (message instanceof Error) throw message;
    const made = new AssertionError({ actual: error, expected: wanted, operator, message: message ?? said });
    throw Object.assign(made, { generatedMessage: message === undefined });
  };
  if (wanted instanceof RegExp) {
    if (wanted.test(String(error))) return;
    refuse(`The input did not match the regular expression ${inspect(wanted)}. Input:\n\n${inspect(String(error))}\n`);
  }
  if (typeof wanted === 'object' && wanted !== null) {
    const keys = Object.keys(wanted);
    if (wanted instanceof Error) keys.push('name', 'message');
    else if (keys.length === 0) throw invalidArgValue('error', wanted, 'may not be an empty object');
    for (const key of keys) {
      const [a, b] = [(error as Record<string, unknown>)?.[key], (wanted as Record<string, unknown>)[key]];
      if (typeof a === 'string' && b instanceof RegExp && b.test(a)) continue;
      if (isDeepStrictEqual(a, b)) continue;
      if (message !== undefined) fails({ actual: error, expected: wanted, operator, message });
      const [actual, expected] = [new Comparison(error, keys), new Comparison(wanted, keys)];
      const made = new AssertionError({ actual, expected, operator: 'deepStrictEqual' });
      throw Object.assign(made, { actual: error, expected: wanted, operator });
    }
    return;
  }
  if (typeof wanted !== 'function')
    throw invalidArgType('expected', 'of type function or an instance of Error, RegExp, or Object', wanted);
  const Class = wanted as (new () => object) & ((error: unknown) => unknown);
  if (Class.prototype !== undefined && error instanceof Class) return;
  if (Class === (Error as unknown) || Error.prototype.isPrototypeOf.call(Error, Class)) {
    if (message === undefined && error instanceof Error) throw error;
    refuse(
      `The error is expected to be an instance of "${Class.name}". Received "${(error as object)?.constructor?.name ?? inspect(error)}"\n\nError message:\n\n${(error as Error)?.message}`,
    );
  }
  const held = Reflect.apply(Class, {}, [error]);
  if (held !== true) {
    refuse(
      `The ${Class.name ? `"${Class.name}" ` : ''}validation function is expected to return "true". Received ${inspect(held)}\n\nCaught error:\n\n${String(error)}`,
    );
  }
}

function expectsNone(operator: string, error: unknown, expected: Expected, given: Message): void {
  if (error === nothing) return;
  const [wanted, message] = typeof expected === 'string' ? [undefined, expected] : [expected, given];
  if (wanted !== undefined && !(typeof wanted === 'function' && error instanceof wanted)) throw error;
  const what = operator === 'doesNotReject' ? 'rejection' : 'exception';
  const tail = message === undefined ? '.' : `: ${message}`;
  throw new AssertionError({
    actual: error,
    expected: wanted,
    operator,
    message: `Got unwanted ${what}${tail}\nActual message: "${(error as Error)?.message}"`,
  });
}

export const throws = (run: Run, expected?: Expected, message?: Message): void =>
  expects('throws', caught(run), expected, message);
export const doesNotThrow = (run: Run, expected?: Expected, message?: Message): void =>
  expectsNone('doesNotThrow', caught(run), expected, message);
export const rejects = async (run: unknown, expected?: Expected, message?: Message): Promise<void> =>
  expects('rejects', await rejected(run), expected, message);
export const doesNotReject = async (run: unknown, expected?: Expected, message?: Message): Promise<void> =>
  expectsNone('doesNotReject', await rejected(run), expected, message);

export {
  AssertionError,
  looseDeepEqual as deepEqual,
  looseEqual as equal,
  looseNotDeepEqual as notDeepEqual,
  looseNotEqual as notEqual,
};

interface Assert {
  (...args: [value?: unknown, message?: Message]): void;
  [name: string]: unknown;
}

const shared = {
  AssertionError,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  partialDeepStrictEqual,
  rejects,
  strictEqual,
  throws,
};

const callable = (own: object): Assert =>
  Object.assign((...args: [value?: unknown, message?: Message]) => check('==', args), shared, own) as unknown as Assert;

export const strict: Assert = callable({
  deepEqual: deepStrictEqual,
  equal: strictEqual,
  notDeepEqual: notDeepStrictEqual,
  notEqual: notStrictEqual,
});
const assert: Assert = callable({
  deepEqual: looseDeepEqual,
  equal: looseEqual,
  notDeepEqual: looseNotDeepEqual,
  notEqual: looseNotEqual,
  strict,
});
strict.strict = strict;
export default assert;
