/** Errors as Node.js makes them: a code beside the message, and its words for arguments of a wrong type. */

type ErrorClass = new (message: string) => Error;

export interface NodeError extends Error {
  code: string;
}

/** An error of `Class` with `code`; `name [code]` shows in the stack only, as Node.js has it. */
export function nodeError(Class: ErrorClass, code: string, message: string): NodeError {
  const error = new Class(message) as NodeError;
  Object.defineProperty(error, 'name', { value: `${error.name} [${code}]`, configurable: true, writable: true });
  // Reading the stack writes it down with the longer name.
  void error.stack;
  delete (error as { name?: string }).name;
  error.code = code;
  return error;
}

function received(value: unknown): string {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const name = (value.constructor as { name?: string } | undefined)?.name;
    return name ? ` Received an instance of ${name}` : ' Received [Object: null prototype] {}';
  }
  const text = typeof value === 'bigint' ? `${value}n` : String(value);
  const shown = text.length > 28 ? `${text.slice(0, 25)}...` : text;
  return ` Received type ${typeof value} (${typeof value === 'string' ? `'${shown}'` : shown})`;
}

/** `expected` in Node.js's words, such as `of type string` or `an instance of Buffer`. */
export function invalidArgType(name: string, expected: string, value: unknown): NodeError {
  const what = name.includes('.') ? 'property' : 'argument';
  return nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" ${what} must be ${expected}.${received(value)}`);
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): NodeError {
  const what = name.includes('.') ? 'property' : 'argument';
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  return nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${what} '${name}' ${reason}. Received ${shown}`);
}

const thousands = (value: number): string => {
  const text = String(value);
  return Number.isInteger(value) && Math.abs(value) > 2 ** 32 ? text.replace(/\B(?=(\d{3})+$)/g, '_') : text;
};

export function outOfRange(name: string, range: string, value: unknown): NodeError {
  const shown = typeof value === 'number' ? thousands(value) : String(value);
  return nodeError(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`,
  );
}

/** What this runtime does not have; `instead` says what to use. */
export function unsupported(what: string, instead: string): NodeError {
  return nodeError(Error, 'ERR_ISOPOD_UNSUPPORTED', `${what} does not exist in an isolate: ${instead}`);
}

export function needFunction(name: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function') throw invalidArgType(name, 'of type function', value);
}

export function needString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalidArgType(name, 'of type string', value);
}

/** A whole number between two bounds, both included. */
export function needInteger(name: string, value: unknown, min: number, max: number): asserts value is number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

/** Node.js's answer to an aborted signal. */
export function abortError(cause?: unknown): NodeError {
  const error = new Error('The operation was aborted', cause === undefined ? undefined : { cause }) as NodeError;
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}
