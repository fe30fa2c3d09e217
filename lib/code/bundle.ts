/** Bundles a handler's module and everything it imports into one script. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';
import { IsopodError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import { buildFailed, ENTRY, isFailure, MAX_ERRORS } from './build-failure.ts';
import { type AskedModules, builtinsPlugin } from './builtins.ts';
import { confinePlugin } from './confine.ts';
import { layerPackages, layersPlugin } from './layers.ts';
import { libraryPlugin } from './library.ts';
import type { CodeLimits } from './limits.ts';
import { lowerScript, WITHOUT_AWAIT } from './lower.ts';
import { builtinName, isSupported, missingMessage, NODE_MODULES } from './node-modules.ts';
import { collectFiles } from './package-files.ts';
import { mentionsPlaces, PLACE_NAMES, placesPlugin, withPlace } from './places.ts';
import { packagesOf, relativeSources } from './sources.ts';
import { isStrict } from './strict.ts';
import { MENTIONS, mentionedGlobals, webGlobalsPlugin } from './web-globals.ts';

/**
 * What a handler takes its event as: the value it is; a Buffer, as Function Compute's do; or that, and a request and a response
 * when it comes from an HTTP trigger, as those of Function Compute 2.0 do.
 */
export type EventForm = 'value' | 'buffer' | 'request';

/** What to bundle: a file, or text that stands for one. */
export interface Entry {
  /** Folder that names in the source map are relative to, and where packages are looked up. */
  readonly root: string;
  /** Default: `value`. */
  readonly eventForm?: EventForm;
  /** The code may have come from anybody: nothing outside `root` is read. */
  readonly confined?: boolean;
  /** Its tsconfigs are left alone. */
  readonly ignoresConfig?: boolean;
  readonly file?: string;
  readonly text?: {
    readonly source: string;
    readonly language: 'js' | 'ts' | 'jsx' | 'tsx';
    readonly name: string;
    readonly resolves: boolean;
  };
}

const TEXT = 'isopod:text';

type Built = Omit<Artifact, 'stages'>;

export async function bundle(entry: Entry, limits: CodeLimits): Promise<Built> {
  try {
    return await run(entry, false, limits);
  } catch (error) {
    if (!isFailure(error)) throw error;
    if (error.errors.some(({ text }) => text.includes('Top-level await'))) {
      return run(entry, true, limits).catch((again: unknown) => {
        throw isFailure(again) ? buildFailed(again, entry.root, entry.confined) : again;
      });
    }
    throw buildFailed(error, entry.root, entry.confined);
  }
}

/** A module that may be a web-standard fetch handler; it gets the adapter bundled in. */
const looksLikeFetchHandler = /\bfetch\s*[(:,=}]|\bfetch\b.{0,20}=>/;

/** Handlers that take a request and a response answer by `response.send`. */
const looksLikeHttpHandler = /\bsend\b/;

/** What a bundle needs beside the module itself. */
interface Extras {
  readonly fetchHandler: boolean;
  readonly eventForm: EventForm;
  /** Globals to define, the web's and Node.js'. */
  readonly globals: readonly string[];
  /** Modules of Node.js it imports. */
  readonly nodeModules: ReadonlySet<string>;
  /** Modules of Node.js it names as texts. */
  readonly namedModules: readonly string[];
  /** It mentions where its files lie. */
  readonly places: boolean;
}

/** Most bundles need nothing of ours and are made once; the first try tells. */
async function run(entry: Entry, asyncTopLevel: boolean, limits: CodeLimits): Promise<Built> {
  const first = await runOnce(entry, asyncTopLevel, limits, undefined);
  const nodeModules = new Set(first.nodeModules.filter(isSupported));
  const fetchHandler = looksLikeFetchHandler.test(first.script);
  const globals = mentionedGlobals(first.script);
  const eventForm = neededForm(entry, first.script);
  const places = mentionsPlaces(first.script);
  if (!fetchHandler && eventForm === 'value' && globals.length === 0 && nodeModules.size === 0 && !places) return first;
  return runOnce(entry, asyncTopLevel, limits, {
    fetchHandler,
    eventForm,
    globals,
    nodeModules,
    namedModules: namedModules(first.script),
    places,
  });
}

