/**
 * Whether the language is whole enough for a heap snapshot: V8 puts properties on some of these when it restores one, and
 * aborts the process where they are gone or take none. Taken before any user code runs.
 */
import { append, newList, reflectGetOwnPropertyDescriptor, reflectOwnKeys } from './intrinsics.ts';

const { isExtensible } = Reflect;
const names = reflectOwnKeys(globalThis);
/** Everything global, with its own members' and prototypes. */
const objects = newList<object>();

function note(value: unknown, depth: number): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value === globalThis) return;
  append(objects, value);
  if (depth === 0) return;
  const keys = reflectOwnKeys(value);
  for (let at = 0; at < keys.length; at++) {
    const descriptor = reflectGetOwnPropertyDescriptor(value, keys[at] as PropertyKey);
    // Methods get no properties from V8; constructors and prototypes may.
    if (keys[at] === 'prototype' || typeof descriptor?.value === 'object') note(descriptor?.value, 0);
    else if (typeof value === 'object' && typeof descriptor?.value === 'function') note(descriptor.value, 0);
  }
}

for (let at = 0; at < names.length; at++) {
  note(reflectGetOwnPropertyDescriptor(globalThis, names[at] as PropertyKey)?.value, 1);
}

export function isIntact(): boolean {
  if (!isExtensible(globalThis)) return false;
  for (let at = 0; at < names.length; at++) {
    if (reflectGetOwnPropertyDescriptor(globalThis, names[at] as PropertyKey) === undefined) return false;
  }
  for (let at = 0; at < objects.length; at++) if (!isExtensible(objects[at] as object)) return false;
  return true;
}
