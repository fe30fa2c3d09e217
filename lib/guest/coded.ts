/** Errors the engine itself raises inside: an invocation that fails with one has its code. User code cannot make them. */
import { mapGetWeak, mapSetWeak, NativeError, NativeWeakMap, reflectDefineProperty } from './intrinsics.ts';

const codes = new NativeWeakMap<object, string>();

export function codedError(code: string, message: string): Error {
  const error = new NativeError(message);
  reflectDefineProperty(error, 'name', { value: 'IsopodError', writable: true, configurable: true });
  reflectDefineProperty(error, 'code', { value: code, writable: true, configurable: true, enumerable: true });
  mapSetWeak(codes, error, code);
  return error;
}

/** The code of an error made here; undefined for anything else. */
export function codeOf(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null ? mapGetWeak(codes, thrown) : undefined;
}
