/** `node:util/types`. What a value is, told by its internal slots where the language lets one look. */

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as () => string | undefined;
const typedName = (value: unknown): string | undefined =>
  ArrayBuffer.isView(value) ? (Reflect.apply(tagOf, value, []) as string | undefined) : undefined;

/** Whether `probe`, which reads an internal slot, takes the value. */
const has =
  (probe: (value: never) => unknown) =>
  (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    try {
      probe(value as never);
      return true;
    } catch {
      return false;
    }
  };

const getter = (prototype: object, name: string): (() => unknown) =>
  Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
const mapSize = getter(Map.prototype, 'size');
const setSize = getter(Set.prototype, 'size');
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

export const isArrayBuffer: (value: unknown) => boolean = has((value: ArrayBuffer) =>
  Reflect.apply(bufferLength, value, []),
);
export const isSharedArrayBuffer = (value: unknown): boolean =>
  typeof value === 'object' && kindOf(value) === 'SharedArrayBuffer';
export const isAnyArrayBuffer = (value: unknown): boolean => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isArrayBufferView = (value: unknown): boolean => ArrayBuffer.isView(value);
export const isTypedArray = (value: unknown): boolean => typedName(value) !== undefined;
export const isDataView = (value: unknown): boolean => ArrayBuffer.isView(value) && !isTypedArray(value);
export const isMap: (value: unknown) => boolean = has((value: Map<unknown, unknown>) =>
  Reflect.apply(mapSize, value, []),
);
export const isSet: (value: unknown) => boolean = has((value: Set<unknown>) => Reflect.apply(setSize, value, []));
export const isWeakMap: (value: unknown) => boolean = has((value: WeakMap<object, unknown>) =>
  WeakMap.prototype.has.call(value, {}),
);
export const isWeakSet: (value: unknown) => boolean = has((value: WeakSet<object>) =>
  WeakSet.prototype.has.call(value, {}),
);
export const isDate: (value: unknown) => boolean = has((value: Date) => Date.prototype.getTime.call(value));
export const isRegExp: (value: unknown) => boolean = has((value: RegExp) => {
  if (value === RegExp.prototype) throw new TypeError('the prototype is none');
  Reflect.apply(getter(RegExp.prototype, 'hasIndices'), value, []);
});
export const isNativeError = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (kindOf(value) === 'Error' || value instanceof Error);
export const isPromise = (value: unknown): boolean => value instanceof Promise;
export const isNumberObject: (value: unknown) => boolean = has((value: number) => Number.prototype.valueOf.call(value));
export const isStringObject: (value: unknown) => boolean = has((value: string) => String.prototype.valueOf.call(value));
export const isBooleanObject: (value: unknown) => boolean = has((value: boolean) =>
  Boolean.prototype.valueOf.call(value),
);
export const isBigIntObject: (value: unknown) => boolean = has((value: bigint) => BigInt.prototype.valueOf.call(value));
export const isSymbolObject: (value: unknown) => boolean = has((value: symbol) => Symbol.prototype.valueOf.call(value));
export const isBoxedPrimitive = (value: unknown): boolean =>
  isNumberObject(value) ||
  isStringObject(value) ||
  isBooleanObject(value) ||
  isBigIntObject(value) ||
  isSymbolObject(value);
export const isAsyncFunction = (value: unknown): boolean =>
  typeof value === 'function' && /^Async(Generator)?Function$/.test(kindOf(value));
export const isGeneratorFunction = (value: unknown): boolean =>
  typeof value === 'function' && /GeneratorFunction$/.test(kindOf(value));
export const isGeneratorObject = (value: unknown): boolean =>
  typeof value === 'object' && /^(Async)?Generator$/.test(kindOf(value));
export const isMapIterator = (value: unknown): boolean => kindOf(value) === 'Map Iterator';
export const isSetIterator = (value: unknown): boolean => kindOf(value) === 'Set Iterator';
export const isModuleNamespaceObject = (value: unknown): boolean =>
  typeof value === 'object' && kindOf(value) === 'Module';
export const isArgumentsObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !(Symbol.toStringTag in value) && kindOf(value) === 'Arguments';
export const isProxy = (_value: unknown): boolean => false;
export const isExternal = (_value: unknown): boolean => false;
export const isCryptoKey = (value: unknown): boolean => kindOf(value) === 'CryptoKey';
export const isKeyObject = (value: unknown): boolean => kindOf(value) === 'KeyObject';

const typed =
  (name: string) =>
  (value: unknown): boolean =>
    typedName(value) === name;
export const isUint8Array: (value: unknown) => boolean = typed('Uint8Array');
export const isUint8ClampedArray: (value: unknown) => boolean = typed('Uint8ClampedArray');
export const isUint16Array: (value: unknown) => boolean = typed('Uint16Array');
export const isUint32Array: (value: unknown) => boolean = typed('Uint32Array');
export const isInt8Array: (value: unknown) => boolean = typed('Int8Array');
export const isInt16Array: (value: unknown) => boolean = typed('Int16Array');
export const isInt32Array: (value: unknown) => boolean = typed('Int32Array');
export const isFloat16Array: (value: unknown) => boolean = typed('Float16Array');
export const isFloat32Array: (value: unknown) => boolean = typed('Float32Array');
export const isFloat64Array: (value: unknown) => boolean = typed('Float64Array');
export const isBigInt64Array: (value: unknown) => boolean = typed('BigInt64Array');
export const isBigUint64Array: (value: unknown) => boolean = typed('BigUint64Array');
