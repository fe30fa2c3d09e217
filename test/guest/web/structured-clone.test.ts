/** `structuredClone` (HTML standard, 2.7). */
import { compare } from './compare.ts';

const typed = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64'];

compare({
  'values of the language are cloned with what they hold': {
    setup: 'const clone = (value) => structuredClone(value);',
    rows: [
      ...['1', '-0', 'NaN', "'x'", 'true', 'null', 'undefined', '10n', '{}', '[]', '[1, , 3]', '{ a: { b: [1] } }'].map(
        (text) => `clone(${text})`,
      ),
      'clone(new Date(5))',
      'clone(new Date(NaN)).getTime()',
      '((r) => [r.source, r.flags, r.lastIndex])(clone(Object.assign(/a(b)/giu, { lastIndex: 3 })))',
      'clone(new Map([[1, { a: 1 }], [{ b: 2 }, new Set([3])]]))',
      'clone(new Set([1, NaN, -0, "x"]))',
      "[new Boolean(false), new Number(-0), new String('s'), Object(5n)].map((o) => [typeof clone(o), clone(o) !== o, Object.prototype.toString.call(clone(o)), clone(o).valueOf()])",
      'Object.keys(clone(Object.assign([1, 2], { extra: 3 })))',
      'clone(Object.assign(Object.create({ inherited: 1 }), { own: 2 }))',
      'clone(new (class A { x = 1; #y = 2; get z() { return 3; } })())',
      'clone(Object.create(null, { a: { value: 1, enumerable: true }, b: { value: 2 } }))',
      'clone({ [Symbol("x")]: 1, y: 2 })',
      'clone({ get a() { return { b: 1 }; } })',
      "Object.getOwnPropertyDescriptor(clone({ get a() { return 1; } }), 'a')",
      'Object.getPrototypeOf(clone(Object.create({}))) === Object.prototype',
      '((o) => { o.self = o; const c = clone(o); return [c.self === c, c !== o]; })({})',
      '((o) => { const c = clone({ a: o, b: o }); return c.a === c.b; })({})',
      '((m) => { m.set(m, 1); const c = clone(m); return c.has(c); })(new Map())',
      'clone([,,]).length',
      'Object.isFrozen(clone(Object.freeze({ a: 1 })))',
      "clone({ __proto__: null, ['__proto__']: 5 })",
      "(() => { const seen = []; clone({ get a() { seen.push('a'); return 1; }, get b() { seen.push('b'); } }); return seen; })()",
      "clone({ get a() { throw new RangeError('mine'); } })",
      'structuredClone()',
      'structuredClone(1, 2)',
      'structuredClone(1, null)',
    ],
  },
  'buffers and views of them are cloned together': {
    setup: 'const clone = (value) => structuredClone(value);',
    rows: [
      ...typed.map((name) => `((c) => [c.constructor.name, [...c]])(clone(new ${name}Array([1, 2, 300])))`),
      'clone(new BigInt64Array([1n, -1n]))',
      'clone(new Uint8Array([1, 2, 3]).buffer)',
      '((c) => [c.byteOffset, c.length, c.buffer.byteLength])(clone(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)))',
      '((c) => [c.byteOffset, c.byteLength, c.getUint8(0)])(clone(new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2)))',
      '((b) => { const c = clone([new Uint8Array(b), new Uint16Array(b)]); return c[0].buffer === c[1].buffer; })(new ArrayBuffer(4))',
      '((b) => { const c = clone(b); return [c.resizable, c.maxByteLength, c.byteLength]; })(new ArrayBuffer(2, { maxByteLength: 8 }))',
      '((b) => { b.transfer(); return clone(b); })(new ArrayBuffer(2))',
      '((b) => { const c = structuredClone(b, { transfer: [b] }); return [b.byteLength, b.detached, c.byteLength]; })(new ArrayBuffer(3))',
      '((v) => { const c = structuredClone({ v }, { transfer: [v.buffer] }); return [v.length, [...c.v]]; })(new Uint8Array([1, 2]))',
      '((b) => { structuredClone(1, { transfer: [b] }); return b.detached; })(new ArrayBuffer(3))',
      '((b) => structuredClone(b, { transfer: [b, b] }))(new ArrayBuffer(3))',
      '((b) => { try { structuredClone({ b, f() {} }, { transfer: [b] }); } catch (error) { return [error.name, b.detached]; } })(new ArrayBuffer(3))',
      '((b) => { b.transfer(); return structuredClone(1, { transfer: [b] }); })(new ArrayBuffer(3))',
      'structuredClone(1, { transfer: [{}] })',
      'structuredClone(1, { transfer: 5 })',
      '((u) => structuredClone(u, { transfer: [u] }))(new Uint8Array(1))',
    ],
  },
  'errors keep name, message and cause, of the classes the standard lists': {
    setup: `
      const clone = (value) => structuredClone(value);
      const show = (e) => [e.constructor.name, e.name, e.message, typeof e.stack, 'cause' in e, Object.keys(e)];`,
    rows: [
      ...['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'].map(
        (name) => `show(clone(new ${name}('m')))`,
      ),
      "show(clone(Object.assign(new Error('m'), { name: 'TypeError' })))",
      "show(clone(new (class Mine extends RangeError {})('m')))",
      'show(clone(new Error()))',
      "Object.hasOwn(clone(new Error()), 'message')",
      "show(clone(Object.assign(new Error('m'), { extra: 1 })))",
      "((e) => [e.name, e.message, e.code, e instanceof DOMException])(clone(new DOMException('m', 'AbortError')))",
    ],
    standard: {
      // The standard's text has no cause yet, all engines keep it.
      "clone(new Error('m', { cause: { a: 1 } })).cause": { a: 1 },
      "show(clone(Object.assign(new Error('m'), { name: 'Other' })))": ['Error', 'Error', 'm', 'string', false, []],
    },
  },
  'what has no clone is refused with a DataCloneError': {
    setup: `
      const refused = (value) => {
        try {
          structuredClone({ deep: [value] });
          return 'cloned';
        } catch (error) {
          return [error instanceof DOMException, error.name, error.code];
        }
      };`,
    rows: [
      ...[
        '() => 1',
        'class {}',
        "Symbol('x')",
        'new WeakMap()',
        'new WeakSet()',
        'Promise.resolve()',
        '(function* () {})()',
        "new URL('http://x')",
        'new FormData()',
        'new Headers()',
        "new Response('x')",
      ].map((text) => `refused(${text})`),
    ],
    // Platform objects; Node.js clones what it wrote as plain classes.
    standard: {
      'refused(new AbortController().signal)': [true, 'DataCloneError', 25],
      "refused(new Event('x'))": [true, 'DataCloneError', 25],
      'refused(new EventTarget())': [true, 'DataCloneError', 25],
    },
  },
  'blobs and files are cloned': {
    rows: [
      "((b) => Promise.all([b.text(), b.type, b instanceof Blob]))(structuredClone(new Blob(['abc'], { type: 'text/x' })))",
    ],
    standard: {
      // Node.js makes an object of a File without its parts.
      "((f) => Promise.all([f.text(), f.name, f.type, f.lastModified, f instanceof File]))(structuredClone(new File(['abc'], 'n', { type: 'a/b', lastModified: 5 })))":
        ['abc', 'n', 'a/b', 5, true],
    },
  },
});
