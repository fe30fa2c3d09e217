/**
 * The intrinsics the kernel uses, taken before any user code runs. Kernel code calls nothing through a prototype
 * a guest could have changed: no array methods, no string methods, no `for of`, no spread of iterables.
 */
const { apply, construct, defineProperty, ownKeys, getOwnPropertyDescriptor, deleteProperty, getPrototypeOf } = Reflect;
const { create, freeze, setPrototypeOf } = Object;

export const reflectApply = apply;
export const reflectConstruct = construct;

/** Defines a property as `descriptor` itself says: what a guest put on `Object.prototype` is no part of it. */
export function reflectDefineProperty(target: object, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
  return defineProperty(target, key, setPrototypeOf(descriptor, null));
}

export const reflectOwnKeys = ownKeys;
export const reflectDeleteProperty = deleteProperty;
export const reflectGetOwnPropertyDescriptor = getOwnPropertyDescriptor;
export const reflectGetPrototypeOf = getPrototypeOf;
export const objectCreate = create;
export const objectFreeze = freeze;
export const objectSetPrototypeOf = setPrototypeOf;

export const jsonParse = JSON.parse;
export const jsonStringify = JSON.stringify;
export const dateNow = Date.now;
export const NativeDate = Date;
const dateToISOString = Date.prototype.toISOString;
export const isView = ArrayBuffer.isView;
export const isArray = Array.isArray;
export const NativePromise = Promise;
const promiseThen = Promise.prototype.then;
export const NativeError = Error;
export const NativeTypeError = TypeError;
export const NativeRangeError = RangeError;
export const NativeUint8Array = Uint8Array;
export const NativeFunction = Function;
export const stringOf = String;
export const numberOf = Number;
export const numberParseInt = Number.parseInt;
export const numberParseFloat = Number.parseFloat;
export const mathRandom = Math.random;
const numberToString = Number.prototype.toString;
const stringSlice = String.prototype.slice;
const stringIndexOf = String.prototype.indexOf;
const stringPadStart = String.prototype.padStart;
const stringCharCodeAt = String.prototype.charCodeAt;
const fromCharCode = String.fromCharCode;
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object;
const typedSubarray = Uint8Array.prototype.subarray;
// biome-ignore lint/style/noNonNullAssertion: these accessors are part of the language.
const typedByteLength = getOwnPropertyDescriptor(typedArrayPrototype, 'byteLength')!.get!;
// biome-ignore lint/style/noNonNullAssertion: as above.
const typedBuffer = getOwnPropertyDescriptor(typedArrayPrototype, 'buffer')!.get!;
// biome-ignore lint/style/noNonNullAssertion: as above.
const typedByteOffset = getOwnPropertyDescriptor(typedArrayPrototype, 'byteOffset')!.get!;
// biome-ignore lint/style/noNonNullAssertion: as above.
const typedTag = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)!.get!;
const mapGet = Map.prototype.get;
const mapSet = Map.prototype.set;
const mapDelete = Map.prototype.delete;

const weakGet = WeakMap.prototype.get;
const weakSet = WeakMap.prototype.set;

export const NativeMap = Map;
export const NativeWeakMap = WeakMap;

/** An array without a prototype: setters on `Array.prototype` or `Object.prototype` cannot see what is put in. */
export function newList<T>(): T[] {
  return setPrototypeOf([] as T[], null) as T[];
}

export function append<T>(list: T[], value: T): void {
  list[list.length] = value;
}

export const getFrom = <K, V>(map: Map<K, V>, key: K): V | undefined => apply(mapGet, map, [key]) as V | undefined;
export const putIn = <K, V>(map: Map<K, V>, key: K, value: V): void => void apply(mapSet, map, [key, value]);
export const removeFrom = <K, V>(map: Map<K, V>, key: K): void => void apply(mapDelete, map, [key]);

export const mapGetWeak = <K extends WeakKey, V>(map: WeakMap<K, V>, key: K): V | undefined =>
  apply(weakGet, map, [key]) as V | undefined;
export const mapSetWeak = <K extends WeakKey, V>(map: WeakMap<K, V>, key: K, value: V): void =>
  void apply(weakSet, map, [key, value]);

export const slice = (text: string, from: number, to?: number): string =>
  apply(stringSlice, text, [from, to]) as string;
export const indexOf = (text: string, part: string): number => apply(stringIndexOf, text, [part]) as number;
export const isoTime = (ms: number): string => apply(dateToISOString, new NativeDate(ms), []) as string;

/** The request id of a call; see `requestIdOf` in the protocol, which cannot be used here as it trusts prototypes. */
export function requestId(prefix: string, no: number): string {
  return prefix + (apply(stringPadStart, apply(numberToString, no, [16]), [12, '0']) as string);
}

export function onSettled(
  promise: Promise<unknown>,
  ok: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  apply(promiseThen, promise, [ok, failed]);
}

/** One character per byte, which crosses the door as a plain one-byte string. */
export function bytesToText(view: ArrayBufferView): string {
  const bytes =
    apply(typedTag, view, []) === 'Uint8Array'
      ? (view as Uint8Array)
      : new NativeUint8Array(bufferOf(view), byteOffsetOf(view), byteLengthOf(view));
  const length = apply(typedByteLength, bytes, []) as number;
  // 8,192 arguments a call: far below V8's limit, and large enough to amortise the call.
  const step = 8_192;
  let text = '';
  for (let at = 0; at < length; at += step) {
    text += apply(
      fromCharCode,
      undefined,
      apply(typedSubarray, bytes, [at, at + step]) as unknown as number[],
    ) as string;
  }
  return text;
}

const dataViewByteLength = getOwnPropertyDescriptor(DataView.prototype, 'byteLength')?.get as () => number;
const dataViewBuffer = getOwnPropertyDescriptor(DataView.prototype, 'buffer')?.get as () => ArrayBuffer;
const dataViewByteOffset = getOwnPropertyDescriptor(DataView.prototype, 'byteOffset')?.get as () => number;
const isTyped = (view: ArrayBufferView): boolean => apply(typedTag, view, []) !== undefined;
const bufferOf = (view: ArrayBufferView): ArrayBuffer =>
  apply(isTyped(view) ? typedBuffer : dataViewBuffer, view, []) as ArrayBuffer;
const byteOffsetOf = (view: ArrayBufferView): number =>
  apply(isTyped(view) ? typedByteOffset : dataViewByteOffset, view, []) as number;
const byteLengthOf = (view: ArrayBufferView): number =>
  apply(isTyped(view) ? typedByteLength : dataViewByteLength, view, []) as number;

export function textToBytes(text: string): Uint8Array {
  const { length } = text;
  const bytes = new NativeUint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = apply(stringCharCodeAt, text, [at]) as number;
  return bytes;
}