const neededForm = ({ eventForm = 'value' }: Entry, script: string): EventForm =>
  eventForm === 'request' && !looksLikeHttpHandler.test(script) ? 'buffer' : eventForm;

const namedModules = (script: string): string[] =>
  Object.keys(NODE_MODULES).filter(
    (name) => isSupported(name) && (script.includes(`"${name}"`) || script.includes(`"node:${name}"`)),
  );

/** Without `extras`: find out what the bundle needs of ours. */
async function runOnce(entry: Entry, asyncTopLevel: boolean, limits: CodeLimits, extras?: Extras): Promise<Built> {
  const { build } = await import('esbuild');
  const asked: AskedModules = { supported: new Set(), missing: new Set(), filesLeftOut: [] };
  const result = await build({ ...options(entry, extras, asked), ...shape(asyncTopLevel, extras) });
  let script = result.outputFiles?.find(({ path }) => !path.endsWith('.map'))?.text ?? '';
  let sourceMap = result.outputFiles?.find(({ path }) => path.endsWith('.map'))?.text ?? '';
  if (await isStrict(result.metafile as Metafile, entry)) script = script.replace('{', '{"use strict";');
  if (asyncTopLevel && carriesFrames(extras)) ({ script, sourceMap } = await lowerScript(script, sourceMap));
  if (script.length > limits.bundleBytes) {
    throw new IsopodError('CodeTooLarge', `The bundle has ${script.length} bytes; the limit is ${limits.bundleBytes}`);
  }
  return {
    hash: createHash('sha256').update(script).digest('hex'),
    script,
    sourceMap: relativeSources(sourceMap),
    asyncTopLevel,
    packages: await packagesOf(result.metafile as Metafile, entry.root),
    nodeModules: [...asked.supported, ...asked.missing].sort(),
    warnings: [...warningsOf(asked), ...(entry.ignoresConfig === true ? [NO_CONFIG] : [])],
  };
}

const NO_CONFIG = 'A tsconfig.json that extends another one is not read; write its settings into it';

function warningsOf({ missing, filesLeftOut }: AskedModules): string[] {
  const modules = [...missing].sort();
  return [
    ...modules.map((name) => `A package asks for a module and throws when it uses it. ${missingMessage(name)}`),
    ...filesLeftOut.map((path) => `The file "${path}" is too large for the isolate's node:fs; reading it fails`),
  ];
}

/** AsyncLocalStorage has to see every `await`. */
const carriesFrames = (extras?: Extras): boolean => extras?.nodeModules.has('async_hooks') === true;

/** A synchronous module is a plain function; one that awaits at its top level has to be an asynchronous one. */
export function shape(asyncTopLevel: boolean, extras?: Extras): BuildOptions {
  const keyword = asyncTopLevel ? 'async function' : 'function';
  return {
    format: asyncTopLevel ? 'esm' : 'iife',
    banner: { js: `(${keyword} (__isopod_export, __isopod_host) {` },
    footer: { js: '})' },
    ...(!asyncTopLevel && carriesFrames(extras) && { supported: WITHOUT_AWAIT }),
  };
}

