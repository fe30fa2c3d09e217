/** `structuredClone` (HTML standard, 2.7) for everything an isolate has. */
import { Blob, blobBytes, File } from './blob.ts';
import { DOMException } from './dom-exception.ts';
import { dictionary } from './events.ts';
import { requireArguments } from './idl.ts';

/** What takes an object's place on the other side, empty until `move` leaves nothing in the object itself. */
export interface Move {
  readonly made: object;
  move(): void;
}

/** Classes of the library whose objects can be transferred; message-channel.ts adds its ports. */
export const transferables = new Map<new () => object, (object: object) => Move>();

export function structuredClone<T>(value: T, options?: { readonly transfer?: Iterable<object> }): T {
  requireArguments(arguments.length, 1, 'structuredClone');
  return cloneWith(value, [...(dictionary<{ transfer?: Iterable<object> }>(options).transfer ?? [])]).value as T;
}

/** The clone, and what the transferred objects other than buffers became. */
export function cloneWith(value: unknown, transfer: readonly object[]): { value: unknown; moved: object[] } {
  const moves = transfer.map((object, at) => {
    if (transfer.indexOf(object) !== at) throw dataClone('An object is to be transferred twice');
    return moveOf(object);
  });
  const cloned = copy(value, new Map(moves.map(({ made }, at) => [transfer[at] as object, made])));
  // Last, so that a failure on the way leaves everything as it was.
  for (const move of moves) move.move();
  return { value: cloned, moved: moves.map(({ made }) => made).filter((made) => !(made instanceof ArrayBuffer)) };
}

function moveOf(object: object): Move {
  // Copied and then detached: views of the clone need their buffer before the original is emptied.
  if (object instanceof ArrayBuffer) return { made: copyBuffer(object), move: () => void object.transfer(0) };
  const mover = moverOf(object);
  if (mover === undefined) throw dataClone('An object that is to be transferred cannot be');
  return mover(object);
}

function moverOf(object: unknown): ((object: object) => Move) | undefined {
  for (const [Class, mover] of transferables) if (object instanceof Class) return mover;
  return undefined;
}

const dataClone = (message: string): DOMException => new DOMException(message, 'DataCloneError');
const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw dataClone(`A ${typeof value} cannot be cloned`);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const made = shellOf(value, seen);
  seen.set(value, made);
  if (value instanceof Map) {
    for (const [key, inner] of [...value]) (made as Map<unknown, unknown>).set(copy(key, seen), copy(inner, seen));
  } else if (value instanceof Set) {
    for (const inner of [...value]) (made as Set<unknown>).add(copy(inner, seen));
  } else if (value instanceof Error) {
    if (Object.hasOwn(value, 'cause')) define(made, 'cause', copy(value.cause, seen));
  } else if (isPlain(value)) {
    for (const key of Object.keys(value)) {
      // Read again: a getter before may have removed it.
      if (!Object.hasOwn(value, key)) continue;
      const inner = copy((value as Record<string, unknown>)[key], seen);
      Object.defineProperty(made, key, { value: inner, writable: true, enumerable: true, configurable: true });
    }
  }
  return made;
}

const define = (object: object, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, writable: true, configurable: true });
};

const errorClasses: Readonly<Record<string, ErrorConstructor>> = {
  EvalError: EvalError as ErrorConstructor,
  RangeError: RangeError as ErrorConstructor,
  ReferenceError: ReferenceError as ErrorConstructor,
  SyntaxError: SyntaxError as ErrorConstructor,
  TypeError: TypeError as ErrorConstructor,
  URIError: URIError as ErrorConstructor,
};

/** Own enumerable properties make up the clone; everything else has slots of its own. */
const isPlain = (value: object): boolean => Array.isArray(value) || plainTags.has(tagOf(value)) || !isSpecial(value);
const plainTags = new Set(['Object', 'Array', 'Arguments']);

const isSpecial = (value: object): boolean =>
  value instanceof Date ||
  value instanceof RegExp ||
  value instanceof Map ||
  value instanceof Set ||
  value instanceof Error ||
  value instanceof ArrayBuffer ||
  value instanceof Blob ||
  ArrayBuffer.isView(value) ||
  isWrapper(value);

const isWrapper = (value: object): boolean =>
  value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt;

/** The empty object of the right kind. */
function shellOf(value: object, seen: Map<object, unknown>): object {
  if (Array.isArray(value)) return new Array(value.length);
  if (isWrapper(value)) return Object(value.valueOf()) as object;
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (value instanceof ArrayBuffer) return copyBuffer(value);
  if (ArrayBuffer.isView(value)) return copyView(value, seen);
  if (value instanceof DOMException) return new DOMException(value.message, value.name);
  if (value instanceof Error) return copyError(value);
  if (value instanceof File) {
    return new File([blobBytes(value)], value.name, { type: value.type, lastModified: value.lastModified });
  }
  if (value instanceof Blob) return new Blob([blobBytes(value)], { type: value.type });
  if (isUncloneable(value)) throw dataClone(`A ${tagOf(value)} cannot be cloned`);
  return {};
}

/** Classes of the language and the library whose instances have slots no clone can have. */
function isUncloneable(value: object): boolean {
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof Promise) return true;
  if (moverOf(value) !== undefined) return true;
  const tag = Object.getPrototypeOf(value)?.[Symbol.toStringTag] as unknown;
  return (
    typeof tag === 'string' &&
    (webTags.has(tag) || /^(Async)?Generator$| Iterator$|^Weak|^FinalizationRegistry$/.test(tag))
  );
}
const webTags = new Set([
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'Request',
  'Response',
  'Headers',
  'Event',
  'EventTarget',
  'AbortSignal',
  'FormData',
  'URL',
  'URLSearchParams',
  'MessagePort',
  'CryptoKey',
]);

function copyBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (buffer.detached) throw dataClone('A detached ArrayBuffer cannot be cloned');
  if (!buffer.resizable) return buffer.slice(0);
  const made = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(made).set(new Uint8Array(buffer));
  return made;
}

type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length?: number) => ArrayBufferView;

function copyView(view: ArrayBufferView, seen: Map<object, unknown>): ArrayBufferView {
  const buffer = copy(view.buffer, seen) as ArrayBuffer;
  const name = view instanceof DataView ? 'DataView' : tagOf(view);
  const Class = (globalThis as unknown as Record<string, ViewClass>)[name] as ViewClass;
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  return new Class(buffer, view.byteOffset, length);
}

function copyError(error: Error): Error {
  const name = `${error.name}`;
  const Class = (Object.hasOwn(errorClasses, name) ? errorClasses[name] : undefined) ?? Error;
  const made = Object.create(Class.prototype) as Error;
  const fresh = new Class();
  Object.setPrototypeOf(fresh, Object.getPrototypeOf(made) as object);
  const message = Object.getOwnPropertyDescriptor(error, 'message');
  if (message !== undefined && 'value' in message) define(fresh, 'message', `${message.value as string}`);
  const { stack } = error;
  if (typeof stack === 'string') define(fresh, 'stack', stack);
  return fresh;
}
