/**
 * `WebAssembly.compile` and `instantiate` for functions that may use it: V8's own finish on a thread this isolate never
 * hears from, so their promises would stay pending. These compile at once, inside the call.
 */
import { NativePromise, reflectDefineProperty } from './intrinsics.ts';

interface Namespace {
  readonly Module: new (bytes: unknown) => object;
  readonly Instance: new (module: object, imports?: unknown) => object;
}

export function compileAtOnce(): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Namespace };
  const { Module, Instance } = WebAssembly;
  // An executor that throws rejects, as the standard's steps do.
  const later = <T>(make: () => T): Promise<T> => new NativePromise((resolve) => resolve(make()));
  const compile = (bytes: unknown): Promise<object> => later(() => new Module(bytes));
  const instantiate = (source: unknown, imports?: unknown): Promise<object> =>
    later(() => {
      if (source instanceof Module) return new Instance(source, imports);
      const module = new Module(source);
      return { module, instance: new Instance(module, imports) };
    });
  const shape = { writable: true, enumerable: true, configurable: true };
  reflectDefineProperty(WebAssembly, 'compile', { ...shape, value: compile });
  reflectDefineProperty(WebAssembly, 'instantiate', { ...shape, value: instantiate });
}