/** Without `extras`, Node.js' modules are empty ones and nothing of ours is in it. */
export function options(entry: Entry, extras: Extras | undefined, asked: AskedModules): BuildOptions {
  return {
    entryPoints: [ENTRY],
    inject: extras === undefined ? [MENTIONS] : [],
    outfile: join(entry.root, 'function.js'),
    absWorkingDir: entry.root,
    nodePaths: layerPackages(entry.root),
    ...(entry.ignoresConfig === true && { tsconfigRaw: '{}' }),
    bundle: true,
    write: false,
    metafile: true,
    sourcemap: 'external',
    sourcesContent: false,
    platform: 'browser',
    target: 'es2024',
    charset: 'utf8',
    conditions: ['isopod', 'workerd', 'worker', 'browser', 'module'],
    mainFields: ['browser', 'module', 'main'],
    resolveExtensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.mts', '.cts', '.jsx', '.json'],
    loader: { '.txt': 'text', '.html': 'text', '.md': 'text', '.hbs': 'text', '.csv': 'text' },
    define: { 'process.env.NODE_ENV': '"production"', ...(extras?.places && PLACE_NAMES) },
    // Leaves out the comments that name files by their place on this machine. Syntax is not minified: that would take
    // the names off function and class expressions, which programs show and compare.
    minifyWhitespace: true,
    logLevel: 'silent',
    logLimit: MAX_ERRORS,
    plugins: [
      entryPlugin(entry, extras),
      layersPlugin(entry.root),
      ...(entry.confined === true ? [confinePlugin(entry.root)] : []),
      webGlobalsPlugin(extras?.globals ?? []),
      libraryPlugin({
        namedModules: extras?.namedModules ?? [],
        lowered: carriesFrames(extras),
        async packageFiles() {
          const found = await collectFiles(entry.text === undefined ? entry.root : undefined);
          asked.filesLeftOut.push(...found.tooLarge);
          return found;
        },
      }),
      builtinsPlugin(asked, extras !== undefined),
      ...(extras?.places ? [placesPlugin(entry.root, entry.file)] : []),
    ],
  };
}

/** The generated entry that hands the module's exports over, and the text that stands for a file. */
function entryPlugin(entry: Entry, extras?: Extras): Plugin {
  const { fetchHandler = false, eventForm = 'value', globals = [], places = false } = extras ?? {};
  const frames = carriesFrames(extras);
  /** Names of what the kernel is given beside the module, and where each comes from. */
  const adapters = [
    ...(fetchHandler ? [['adaptFetch', 'web/fetch-handler']] : []),
    ...(frames ? [['inOwnFrame', 'node/async-frame']] : []),
    ...(eventForm === 'value' ? [] : [['toBuffer', 'web/buffer-event']]),
    ...(eventForm === 'request' ? [['adaptHttp', 'node/http-handler']] : []),
  ];
  const target = entry.text === undefined ? `./${entry.file ?? ''}` : TEXT;
  return {
    name: 'isopod-entry',
    setup(build) {
      build.onResolve({ filter: /^isopod:entry$/ }, () => ({ path: ENTRY, namespace: 'isopod-entry' }));
      build.onLoad({ filter: /.*/, namespace: 'isopod-entry' }, () => ({
        contents: [
          frames ? `import 'isopod:node/async-frame';` : '',
          globals.length > 0 ? `import 'isopod:globals';` : '',
          `import * as handlers from ${JSON.stringify(target)};`,
          ...adapters.map(([name, file]) => `import { ${name} } from 'isopod:${file}';`),
          `__isopod_export(handlers, { ${adapters.map(([name]) => name).join(', ')} });`,
        ].join('\n'),
        loader: 'js',
        resolveDir: entry.root,
      }));
      const { text } = entry;
      if (text === undefined) return;
      build.onResolve({ filter: /^isopod:text$/ }, () => ({ path: text.name, namespace: 'isopod-text' }));
      build.onResolve({ filter: /.*/, namespace: 'isopod-text' }, (args) => {
        if (text.resolves || args.path.startsWith('isopod:') || builtinName(args.path) !== undefined) return undefined;
        return { errors: [{ text: `"${args.path}" cannot be imported from inline source without code.resolveDir` }] };
      });
      build.onLoad({ filter: /.*/, namespace: 'isopod-text' }, () => ({
        contents: places ? withPlace(text.source, text.name, true) : text.source,
        loader: text.language,
        ...(text.resolves && { resolveDir: entry.root }),
      }));
    },
  };
}
