/** `Headers` (Fetch standard, 5.1). */
import { asInterface, makeIterator, requireArguments } from './idl.ts';

export type HeadersInit = Headers | Iterable<Iterable<string>> | Readonly<Record<string, string>>;

const tokens = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

let lockOf: (headers: Headers) => void;
let listOf: (headers: Headers) => ReadonlyMap<string, readonly string[]>;

/** From now on every change throws, as for the headers of a fetched response. */
export const makeImmutable = (headers: Headers): void => lockOf(headers);

/** Name and value pairs as they were appended: what is sent. */
export function headerPairs(headers: Headers): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, values] of listOf(headers)) for (const value of values) pairs.push([name, value]);
  return pairs;
}

export class Headers {
  /** Lower-case name -> values. */
  readonly #values = new Map<string, string[]>();
  #immutable = false;

  static {
    lockOf = (headers) => {
      headers.#immutable = true;
    };
    listOf = (headers) => headers.#values;
  }

  constructor(init?: HeadersInit) {
    if (init !== undefined) fill(this, init);
  }

  append(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'Headers.append');
    const key = nameOf(name);
    const text = headerValue(value);
    this.#change();
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, [text]);
    else known.push(text);
  }
  delete(name: string): void {
    requireArguments(arguments.length, 1, 'Headers.delete');
    const key = nameOf(name);
    this.#change();
    this.#values.delete(key);
  }
  get(name: string): string | null {
    requireArguments(arguments.length, 1, 'Headers.get');
    return this.#values.get(nameOf(name))?.join(', ') ?? null;
  }
  getSetCookie(): string[] {
    return [...(this.#values.get('set-cookie') ?? [])];
  }
  has(name: string): boolean {
    requireArguments(arguments.length, 1, 'Headers.has');
    return this.#values.has(nameOf(name));
  }
  set(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'Headers.set');
    const key = nameOf(name);
    const text = headerValue(value);
    this.#change();
    this.#values.set(key, [text]);
  }
  forEach(visit: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    if (typeof visit !== 'function') throw new TypeError('Headers.forEach takes a function');
    for (const [name, value] of this) visit.call(self, value, name, this);
  }
  entries(): IterableIterator<[string, string]> {
    return this.#iterate((pair) => pair);
  }
  keys(): IterableIterator<string> {
    return this.#iterate(([name]) => name);
  }
  values(): IterableIterator<string> {
    return this.#iterate(([, value]) => value);
  }

  #change(): void {
    if (this.#immutable) throw new TypeError('These headers cannot be changed');
  }

  /** Sorted anew at each step: changes made while iterating are seen. */
  #iterate<T>(of: (pair: [string, string]) => T): IterableIterator<T> {
    let at = 0;
    return makeIterator('Headers Iterator', () => {
      const pair = this.#sorted()[at++];
      return pair === undefined ? undefined : of(pair);
    });
  }

  #sorted(): [string, string][] {
    const pairs: [string, string][] = [];
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) as string[];
      if (name === 'set-cookie') for (const value of values) pairs.push([name, value]);
      else pairs.push([name, values.join(', ')]);
    }
    return pairs;
  }

  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;
}
asInterface(Headers, 'Headers');
Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: Headers.prototype.entries,
  writable: true,
  configurable: true,
});

/** Stands for a part a pair does not have. */
const absent = Symbol('absent');

function fill(headers: Headers, init: HeadersInit): void {
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    throw new TypeError('Headers are made from pairs, an object of names and values, or other headers');
  }
  const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator !== undefined && iterator !== null) {
    for (const pair of init as Iterable<Iterable<string>>) {
      if ((typeof pair !== 'object' && typeof pair !== 'function') || pair === null || !(Symbol.iterator in pair)) {
        throw new TypeError('A header must be a pair of a name and a value');
      }
      const [name, value, ...more] = [...pair, absent, absent];
      if ((value as unknown) === absent || more.length !== 2) {
        throw new TypeError('A header must be a pair of a name and a value');
      }
      headers.append(name as string, value as string);
    }
    return;
  }
  // All are read before the first is checked: the object may have getters.
  const pairs: [string, string][] = [];
  for (const name of Reflect.ownKeys(init)) {
    const property = Object.getOwnPropertyDescriptor(init, name);
    if (property?.enumerable !== true) continue;
    if (typeof name === 'symbol') throw new TypeError('A header name must be a string');
    pairs.push([byteString(name), byteString((init as Record<string, unknown>)[name])]);
  }
  for (const [name, value] of pairs) headers.append(name, value);
}

/** One character per byte, as the protocol's lines are. */
function byteString(value: unknown): string {
  const text = `${value as string}`;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 255) throw new TypeError('A header may have characters up to U+00FF only');
  }
  return text;
}

function nameOf(name: unknown): string {
  const text = byteString(name);
  if (!tokens.test(text)) throw new TypeError(`"${text}" is not a header name`);
  return text.toLowerCase();
}

function headerValue(value: unknown): string {
  const text = byteString(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (/[\0\n\r]/.test(text)) throw new TypeError('A header value must be one line');
  return text;
}
