/** Deep equality as `node:assert` and `util.isDeepStrictEqual` have it. */
import * as types from './util-types.ts';

type Pairs = Map<object, object>;
type Bag = Record<PropertyKey, unknown>;

export const isDeepStrictEqual = (a: unknown, b: unknown): boolean => equal(a, b, true, new Map());
/** As `==` compares. */
export const isDeepEqual = (a: unknown, b: unknown): boolean => equal(a, b, false, new Map());

function equal(a: unknown, b: unknown, strict: boolean, seen: Pairs): boolean {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  const objects = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  if (!objects) {
    if (strict) return Object.is(a, b);
    if ((a !== null && typeof a === 'object') || (b !== null && typeof b === 'object')) return false;
    // biome-ignore lint/suspicious/noDoubleEquals: the loose comparison of assert.deepEqual.
    return a == b || (Number.isNaN(a) && Number.isNaN(b));
  }
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  const same = sameKind(a, b, strict) && sameContents(a, b, strict, seen) && sameProperties(a, b, strict, seen);
  seen.delete(a);
  return same;
}

const kindOf = (value: object): string => Object.prototype.toString.call(value);

function sameKind(a: object, b: object, strict: boolean): boolean {
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  return (
    kindOf(a) === kindOf(b) &&
    Array.isArray(a) === Array.isArray(b) &&
    types.isMap(a) === types.isMap(b) &&
    types.isSet(a) === types.isSet(b) &&
    types.isDate(a) === types.isDate(b) &&
    types.isRegExp(a) === types.isRegExp(b) &&
    types.isNativeError(a) === types.isNativeError(b) &&
    types.isBoxedPrimitive(a) === types.isBoxedPrimitive(b)
  );
}

/** What lies in internal slots. */
function sameContents(a: object, b: object, strict: boolean, seen: Pairs): boolean {
  if (types.isDate(a)) return Object.is((a as Date).getTime(), (b as Date).getTime());
  if (types.isRegExp(a)) {
    const [x, y] = [a as RegExp, b as RegExp];
    return x.source === y.source && x.flags === y.flags && x.lastIndex === y.lastIndex;
  }
  if (types.isNativeError(a)) {
    const [x, y] = [a as Error, b as Error];
    return (
      x.message === y.message &&
      x.name === y.name &&
      equal(x.cause, y.cause, strict, seen) &&
      equal((x as AggregateError).errors, (y as AggregateError).errors, strict, seen)
    );
  }
  if (types.isBoxedPrimitive(a)) return Object.is(a.valueOf(), b.valueOf());
  if (types.isAnyArrayBuffer(a)) return sameBytes(new Uint8Array(a as ArrayBuffer), new Uint8Array(b as ArrayBuffer));
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(viewOf(a), viewOf(b));
  if (types.isSet(a)) return sameSet(a as Set<unknown>, b as Set<unknown>, strict, seen);
  if (types.isMap(a)) return sameMap(a as Map<unknown, unknown>, b as Map<unknown, unknown>, strict, seen);
  return true;
}

const viewOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

const isOpen = (value: unknown, strict: boolean): boolean => (typeof value === 'object' && value !== null) || !strict;

function sameSet(a: Set<unknown>, b: Set<unknown>, strict: boolean, seen: Pairs): boolean {
  if (a.size !== b.size) return false;
  const rest = [...b].filter((value) => !a.has(value));
  for (const value of a) {
    if (b.has(value)) continue;
    if (!isOpen(value, strict)) return false;
    const at = rest.findIndex((other) => equal(value, other, strict, seen));
    if (at < 0) return false;
    rest.splice(at, 1);
  }
  return true;
}

function sameMap(a: Map<unknown, unknown>, b: Map<unknown, unknown>, strict: boolean, seen: Pairs): boolean {
  if (a.size !== b.size) return false;
  const rest = [...b].filter(([key]) => !a.has(key));
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!equal(value, b.get(key), strict, seen)) return false;
      continue;
    }
    if (!isOpen(key, strict)) return false;
    const at = rest.findIndex(([k, v]) => equal(key, k, strict, seen) && equal(value, v, strict, seen));
    if (at < 0) return false;
    rest.splice(at, 1);
  }
  return true;
}

const symbolsOf = (value: object): symbol[] =>
  Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));

function sameProperties(a: object, b: object, strict: boolean, seen: Pairs): boolean {
  if (ArrayBuffer.isView(a) || types.isAnyArrayBuffer(a)) return true;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const keys: PropertyKey[] = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  if (strict) {
    const symbols = symbolsOf(a);
    if (symbols.length !== symbolsOf(b).length) return false;
    keys.push(...symbols);
  }
  return keys.every(
    (key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) && equal((a as Bag)[key], (b as Bag)[key], strict, seen),
  );
}
