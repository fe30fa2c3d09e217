/** What Web IDL asks of every interface and a class does not give by itself. */

/** Members become enumerable, and the class gets its name as a tag. */
export function asInterface(Class: { readonly prototype: object }, name: string): void {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(Class.prototype))) {
    if (key !== 'constructor') Object.defineProperty(Class.prototype, key, { ...property, enumerable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** A number constant on the class and its prototype. */
export function constants(Class: { readonly prototype: object }, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(Class, name, { value, enumerable: true });
    Object.defineProperty(Class.prototype, name, { value, enumerable: true });
  }
}

/** An iterator object as Web IDL's iterables return it: live, tagged, with `next` on its prototype. */
export function makeIterator<T>(name: string, step: () => T | undefined): IterableIterator<T> {
  const prototype = iteratorPrototypes.get(name) ?? definePrototype(name);
  const iterator = Object.create(prototype) as IterableIterator<T>;
  steps.set(iterator, step);
  return iterator;
}

const base = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
const iteratorPrototypes = new Map<string, object>();
const steps = new WeakMap<object, () => unknown>();

function definePrototype(name: string): object {
  const prototype = Object.create(base, {
    next: {
      value(this: object): IteratorResult<unknown> {
        const step = steps.get(this);
        if (step === undefined) throw new TypeError(`next was called on an object that is no ${name}`);
        const value = step();
        return { value, done: value === undefined } as IteratorResult<unknown>;
      },
      writable: true,
      enumerable: true,
      configurable: true,
    },
    [Symbol.toStringTag]: { value: name, configurable: true },
  }) as object;
  iteratorPrototypes.set(name, prototype);
  return prototype;
}

/** A string of code points without lone surrogates (Web IDL's USVString). */
export const toUSVString = (value: unknown): string => `${value as string}`.toWellFormed();

/** Throws when fewer arguments were given than the interface requires. */
export function requireArguments(given: number, needed: number, what: string): void {
  if (given < needed)
    throw new TypeError(`${what} takes at least ${needed} argument${needed === 1 ? '' : 's'}, not ${given}`);
}

/** Replaces methods of a library's class by ones that require so many arguments, and pass each on through `convert`. */
export function withArguments(
  owner: object,
  needed: Readonly<Record<string, number>>,
  convert: (value: unknown) => unknown,
): void {
  for (const [name, length] of Object.entries(needed)) {
    const method = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      requireArguments(args.length, length, name);
      return method.apply(this, args.map(convert));
    };
    Object.defineProperties(value, { name: { value: name }, length: { value: length } });
    Object.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
