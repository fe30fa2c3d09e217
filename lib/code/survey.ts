/**
 * What a function's code asks for: every import and every global, with the places that do. The code is bundled as for a
 * deployment, but an import that cannot be served becomes an empty module, so that all of them are found at once.
 */
import { isAbsolute } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { BuildResult, Message, Metafile, PartialMessage, Plugin } from 'esbuild';
import type { CodeSource } from '../types.ts';
import { isFailure } from './build-failure.ts';
import type { AskedModules } from './builtins.ts';
import { type Entry, options, shape } from './bundle.ts';
import { type LoadOptions, withEntry } from './load.ts';
import { builtinName, isSupported } from './node-modules.ts';
import { packagesOf, relativeSources } from './sources.ts';

/** A place in the function's own code, or in a package's. */
export interface Place {
  /** Name of the package; undefined for the function's own code. */
  readonly package?: string;
  /** Relative to the root of the code; of a package from `node_modules` on. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface FoundImport {
  /** `module`: of Node.js. `package`: of npm, by the function's own code. `unresolved`: leads nowhere. */
  readonly kind: 'module' | 'package' | 'unresolved';
  /** Name of the module without `node:`, name of the package, or the specifier as it is written. */
  readonly name: string;
  readonly place: Place;
}

/**
 * `plain`: the code fails where there is no such global. `tested`: by `typeof`, which never fails. `property`: read as a
 * property of the global object, which gives undefined.
 */
export type Mention = 'plain' | 'tested' | 'property';

export interface FoundGlobal {
  readonly name: string;
  readonly mention: Mention;
  readonly place: Place;
}

export interface Survey {
  readonly imports: readonly FoundImport[];
  readonly globals: readonly FoundGlobal[];
  /** npm packages in the bundle, `name@version`. */
  readonly packages: readonly string[];
  /** npm package -> the packages that import it. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
}

/** Of code in which nothing could be found. */
export const NOTHING: Survey = { imports: [], globals: [], packages: [], dependants: new Map() };

/**
 * Surveys the code `code` names; of globals those called `globalNames`. Code that cannot be parsed has its imports told
 * as far as they were found. Rejects as `loadCode` does, but for `BuildFailed`.
 */
export function surveyCode(code: CodeSource, loading: LoadOptions, globalNames: readonly string[]): Promise<Survey> {
  return withEntry(code, loading, (entry) => survey(entry, globalNames));
}

async function survey(entry: Entry, globalNames: readonly string[]): Promise<Survey> {
  const { build } = await import('esbuild');
  const asked: AskedModules = { supported: new Set(), missing: new Set(), filesLeftOut: [] };
  const base = options(entry, undefined, asked);
  try {
    const plugins = [importsPlugin(), ...(base.plugins ?? [])];
    // Minified, so that branches that are never taken do not count: this bundle is only read.
    const result = await build({ ...base, ...shape(true), inject: [], minifySyntax: true, logLimit: 0, plugins });
    const { metafile, warnings } = result;
    return {
      imports: importsOf(warnings),
      globals: await globalsOf(result, globalNames),
      packages: await packagesOf(metafile as Metafile, entry.root),
      dependants: dependantsOf(metafile as Metafile),
    };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ...NOTHING, imports: importsOf(error.warnings) };
  }
}

const ABSENT = 'isopod-absent';
const PLUGIN = 'isopod-survey';

/** Tells of each import by a warning, to which the bundler adds the place. */
function importsPlugin(): Plugin {
  return {
    name: PLUGIN,
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, kind, importer, namespace, resolveDir, pluginData }) => {
        const isOurs = path.startsWith('isopod:') || namespace === 'isopod-entry' || kind === 'entry-point';
        if (isOurs || pluginData !== undefined) return undefined;
        const found = await build.resolve(path, { kind, importer, namespace, resolveDir, pluginData: PLUGIN });
        const failed = found.errors.length > 0;
        const told = kindOf(path, failed, found.namespace, found.path, importer);
        if (told === undefined) return undefined;
        const warnings: PartialMessage[] = [{ text: path, detail: told }];
        if (failed) return { path, namespace: ABSENT, warnings };
        // The plugins after this one are not asked once it has answered.
        const { path: to, namespace: where, sideEffects, suffix, external } = found;
        return { path: to, namespace: where, sideEffects, suffix, external, warnings };
      });
      build.onLoad({ filter: /.*/, namespace: ABSENT }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    },
  };
}

