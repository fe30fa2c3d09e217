import { compare } from './compare.ts';

compare(
  'util',
  "import util, { promisify, callbackify, inspect, format, inherits, deprecate, isDeepStrictEqual, parseArgs, styleText, types, stripVTControlCharacters } from 'node:util'; import * as kinds from 'node:util/types'; import sys from 'node:sys';",
  {
    inspect: `class Point { x = 1; #y = 2; get z() { return 3; } } const loop = { a: 1 }; loop.self = loop; return [{ a: [1, 'x', null, undefined], d: { e: { f: { g: 1 } } } }, new Point(), loop, new Map([['k', new Set([1])]]), [1, , 3], Symbol('s'), 10n, -0, new Error('m').message, Buffer.from('hi'), new Uint8Array(3), /x/g, Object.create(null), [...'abcdefghijklmnopqrstuvwxyz'], 'a\\n\\'b', new Proxy({ p: 1 }, {}), new Date(0)].map((v) => inspect(v));`,
    'inspect with options': `return [inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), inspect({ a: 1 }, { colors: true }), inspect([1, 2, 3], { maxArrayLength: 1 }), inspect({ b: 1, a: 2 }, { sorted: true, compact: false }), inspect({ [inspect.custom]: (d, o) => 'own' + d }), inspect('x'.repeat(200), { maxStringLength: 5 })];`,
    format: `return [format('%s %d %i %f %j %o %O %%', 'a', 1.5, 2.7, '3.5', { a: 1 }, [1], { b: 2 }), format('x', 'y', { z: 1 }), format('%s', Symbol('q')), format('%s'), format(1, 2), format('%c-', 'css')];`,
    promisify: `const f = (a, done) => done(a < 0 ? new RangeError('neg') : null, a + 1); return [await promisify(f)(1), await promisify(f)(-1).catch((e) => e.message), await promisify(setTimeout)(1, 'v'), promisify(promisify(f)) === promisify(f)];`,
    'promisify.custom': `const f = () => {}; f[promisify.custom] = async () => 'custom'; return promisify(f)();`,
    callbackify: `return Promise.all([new Promise((r) => callbackify(async (x) => x + 1)(1, (e, v) => r([e, v]))), new Promise((r) => callbackify(async () => { throw null; })((e) => r([e.code, e.message])))]);`,
    inherits: `function A() {} A.prototype.hi = () => 1; function B() {} inherits(B, A); return [new B().hi(), B.super_ === A, new B() instanceof A];`,
    deprecate: `const f = deprecate((a) => a * 2, 'old', 'X1'); return [f(2), f(3), f.name];`,
    equal: `const pairs = [[{ a: 1 }, { a: 1 }], [[1, 2], [1, 2]], [[1], { 0: 1 }], [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])], [new Set([[1], [2]]), new Set([[2], [1]])], [NaN, NaN], [0, -0], [new Date(1), new Date(1)], [/a/g, /a/i], [Buffer.from('a'), Buffer.from('a')], [new Error('a'), new Error('b')], [{ a: undefined }, {}], [Object(1), Object(1)], [[1, , 2], [1, undefined, 2]], [1, '1'], [null, undefined], [{ [Symbol.for('a')]: 1 }, { [Symbol.for('a')]: 2 }], [new (class A {})(), {}], [new Uint8Array([1]), new Int8Array([1])]]; return pairs.map(([a, b]) => isDeepStrictEqual(a, b));`,
    'equal with a loop': `const a = {}; a.a = a; const b = {}; b.a = b; return isDeepStrictEqual(a, b);`,
    parseArgs: `const { values, positionals } = parseArgs({ args: ['-v', '--name=x', 'file', '--n', '3'], options: { verbose: { type: 'boolean', short: 'v' }, name: { type: 'string' }, n: { type: 'string', multiple: true } }, allowPositionals: true }); return [{ ...values }, positionals];`,
    'parseArgs of what is unknown': `parseArgs({ args: ['--nope'], options: {} });`,
    styleText: `return [styleText('red', 'x'), styleText(['bold', 'underline'], 'y'), stripVTControlCharacters(styleText('green', 'z', { validateStream: false }))].map((s) => stripVTControlCharacters(s));`,
    types: `const values = [new Map(), new Set(), new Date(), /x/, Promise.resolve(), new Uint8Array(), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), async () => {}, function* () {}, (function* () {})(), Object(1), Object('s'), Object(Symbol()), new WeakMap(), new WeakSet(), new Error('x'), {}, null, 1, 'x', new Map().keys(), (function () { return arguments; })()]; const names = ['isMap', 'isSet', 'isDate', 'isRegExp', 'isPromise', 'isTypedArray', 'isUint8Array', 'isDataView', 'isArrayBuffer', 'isAnyArrayBuffer', 'isArrayBufferView', 'isAsyncFunction', 'isGeneratorFunction', 'isGeneratorObject', 'isBoxedPrimitive', 'isNumberObject', 'isStringObject', 'isSymbolObject', 'isWeakMap', 'isWeakSet', 'isNativeError', 'isMapIterator', 'isArgumentsObject']; return names.map((n) => values.map((v) => types[n](v)));`,
    'the same': `return [sys.inspect === util.inspect, kinds.isMap === types.isMap, util.types.isSet === types.isSet, typeof util.TextEncoder, util.isArray([])];`,
    env: `return util.parseEnv('A=1\\nB="two\\\\nlines"\\n# no\\nexport C=\\'x\\' # y\\nD = z # c');`,
    errno: `return [util.getSystemErrorName(-2), util.getSystemErrorMap().get(-13)];`,
    'not a function': `promisify(1);`,
    'no style': `try { styleText('nope', 'x'); } catch (e) { return [e.name, e.code]; }`,
    aborted: `const c = new AbortController(); const p = util.aborted(c.signal, {}); c.abort(); await p; return 'done';`,
  },
);
