/**
 * Hostile programs from a grammar: what guests can do to a kernel that runs beside them, in any order and nested. They end or
 * loop where V8 looks for interrupts; native loops without end are for the attack suite, because nothing ends them in a thread.
 */
import type { Random } from './random.ts';

const OWNERS = [
  'Object',
  'Array',
  'Promise',
  'Function',
  'String',
  'Number',
  'Map',
  'RegExp',
  'Error',
  'Uint8Array',
  'Symbol',
];
const GLOBALS = ['JSON', 'Reflect', 'Math', 'console', 'process', 'globalThis', 'crypto', 'performance', 'Intl'];
const KEYS = [
  'then',
  'toJSON',
  'constructor',
  'toString',
  'valueOf',
  'message',
  'stack',
  'name',
  'code',
  'length',
  'get',
  'value',
];
const NAMES = ['a', 'b', 'c', 'd', 'e'];

export class Program {
  readonly #random: Random;
  /** What may still be written. */
  #budget: number;

  constructor(random: Random) {
    this.#random = random;
    this.#budget = 20 + random.int(80);
  }

  source(): string {
    const random = this.#random;
    const top = random.times(0, 4, () => this.#fenced(2));
    const kind = random.pick(['', 'async ', '', 'async ', '*']);
    const parameters = random.pick([
      'event, context',
      '...args',
      'event, context, callback',
      '{ a = event } = {}, context',
    ]);
    const head = kind === '*' ? `export function* handler` : `export ${kind}function handler`;
    const body = random.times(1, 6, () => this.#statement(3)).join('\n  ');
    const left = `let [${NAMES}] = [1, 'x', [], {}, () => e], event, context, callback, args = [];`;
    return `${left}\n${top.join('\n')}\n${head}(${parameters}) {\n  ${body}\n  return ${this.#value(3)};\n}\n`;
  }

  /** The top level has to be evaluated for the handler to run. */
  #fenced(depth: number): string {
    return `try { ${this.#statement(depth)} } catch {}`;
  }

  #block(depth: number): string {
    return `{ ${this.#random.times(1, 3, () => this.#statement(depth - 1)).join(' ')} }`;
  }

