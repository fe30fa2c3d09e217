/** `WebAssembly` (WebAssembly JavaScript Interface standard), which a declaration has to grant. */
import t from 'tap';
import { compare, runInGuest } from './compare.ts';

t.test('without a grant there is no WebAssembly', async (t) => {
  t.equal(await runInGuest('return typeof WebAssembly;'), 'undefined');
});

compare({
  'with a grant, modules are compiled, linked and run': {
    webAssembly: true,
    setup: `
      const head = [0, 97, 115, 109, 1, 0, 0, 0];
      // (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
      const add = new Uint8Array([...head, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
      // (import "m" "f" (func))
      const asking = new Uint8Array([...head, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0]);
      const told = (promise) => promise.then(() => 'fulfilled', (reason) => reason.constructor.name);`,
    rows: [
      'WebAssembly.validate(add)',
      'WebAssembly.validate(new Uint8Array([1, 2]))',
      'new WebAssembly.Instance(new WebAssembly.Module(add)).exports.add(2, 3)',
      'new WebAssembly.Instance(new WebAssembly.Module(add)).exports.add(2 ** 31 - 1, 1)',
      'WebAssembly.Module.exports(new WebAssembly.Module(add))',
      'WebAssembly.Module.imports(new WebAssembly.Module(asking))',
      'WebAssembly.instantiate(add).then(({ instance }) => instance.exports.add(20, 22))',
      'WebAssembly.compile(add).then((module) => WebAssembly.instantiate(module)).then((instance) => instance.exports.add(1, 1))',
      'told(WebAssembly.compile(new Uint8Array([1])))',
      'told(WebAssembly.instantiate(asking))',
      'told(WebAssembly.instantiate(asking, {}))',
      'told(WebAssembly.instantiate(asking, { m: {} }))',
      'told(WebAssembly.instantiate(asking, { m: { f() {} } }))',
      'new WebAssembly.Module(new Uint8Array([1]))',
      '((memory) => [memory.buffer.byteLength, memory.grow(1), memory.buffer.byteLength])(new WebAssembly.Memory({ initial: 1, maximum: 2 }))',
      'new WebAssembly.Memory({ initial: 1, maximum: 1 }).grow(1)',
      "((global) => { global.value = 7; return global.value; })(new WebAssembly.Global({ value: 'i32', mutable: true }, 5))",
      "((global) => { global.value = 7; })(new WebAssembly.Global({ value: 'i32' }, 5))",
      "new WebAssembly.Table({ element: 'anyfunc', initial: 2 }).length",
    ],
  },
});
