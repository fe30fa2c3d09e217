/**
 * The library parts of lib/guest that bundles may have: `isopod:web/...` for the web's globals, `isopod:node/...` for
 * Node.js' modules, and what they need of the packages Isopod depends on.
 */
import { readFile } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OnLoadResult, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { builtinName, isSupported, NODE_MODULES } from './node-modules.ts';
import type { PackageFiles } from './package-files.ts';

const guest = fileURLToPath(new URL('../guest/', import.meta.url));
const loader = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Folder of lib/guest -> esbuild's namespace for it. */
const namespaces: Readonly<Record<string, string>> = { web: 'isopod-web', node: 'isopod-node' };
const inLibrary = /^isopod-(web|node)$/;
/** What `import` and `require` of a module of Node.js get: its names and a default, or the default alone. */
const IMPORTED = 'isopod-node-imported';
const REQUIRED = 'isopod-node-required';

/** Files of lib/guest/node imported for what they do. */
const effects = new Set(['async-frame', 'timers']);

/** Packages our parts are made of that ask for modules of Node.js themselves; they get ours. */
const ownPackage =
  /[\\/]node_modules[\\/](readable-stream|string_decoder|safe-buffer|unenv|node-inspect-extracted|path-unified|@pkgjs[\\/]parseargs)[\\/]/;

/** Whether a file belongs to the library and not to the user. */
export const isLibrary = (namespace: string, importer: string): boolean =>
  namespace.startsWith('isopod-')
    ? !namespace.endsWith('-text') && !namespace.endsWith('-entry')
    : ownPackage.test(importer);

/** What an import of a supported module of Node.js resolves to. */
export function nodeModulePath(name: string, required: boolean): { path: string; namespace: string } {
  return { path: fileOf(name), namespace: required ? REQUIRED : IMPORTED };
}

/** `fs-promises` of `fs/promises`, `async-hooks` of `async_hooks`: the file's name in lib/guest/node. */
const fileOf = (name: string): string => name.replace(/[/_]/g, '-');

const read = (folder: string, name: string): Promise<string> => readFile(`${guest}${folder}/${name}.${loader}`, 'utf8');

/** Modules of Node.js that turn out unused are left out; the web's are bundled by the name that is mentioned. */
const inLibraryFolder = (folder: string, path: string): OnResolveResult => ({
  path,
  namespace: namespaces[folder] as string,
  ...(folder === 'node' && !effects.has(path) && { sideEffects: false }),
});

/** Names and a default, as Node's own modules have both; a module that is a function or class has its own default. */
async function importedModule(name: string): Promise<OnLoadResult> {
  const path = JSON.stringify(`isopod:node/${name}`);
  const own = /^export default |^export \{[^}]*\bdefault\b/m.test(await read('node', name));
  const given = own
    ? `export { default } from ${path};`
    : `import * as all from ${path};\nexport default /* @__PURE__ */ Object.assign({}, all);`;
  return { contents: `export * from ${path};\n${given}`, loader: 'js' };
}

