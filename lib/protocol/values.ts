/**
 * How values cross between a guest and the host functions granted to it: JSON values, bytes (Uint8Array) and undefined.
 * What JSON would silently change (a Date, a Map, NaN) is refused with its place. Built into both sides; inside, it is
 * evaluated before user code, so it takes its intrinsics now and calls nothing through a prototype.
 *
 * Text is plain JSON where that says it all. Otherwise it starts with `ENCODED`, and an object with a `$` stands for
 * something else: `{"$":0}` undefined, `{"$":"..."}` bytes, one per character, `{"$":{...}}` an object that has a `$`.
 */
const { apply, getPrototypeOf } = Reflect;
const { keys: keysOf, hasOwn, create, setPrototypeOf, prototype: plainPrototype } = Object;
const { isArray } = Array;
const { stringify, parse } = JSON;
const { isView } = ArrayBuffer;
const textOf = String;
const tagText = Object.prototype.toString;
const sliceText = String.prototype.slice;
// biome-ignore lint/style/noNonNullAssertion: the accessor is part of the language.
const viewTag = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag)!
  .get!;
const identifier = /^[A-Za-z_$][\w$]*$/;
const matches = RegExp.prototype.exec;

/** First character of a text that is not plain JSON. */
export const ENCODED = '%';

/** Levels of nesting; a value within itself has more. */
const MAX_DEPTH = 200;
/** Characters of one key in a place. */
const MAX_KEY = 100;

/** Why a value does not cross. */
export interface Misfit {
  /** `[0].when`: where it is, below the value given. */
  readonly place: string;
  /** `a Date`: what is there. */
  readonly what: string;
}

const PLAIN = 0;
const SPECIAL = 1;
const REFUSED = 2;

let place = '';
let what = '';

function refuse(found: string): number {
  place = '';
  what = found;
  return REFUSED;
}

const isBytes = (value: object): value is Uint8Array => isView(value) && apply(viewTag, value, []) === 'Uint8Array';

/** Looks without copying: most values are plain, and those cost no more than this. */
function look(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return PLAIN;
    case 'number':
      return value - value === 0 ? PLAIN : refuse(textOf(value));
    case 'undefined':
      return SPECIAL;
    case 'object':
      if (value === null) return PLAIN;
      break;
    default:
      return refuse(`a ${typeof value}`);
  }
  if (depth === MAX_DEPTH) return refuse(`nested more than ${MAX_DEPTH} levels deep, or within itself`);
  return isArray(value) ? lookInList(value, depth + 1) : lookInObject(value, depth + 1);
}

function lookInList(list: readonly unknown[], depth: number): number {
  let found = PLAIN;
  for (let at = 0; at < list.length; at++) {
    const one = look(list[at], depth);
    if (one === PLAIN) continue;
    found = one;
    if (one === REFUSED) {
      place = `[${at}]${place}`;
      return REFUSED;
    }
  }
  return found;
}

function lookInObject(value: object, depth: number): number {
  const prototype = getPrototypeOf(value);
  if (prototype !== plainPrototype && prototype !== null) {
    if (isBytes(value)) return SPECIAL;
    const tag = apply(tagText, value, []) as string;
    if (tag !== '[object Object]') return refuse(`a ${apply(sliceText, tag, [8, -1]) as string}`);
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return refuse('an object with a toJSON method');
  }
  let found = PLAIN;
  // The quickest loop there is; what it finds on a prototype somebody changed is not the object's own.
  for (const key in value) {
    // As in JSON, a property that is undefined is none.
    const inner = (value as Record<string, unknown>)[key];
    let one = inner === undefined ? PLAIN : look(inner, depth);
    if (key === '$') one ||= SPECIAL;
    else if (key === '__proto__') one = refuse('not a name a property may have');
    if (one === PLAIN || !hasOwn(value, key)) continue;
    found = one;
    if (one === REFUSED) {
      place = keyPlace(key) + place;
      return REFUSED;
    }
  }
  return found;
}

function keyPlace(key: string): string {
  const short = apply(sliceText, key, [0, MAX_KEY]) as string;
  return apply(matches, identifier, [short]) === null ? `[${stringify(short)}]` : `.${short}`;
}

function copy(value: unknown, bytesToText: (bytes: Uint8Array) => string): unknown {
  if (typeof value !== 'object' || value === null) return value === undefined ? wrap(0) : value;
  if (isArray(value)) {
    const list = setPrototypeOf([] as unknown[], null) as unknown[];
    for (let at = 0; at < value.length; at++) list[at] = copy(value[at], bytesToText);
    return list;
  }
  if (isBytes(value)) return wrap(bytesToText(value));
  const made = create(null) as Record<string, unknown>;
  const keys = keysOf(value);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string;
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) made[key] = copy(inner, bytesToText);
  }
  return hasOwn(made, '$') ? wrap(made) : made;
}

function wrap(inner: unknown): object {
  const made = create(null) as Record<string, unknown>;
  made.$ = inner;
  return made;
}

/** The text of a value, or why it has none. Throws what a getter or a proxy inside it throws. */
export function encode(value: unknown, bytesToText: (bytes: Uint8Array) => string): string | Misfit {
  const found = look(value, 0);
  if (found === REFUSED) return { place, what };
  // A guest may make JSON give nothing; the other side refuses what is no list.
  if (found === PLAIN) return stringify(value) ?? 'null';
  return ENCODED + stringify(copy(value, bytesToText));
}

/** The value of a text that `encode` made. Throws when it is none. */
export function decode(text: string, textToBytes: (text: string) => Uint8Array): unknown {
  return text[0] === ENCODED ? revive(parse(apply(sliceText, text, [1]) as string), textToBytes) : parse(text);
}

/** What the JSON value of an encoded text stands for. Changes `value` in place, own properties only. */
export function revive(value: unknown, textToBytes: (text: string) => Uint8Array): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!hasOwn(value, '$')) return reviveMembers(value, textToBytes);
  const inner = (value as { $: unknown }).$;
  if (typeof inner === 'string') return textToBytes(inner);
  return typeof inner === 'object' && inner !== null ? reviveMembers(inner, textToBytes) : undefined;
}

function reviveMembers(value: object, textToBytes: (text: string) => Uint8Array): object {
  const keys = keysOf(value);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string;
    const members = value as Record<string, unknown>;
    members[key] = revive(members[key], textToBytes);
  }
  return value;
}
