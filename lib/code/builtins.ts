/** Node.js modules a bundle asks for. None exists in an isolate; what replaces one is written here. */
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const names = new Set(builtinModules.filter((name) => !name.startsWith('_')));

/** `fs` of `node:fs`, or undefined when `specifier` is no module of Node.js. */
export function builtinName(specifier: string): string | undefined {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  return names.has(name) || specifier.startsWith('node:') ? name : undefined;
}

/**
 * The user's own import of a Node.js module is an error of the build. A package's is replaced by a stand-in that
 * throws when something of it is used, because many packages ask for modules they then do without.
 */
export function builtinsPlugin(missing: Set<string>): Plugin {
  return {
    name: 'isopod-builtins',
    setup(build) {
      build.onResolve({ filter: /^[\w:/]+$/ }, async (args) => {
        if (args.pluginData === 'looked') return undefined;
        const name = builtinName(args.path);
        if (name === undefined) return undefined;
        if (!args.path.startsWith('node:')) {
          // A package of that name, such as `events` or `buffer`, comes before Node's module.
          const found = await build.resolve(args.path, {
            kind: args.kind,
            importer: args.importer,
            resolveDir: args.resolveDir,
            pluginData: 'looked',
          });
          if (found.errors.length === 0 && found.path !== '' && !found.external) return found;
        }
        if (!args.importer.includes('node_modules')) {
          return { errors: [{ text: `The Node.js module "${args.path}" does not exist in an isolate` }] };
        }
        missing.add(name);
        return { path: name, namespace: 'isopod-missing' };
      });
      build.onLoad({ filter: /.*/, namespace: 'isopod-missing' }, (args) => ({
        contents: standIn(args.path),
        loader: 'js',
      }));
    },
  };
}

function standIn(name: string): string {
  const message = `The Node.js module "${name}" does not exist in an isolate`;
  return `
    const refuse = () => { throw new Error(${JSON.stringify(message)}); };
    module.exports = new Proxy(function () {}, {
      get: (target, key) => (key === '__esModule' || key === 'default' || key === 'prototype' || typeof key === 'symbol' ? undefined : new Proxy(function () {}, { apply: refuse, construct: refuse, get: (_t, inner) => (inner === 'prototype' ? {} : undefined) })),
      apply: refuse, construct: refuse,
    });`;
}
