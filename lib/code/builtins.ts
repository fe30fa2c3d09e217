/** Imports of Node.js' modules: ours where there is one, else an error of the build or a stand-in. */
import { isAbsolute } from 'node:path';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { isLibrary, nodeModulePath, ownCopy } from './library.ts';
import { builtinName, isSupported, missingMessage } from './node-modules.ts';

/** Modules of Node.js a bundle asks for, by name; filled while it is made. */
export interface AskedModules {
  readonly supported: Set<string>;
  /** Asked for by packages. */
  readonly missing: Set<string>;
  /** Paths of the package's files that its `node:fs` does not show for their size. */
  readonly filesLeftOut: string[];
}

const MISSING = 'isopod-missing';
const STUB = 'isopod-stub';

/**
 * `real`: bundle our modules in. Otherwise each is an empty one, which is enough to learn what a bundle asks for.
 * The user's own import of a missing module is an error of the build. A package's is replaced by a stand-in that
 * throws when something of it is used, because many packages ask for modules they then do without.
 */
export function builtinsPlugin(asked: AskedModules, real: boolean): Plugin {
  return {
    name: 'isopod-builtins',
    setup(build) {
      build.onResolve({ filter: /^[\w:/]+$/ }, async (args) => {
        if (args.pluginData === 'looked' || isLibrary(args.namespace, args.importer)) return undefined;
        const name = builtinName(args.path);
        if (name === undefined) return undefined;
        const found = await packageNamed(build, args);
        if (found === 'none wanted' && !isSupported(name)) return { path: name, namespace: STUB };
        return typeof found === 'object' ? found : resolve(name, args, asked, real);
      });
      build.onLoad({ filter: /.*/, namespace: STUB }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
      build.onLoad({ filter: /.*/, namespace: MISSING }, ({ path }) => ({ contents: standIn(path), loader: 'js' }));
    },
  };
}

/** A package of that name, such as `events` or `buffer`, comes before Node's module; one that only we brought does not. */
async function packageNamed(
  build: PluginBuild,
  args: OnResolveArgs,
): Promise<OnResolveResult | 'none wanted' | undefined> {
  const { path, kind, importer, resolveDir } = args;
  if (path.startsWith('node:') || resolveDir === '') return undefined;
  const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'looked' });
  if (found.errors.length > 0 || found.path === '' || found.external) return undefined;
  // A package may say that its browser form goes without the module. Where there is one, it gets it nevertheless.
  if (!isAbsolute(found.path)) return 'none wanted';
  return found.namespace === 'file' && found.path === (await ownCopy(build, path)) ? undefined : found;
}

function resolve(name: string, args: OnResolveArgs, asked: AskedModules, real: boolean): OnResolveResult {
  if (isSupported(name)) {
    asked.supported.add(name);
    return real ? nodeModulePath(name, args.kind === 'require-call') : { path: name, namespace: STUB };
  }
  if (!args.importer.includes('node_modules')) return { errors: [{ text: missingMessage(name) }] };
  asked.missing.add(name);
  return { path: name, namespace: MISSING };
}

function standIn(name: string): string {
  return `
    const refuse = () => { throw new Error(${JSON.stringify(missingMessage(name))}); };
    module.exports = new Proxy(function () {}, {
      get: (target, key) => (key === '__esModule' || key === 'default' || key === 'prototype' || typeof key === 'symbol' ? undefined : new Proxy(function () {}, { apply: refuse, construct: refuse, get: (_t, inner) => (inner === 'prototype' ? {} : undefined) })),
      apply: refuse, construct: refuse,
    });`;
}