type Told = Pick<FoundImport, 'kind' | 'name'>;

function kindOf(path: string, failed: boolean, namespace: string, to: string, importer: string): Told | undefined {
  const module = builtinName(path);
  if (failed) return module === undefined ? { kind: 'unresolved', name: path } : { kind: 'module', name: module };
  if (module !== undefined && namespace !== 'file') {
    // A package may ask for a module and say in its manifest that it goes without.
    return namespace === 'isopod-missing' || isSupported(module) ? { kind: 'module', name: module } : undefined;
  }
  const name = packageOf(to);
  const isImport = namespace === 'file' && isAbsolute(to) && packageOf(importer) === undefined;
  return isImport && name !== undefined ? { kind: 'package', name } : undefined;
}

/** Packages do without what their manifest disables for a bundler, which a plugin's answer could not say. */
function dependantsOf({ inputs }: Metafile): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const [path, { imports }] of Object.entries(inputs)) {
    const from = packageOf(path);
    if (from === undefined) continue;
    for (const { path: to } of imports) {
      const name = to.startsWith('(disabled)') ? undefined : packageOf(to);
      if (name !== undefined && name !== from) found.set(name, (found.get(name) ?? new Set()).add(from));
    }
  }
  return new Map([...found].map(([name, from]) => [name, [...from].sort()]));
}

function importsOf(warnings: readonly Message[]): FoundImport[] {
  return warnings
    .filter(({ pluginName, detail }) => pluginName === PLUGIN && detail !== undefined)
    .map(({ detail, location }) => ({
      ...(detail as Told),
      place: placeOf(location?.file ?? '', location?.line ?? 0, location?.column ?? 0),
    }));
}

const packageOf = (path: string): string | undefined =>
  /.*\bnode_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1]?.replace('\\', '/');

function placeOf(path: string, line: number, column: number): Place {
  const clean = path.replace(/^isopod-text:/, '');
  const name = packageOf(clean);
  const file = name === undefined ? clean : clean.slice(clean.lastIndexOf('node_modules'));
  return { ...(name !== undefined && { package: name }), file, line, column: column + 1 };
}

const MARK = '__isopod_mention_';
const marked = new RegExp(`(typeof )?\\b${MARK}([gp])_([\\w$]+)`, 'g');

/**
 * The bundler itself knows which names are globals: each is replaced by a marker, in the finished bundle, so that code
 * left out of it does not count. The chain of source maps leads from the markers to the sources.
 */
async function globalsOf({ outputFiles = [] }: BuildResult, names: readonly string[]): Promise<FoundGlobal[]> {
  const { transform } = await import('esbuild');
  const text = (isMap: boolean): string => outputFiles.find(({ path }) => path.endsWith('.map') === isMap)?.text ?? '';
  const inline = Buffer.from(relativeSources(text(true))).toString('base64');
  const { code, map } = await transform(`${text(false)}\n//# sourceMappingURL=data:application/json;base64,${inline}`, {
    define: markers(names),
    sourcemap: 'external',
    minifyWhitespace: true,
    charset: 'utf8',
    logLevel: 'silent',
  });
  const trace = new TraceMap(map);
  const starts = lineStarts(code);
  const found: FoundGlobal[] = [];
  for (const { 1: tested, 2: how, 3: name = '', index } of code.matchAll(marked)) {
    const at = index + (tested?.length ?? 0);
    const line = starts.findLastIndex((start) => start <= at);
    const {
      source,
      line: from,
      column,
    } = originalPositionFor(trace, { line: line + 1, column: at - (starts[line] ?? 0) });
    // What the bundler adds of its own has no source, and stand-ins are ours.
    if (source === null || /^isopod[-:]/.test(source)) continue;
    const mention = tested !== undefined ? 'tested' : how === 'g' ? 'plain' : 'property';
    found.push({ name, mention, place: placeOf(source, from, column) });
  }
  return found;
}

function markers(names: readonly string[]): Record<string, string> {
  const define: Record<string, string> = {};
  for (const name of names) {
    define[name] = `${MARK}g_${name}`;
    for (const object of ['globalThis', 'self', 'global']) define[`${object}.${name}`] = `${MARK}p_${name}`;
  }
  return define;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
