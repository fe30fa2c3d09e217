/**
 * Web-standard globals for bundles that use them. An isolate has only the language; a module that mentions `Response`
 * gets ours bundled in and defined on `globalThis` before its own first line, one that does not pays nothing.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const folder = fileURLToPath(new URL('../guest/web/', import.meta.url));
const loader = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** File of lib/guest/web -> the globals it exports, of the WinterTC minimum common API. */
const files: Readonly<Record<string, readonly string[]>> = {
  abort: ['AbortController', 'AbortSignal'],
  base64: ['atob', 'btoa'],
  blob: ['Blob', 'File'],
  compression: ['CompressionStream', 'DecompressionStream'],
  crypto: ['Crypto', 'CryptoKey', 'SubtleCrypto', 'crypto'],
  'dom-exception': ['DOMException'],
  'event-kinds': ['CustomEvent', 'ErrorEvent', 'MessageEvent', 'PromiseRejectionEvent'],
  events: ['Event', 'EventTarget'],
  fetch: ['fetch'],
  'form-data': ['FormData'],
  'global-events': ['addEventListener', 'dispatchEvent', 'removeEventListener', 'reportError'],
  headers: ['Headers'],
  'message-channel': ['MessageChannel', 'MessagePort'],
  performance: ['Performance', 'performance'],
  request: ['Request'],
  response: ['Response'],
  streams: [
    'ByteLengthQueuingStrategy',
    'CountQueuingStrategy',
    'ReadableByteStreamController',
    'ReadableStream',
    'ReadableStreamBYOBReader',
    'ReadableStreamBYOBRequest',
    'ReadableStreamDefaultController',
    'ReadableStreamDefaultReader',
    'TransformStream',
    'TransformStreamDefaultController',
    'WritableStream',
    'WritableStreamDefaultController',
    'WritableStreamDefaultWriter',
  ],
  'structured-clone': ['structuredClone'],
  text: ['TextDecoder', 'TextEncoder'],
  'text-streams': ['TextDecoderStream', 'TextEncoderStream'],
  url: ['URL', 'URLSearchParams'],
  'url-pattern': ['URLPattern'],
};

const fileOf = new Map(Object.entries(files).flatMap(([file, names]) => names.map((name) => [name, file] as const)));

/** Every web-standard global a bundle can have beside those of the kernel. */
export const WEB_GLOBAL_NAMES: readonly string[] = [...fileOf.keys()].sort();

/**
 * In the kernel already, in the part most functions need; the whole of it comes only when the rest is mentioned.
 */
const rest: Readonly<Record<string, RegExp>> = {
  crypto: /[.{,]subtle\b/,
  performance: /\bperformance\d*\s*(\?\.|\.)\s*(mark|measure|getEntries\w*|clear\w+|addEventListener|toJSON)\b/,
};

const objects: Readonly<Record<string, string>> = { Crypto: 'crypto', Performance: 'performance' };

/** Listening for a global event by its handler property; of a property of some other object nothing is known. */
const handlerProperty =
  /(?<![\w$]|(?<!\b(globalThis|self|global))\.)on(error|unhandledrejection|rejectionhandled)\s*=(?!=)/;

const namespace = 'isopod-web';
/** What is injected to learn which globals a bundle mentions. */
export const MENTIONS = 'isopod:mentions';
const MARK = '__isopod_global__';

/** The globals a script made with `MENTIONS` uses, in alphabetical order. */
export function mentionedGlobals(script: string): string[] {
  const found = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined && fileOf.has(name)) found.add(name);
  };
  for (const [, name] of script.matchAll(/__isopod_global__\("(\w+)"\)/g)) add(name);
  const global = '(?:globalThis|self|global)';
  for (const [, name] of script.matchAll(new RegExp(`\\b${global}\\??\\.(\\w+)`, 'g'))) add(name);
  for (const [, name] of script.matchAll(new RegExp(`\\b${global}(?:\\?\\.)?\\["(\\w+)"\\]`, 'g'))) add(name);
  for (const [, name] of script.matchAll(new RegExp(`"(\\w+)"in ${global}\\b`, 'g'))) add(name);
  for (const [, names = ''] of script.matchAll(new RegExp(`\\{([^{}]*)\\}=${global}\\b`, 'g'))) {
    for (const part of names.split(',')) add(part.split(/[:=]/)[0]?.trim());
  }
  for (const [name, mention] of Object.entries(rest)) {
    if (mention.test(script)) found.add(name);
    else found.delete(name);
  }
  if (handlerProperty.test(script)) found.add('reportError');
  // Who asks for the class expects the object to be of it.
  for (const [name, object] of Object.entries(objects)) if (found.has(name)) found.add(object);
  return [...found].sort();
}

/** Text of a module that defines `names` on `globalThis`, with the values of web classes they make. */
function definitions(names: readonly string[]): string {
  const byFile = Map.groupBy(names, (name) => fileOf.get(name) as string);
  let text = '';
  for (const [file, some] of byFile) text += `import { ${some.join(', ')} } from 'isopod:web/${file}';\n`;
  // The bundler renames a class whose name is also mentioned as a global; the name is what users see.
  return `${text}for (const [name, value] of Object.entries({ ${names.join(', ')} })) {
    if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name, configurable: true });
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }`;
}

const mentions = (): string =>
  WEB_GLOBAL_NAMES.filter((name) => rest[name] === undefined)
    .map((name) => `export const ${name} = /* @__PURE__ */ ${MARK}("${name}");`)
    .join('\n');

/** `defined`: what `isopod:globals` defines. */
export function webGlobalsPlugin(defined: readonly string[]): Plugin {
  return {
    name: 'isopod-web-globals',
    setup(build) {
      build.onResolve({ filter: /^isopod:mentions$/ }, () => ({ path: 'mentions', namespace, sideEffects: false }));
      build.onResolve({ filter: /^isopod:globals$/ }, () => ({ path: 'globals', namespace }));
      build.onResolve({ filter: /^isopod:web\// }, ({ path }) => ({ path: path.slice(11), namespace }));
      build.onResolve({ filter: /^\.\//, namespace }, ({ path }) => ({
        path: path.replace(/^\.\/|\.[tj]s$/g, ''),
        namespace,
      }));
      // Packages our own files import come from our dependencies, whatever the user's folder has.
      build.onResolve({ filter: /^[@\w]/, namespace }, async ({ path, kind, pluginData }) => {
        if (pluginData === 'looked' || path.startsWith('isopod:')) return undefined;
        const found = await build.resolve(path, { kind, resolveDir: folder, pluginData: 'looked' });
        return { path: found.path, errors: found.errors, sideEffects: false };
      });
      // Its browser files want the very classes they are here to make; those for bare engines do not.
      build.onLoad({ filter: /@exodus[\\/]bytes[\\/].*\.browser\.js$/ }, async ({ path }) => ({
        contents: await readFile(path.replace(/\.browser\.js$/, '.native.js'), 'utf8'),
        loader: 'js',
        resolveDir: dirname(path),
      }));
      build.onLoad({ filter: /.*/, namespace }, async ({ path }) => {
        if (path === 'mentions') return { contents: mentions(), loader: 'js' };
        if (path === 'globals') return { contents: definitions(defined), loader: 'js' };
        const contents = await readFile(`${folder}${path}.${loader}`, 'utf8');
        return { contents, loader, resolveDir: folder };
      });
    },
  };
}
