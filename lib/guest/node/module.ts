/** `node:module`: `createRequire` for what the bundle has. */
import { modules } from 'isopod:node-registry';
import { nodeError } from './errors.ts';

const names: readonly string[] = modules.names;
export const builtinModules: readonly string[] = names;

const plain = (name: string): string => (name.startsWith('node:') ? name.slice(5) : name);
export const isBuiltin = (name: string): boolean => names.includes(plain(name));

interface Require {
  (name: string): unknown;
  resolve(name: string): string;
  readonly cache: object;
  readonly main: undefined;
}

/** What is required by a name known only at run time was not bundled; modules of Node.js named in the code were. */
export function createRequire(_from: unknown): Require {
  const require = (name: string): unknown => {
    const load = modules.loaders[plain(name)];
    if (load !== undefined) return load();
    const what = isBuiltin(name)
      ? `The Node.js module "${name}" is not in this bundle: import it, or name it in the code as a string of its own`
      : `Cannot find module '${name}': what a bundle has is decided when it is built; use import or require with a constant name`;
    throw nodeError(Error, 'MODULE_NOT_FOUND', what);
  };
  const resolve = (name: string): string => {
    if (isBuiltin(name)) return name;
    throw nodeError(Error, 'MODULE_NOT_FOUND', `Cannot find module '${name}'`);
  };
  return Object.assign(require, { resolve, cache: {}, main: undefined });
}

export const syncBuiltinESMExports = (): void => undefined;
export const findSourceMap = (): undefined => undefined;
export const register = (): void => undefined;
export const enableCompileCache = (): object => ({ status: 3 });

interface ModuleClass {
  (): void;
  [name: string]: unknown;
}

const Module: ModuleClass = Object.assign(() => undefined, {
  builtinModules,
  createRequire,
  isBuiltin,
  syncBuiltinESMExports,
  findSourceMap,
  register,
  enableCompileCache,
  _cache: {},
  _extensions: {},
}) as unknown as ModuleClass;
Module.Module = Module;

export { Module };
export default Module;