/** Modules of Node.js that `createRequire` gives: those the code names, each loaded when it is asked for. */
function registry(named: readonly string[]): OnLoadResult {
  const loaders = named.map(
    (name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(`isopod:node-required/${fileOf(name)}`)})`,
  );
  const names = Object.keys(NODE_MODULES).filter(isSupported);
  return {
    contents: `export const modules = { names: ${JSON.stringify(names)}, loaders: { ${loaders.join(', ')} } };`,
    loader: 'js',
  };
}

const requiredModule = (name: string): OnLoadResult => ({
  contents: `module.exports = require(${JSON.stringify(`isopod:node-imported/${name}`)}).default;`,
  loader: 'js',
});

/** What a bundle's library parts hold of the bundle itself. */
export interface LibraryFacts {
  /** Modules of Node.js that the code names as texts. */
  readonly namedModules: readonly string[];
  /** Async functions become generators. */
  readonly lowered: boolean;
  /** Asked for when something reads files. */
  packageFiles(): Promise<PackageFiles>;
}

const GENERATED = 'isopod-generated';
/** By which libraries learn what an async function is; these must stay what they are. */
const asyncLiteral = /async function ?\*? ?\(\) ?\{\}/g;

export function libraryPlugin({ namedModules, lowered, packageFiles }: LibraryFacts): Plugin {
  return {
    name: 'isopod-library',
    setup(build) {
      build.onResolve({ filter: /^isopod:(web|node)\// }, ({ path }) => {
        const [folder = '', name = ''] = path.slice(7).split('/');
        return inLibraryFolder(folder, name);
      });
      build.onResolve({ filter: /^isopod:node-imported\// }, ({ path }) => ({
        path: path.slice(21),
        namespace: IMPORTED,
        sideEffects: false,
      }));
      build.onResolve({ filter: /^isopod:node-required\// }, ({ path }) => ({
        path: path.slice(21),
        namespace: REQUIRED,
      }));
      build.onResolve({ filter: /^isopod:(node-registry|package-files)$/ }, ({ path }) => ({
        path,
        namespace: GENERATED,
      }));
      build.onLoad({ filter: /^isopod:node-registry$/, namespace: GENERATED }, () => registry(namedModules));
      build.onLoad({ filter: /^isopod:package-files$/, namespace: GENERATED }, async () => {
        const { files, tooLarge } = await packageFiles();
        return {
          contents: `export const files = ${JSON.stringify(files)};\nexport const tooLarge = ${JSON.stringify(tooLarge)};`,
          loader: 'js',
        };
      });
      build.onResolve({ filter: /^\.\.?\// }, ({ path, namespace }) => {
        const from = inLibrary.exec(namespace)?.[1];
        if (from === undefined) return undefined;
        const [folder = '', name = ''] = posix.join(from, path.replace(/\.[tj]s$/, '')).split('/');
        return inLibraryFolder(folder, name);
      });
      resolvePackages(build);
      // Its browser files want the very classes they are here to make; those for bare engines do not.
      build.onLoad({ filter: /@exodus[\\/]bytes[\\/].*\.browser\.js$/ }, async ({ path }) => ({
        contents: await readFile(path.replace(/\.browser\.js$/, '.native.js'), 'utf8'),
        loader: 'js',
        resolveDir: dirname(path),
      }));
      const own = async (path: string): Promise<string> => {
        const text = await readFile(path, 'utf8');
        return lowered
          ? text.replace(asyncLiteral, (found) => `Function(${JSON.stringify(`return ${found}`)})()`)
          : text;
      };
      build.onLoad({ filter: /readable-stream[\\/]lib[\\/]ours[\\/]util\.js$/ }, async ({ path }) => ({
        contents: await own(path),
        loader: 'js',
        resolveDir: dirname(path),
      }));
      // It lists classes that an isolate takes away from its guests.
      build.onLoad({ filter: /node-inspect-extracted[\\/]dist[\\/]inspect\.js$/ }, async ({ path }) => ({
        contents: `const globalThis = require('isopod:node/inspect-globals').globals, URL = globalThis.URL ?? class {};\n${await own(path)}`,
        loader: 'js',
        resolveDir: dirname(path),
      }));
      build.onLoad({ filter: /.*/, namespace: 'isopod-web' }, async ({ path }) => ({
        contents: await read('web', path),
        loader,
        resolveDir: `${guest}web/`,
      }));
      build.onLoad({ filter: /.*/, namespace: 'isopod-node' }, async ({ path }) => ({
        contents: await read('node', path),
        loader,
        resolveDir: `${guest}node/`,
      }));
      build.onLoad({ filter: /.*/, namespace: IMPORTED }, ({ path }) => importedModule(path));
      build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => requiredModule(path));
    },
  };
}

/** Packages our own files import come from our dependencies, whatever the user's folder has. */
function resolvePackages(build: PluginBuild): void {
  build.onResolve({ filter: /^[@\w]/ }, async ({ path, kind, pluginData, namespace, importer }) => {
    if (pluginData === 'looked' || path.startsWith('isopod:')) return undefined;
    const inside = inLibrary.test(namespace);
    if (!inside && !(namespace === 'file' && ownPackage.test(importer))) return undefined;
    if (path === 'abort-controller') return { path: 'abort', namespace: 'isopod-web' };
    if (path === 'buffer' && !inside) return { path: 'library-buffer', namespace: REQUIRED };
    if (path === 'process/') return { path: 'kernel-process', namespace: REQUIRED };
    const name = builtinName(path.replace(/\/$/, ''));
    const own = inside ? path.startsWith('node:') : true;
    if (own && name !== undefined && isSupported(name)) return nodeModulePath(name, kind === 'require-call');
    if (!inside) return undefined;
    const found = await build.resolve(path, { kind, resolveDir: `${guest}web/`, pluginData: 'looked' });
    return { path: found.path, errors: found.errors, sideEffects: false };
  });
}

/** Where Isopod's own copy of a package is; undefined when there is none. */
export async function ownCopy(build: PluginBuild, name: string): Promise<string | undefined> {
  const found = await build.resolve(name, { kind: 'import-statement', resolveDir: guest, pluginData: 'looked' });
  return found.errors.length === 0 ? found.path : undefined;
}
