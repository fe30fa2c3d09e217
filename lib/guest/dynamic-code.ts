/** Takes `eval` and every function constructor away, before user code could keep one. */
import { objectSetPrototypeOf, reflectDefineProperty, reflectGetPrototypeOf } from './intrinsics.ts';

const NativeEvalError = EvalError;

function refuse(): never {
  throw new NativeEvalError('Code generation from strings is not allowed for this function (dynamicCode: false)');
}

export function forbidDynamicCode(): void {
  const hidden = { writable: true, enumerable: false, configurable: true };
  reflectDefineProperty(globalThis, 'eval', { ...hidden, value: refusing('eval') });
  const kinds = [() => undefined, async () => undefined, function* () {}, async function* () {}];
  let base: object | undefined;
  for (let at = 0; at < kinds.length; at++) {
    const prototype = reflectGetPrototypeOf(kinds[at] as object) as { constructor: { name: string } };
    const stand = refusing(prototype.constructor.name);
    reflectDefineProperty(stand, 'prototype', { value: prototype, writable: false, enumerable: false });
    // All others inherit from the first, which is the global one.
    if (base === undefined) base = stand;
    else objectSetPrototypeOf(stand, base);
    reflectDefineProperty(prototype, 'constructor', { ...hidden, value: stand });
  }
  reflectDefineProperty(globalThis, 'Function', { ...hidden, value: base });
}

/** May be extended and compared with as the original may; it only makes nothing. */
function refusing(name: string): object {
  // A function declared here is one of the originals' making, which its constructor shows: by then that is a stand-in, too.
  const stand = (): never => refuse();
  reflectDefineProperty(stand, 'name', { value: name, configurable: true });
  reflectDefineProperty(stand, 'length', { value: 1, configurable: true });
  return stand;
}