  #statement(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || --this.#budget < 0) return `${random.pick(NAMES)} = ${this.#atom()};`;
    const value = (): string => this.#value(depth - 1);
    const name = random.pick(NAMES);
    const block = (): string => this.#block(depth);
    return random.pick([
      () => `${name} = ${value()};`,
      () => `if (${value()}) ${block()} else ${block()}`,
      () =>
        `try ${block()} catch (error) { ${name} = error; ${random.chance(0.3) ? 'throw error;' : ''} } finally ${block()}`,
      () => `for (let n = 0; n < ${random.pick([3, 50, 2_000])}; n++) ${block()}`,
      () => (random.chance(0.1) ? `while (true) ${block()}` : `for (const one of [${value()}]) ${block()}`),
      () => `throw ${value()};`,
      () => `Promise.resolve(${value()}).then(() => ${block()}, () => ${block()});`,
      () => `queueMicrotask(() => ${block()});`,
      () => `setTimeout(() => ${block()}, ${random.int(5)});`,
      () => `process.nextTick(() => ${block()});`,
      () => `${random.pick(OWNERS)}.prototype.${random.pick(KEYS)} = ${value()};`,
      () =>
        `Object.defineProperty(${random.pick(OWNERS)}.prototype, '${random.pick(KEYS)}', { configurable: true, ${this.#accessor(depth)} });`,
      () =>
        `${random.pick(GLOBALS)}.${random.pick(['parse', 'stringify', 'apply', 'log', 'env', 'now', 'ownKeys'])} = ${value()};`,
      () => `delete ${random.pick([...GLOBALS, ...OWNERS].map((one) => `globalThis.${one}`))};`,
      () => `Object.freeze(${random.pick([...OWNERS.map((one) => `${one}.prototype`), 'globalThis', name])});`,
      () => `Object.setPrototypeOf(Object(${name}), ${value()});`,
      () => `console.${random.pick(['log', 'error', 'dir'])}(${value()}, ${value()});`,
      () =>
        `context?.bindings?.host?.${random.pick(['echo', 'fail', 'later'])}?.(${value()})?.catch?.(() => ${value()});`,
      () => `callback?.(${value()}, ${value()});`,
      () => `(function again(n) { if (n > ${random.pick([3, 100_000])}) return; again(n + 1); })(0);`,
    ])();
  }

  #accessor(depth: number): string {
    const value = this.#value(depth - 1);
    return this.#random.pick([
      `get() { return ${value}; }`,
      `set(next) { ${value}; }`,
      `get() { throw ${value}; }`,
      `value: ${value}`,
    ]);
  }

  #value(depth: number): string {
    const random = this.#random;
    if (depth <= 0 || --this.#budget < 0) return this.#atom();
    const value = (): string => this.#value(depth - 1);
    const key = random.pick(KEYS);
    return random.pick([
      () => this.#atom(),
      () => `[${random.times(0, 4, value).join(', ')}]`,
      () => `{ ${key}: ${value()}, ${random.pick(NAMES)}: ${value()} }`,
      () => `{ ${random.pick(['get', 'set', 'async', '*'])} ${key}(next) { ${this.#statement(depth - 1)} } }`,
      () =>
        `new Proxy(${random.pick(['{}', '[]', '() => 1', 'class {}'])}, { ${random.pick(['get', 'has', 'ownKeys', 'getPrototypeOf', 'apply', 'getOwnPropertyDescriptor'])}() { return ${value()}; } })`,
      () => `new Promise((resolve, reject) => { ${random.pick(['resolve', 'reject', 'void 0;'])}(${value()}) })`,
      () => `((${random.pick(['a, b', '...c'])}) => ${value()})(${value()})`,
      () =>
        `Object.assign(new ${random.pick(['Error', 'TypeError', 'AggregateError'])}(${value()}), { ${key}: ${value()} })`,
      () => `JSON.${random.pick(['stringify', 'parse'])}(${value()})`,
      () => `structuredClone(${value()})`,
      () => `Reflect.${random.pick(['ownKeys', 'getPrototypeOf'])}(Object(${value()}))`,
      () =>
        `new ${random.pick(['Map', 'Set', 'Uint8Array', 'Array', 'ArrayBuffer', 'Date'])}(${random.pick(['', '3', '1e5', value()])})`,
      () => `String(${value()}).${random.pick(['repeat(50)', 'split("")', 'slice(1)', 'replace(/./g, "$&$&")'])}`,
      () => `[1, 2, 3].${random.pick(['map', 'filter', 'sort', 'flatMap', 'forEach'])}((n) => ${value()})`,
      () => `Symbol.for(String(${value()}))`,
      () => `(function* () { yield ${value()}; })().next()`,
      () => `eval(${JSON.stringify(random.pick(['1', 'a', '(', 'this', 'throw 1', 'var a = 2; a']))})`,
      () => `new (class { static #x = ${value()}; ${key} = ${value()}; })()`,
    ])();
  }

  #atom(): string {
    const random = this.#random;
    return random.pick([
      ...NAMES,
      'event',
      'context',
      'this',
      'undefined',
      'null',
      '0',
      '-0',
      'NaN',
      '2 ** 53',
      '10n',
      "''",
      "'\\ud800'",
      "'__proto__'",
      "'x'.repeat(1e4)",
      '[]',
      '{}',
      'Symbol()',
      'globalThis',
      '() => e',
      'new Float16Array(2)',
      'new Uint8Array(9)',
      'import.meta',
      '/(a+)+$/.exec("aaaaaaaaaaaa!")',
    ]);
  }
}
