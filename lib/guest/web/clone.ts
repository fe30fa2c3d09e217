/** `structuredClone` for what an isolate has: plain objects, arrays, Map, Set, Date, RegExp, errors, buffers; cycles kept. */
import { DOMException } from './events.ts';

export function structuredClone<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new DOMException(`A ${typeof value} cannot be cloned`, 'DataCloneError');
  }
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = <T extends object>(made: T): T => {
    seen.set(value, made);
    return made;
  };
  if (value instanceof Date) return keep(new Date(value));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(copyView(value));
  if (value instanceof Map) {
    const made = keep(new Map());
    for (const [key, inner] of value) made.set(copy(key, seen), copy(inner, seen));
    return made;
  }
  if (value instanceof Set) {
    const made = keep(new Set());
    for (const inner of value) made.add(copy(inner, seen));
    return made;
  }
  if (value instanceof Error)
    return keep(Object.assign(new Error(value.message), { name: value.name, stack: value.stack }));
  const made = keep(Array.isArray(value) ? new Array(value.length) : {}) as Record<string, unknown>;
  for (const key of Object.keys(value)) made[key] = copy((value as Record<string, unknown>)[key], seen);
  return made;
}

function copyView(view: ArrayBufferView): ArrayBufferView {
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const Kind = view.constructor as new (buffer: ArrayBufferLike) => ArrayBufferView;
  return new Kind(buffer);
}
