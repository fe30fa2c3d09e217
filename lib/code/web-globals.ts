/**
 * Web-standard and Node.js globals for bundles that use them. An isolate has only the language; a module that mentions `Response`
 * gets ours bundled in and defined on `globalThis` before its own first line, one that does not pays nothing.
 */
import type { Plugin } from 'esbuild';

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
  'web-socket': ['WebSocketPair'],
};

/** File of lib/guest/node -> the globals it exports, of Node.js, and of Lambda's runtimes. */
const nodeFiles: Readonly<Record<string, readonly string[]>> = {
  awslambda: ['awslambda'],
  'buffer-class': ['Buffer'],
  process: ['process'],
  timers: ['clearImmediate', 'clearInterval', 'clearTimeout', 'setImmediate', 'setInterval', 'setTimeout'],
};

const modules = (folder: string, of: typeof files): [string, string][] =>
  Object.entries(of).flatMap(([file, names]) =>
    names.map((name): [string, string] => [name, `isopod:${folder}/${file}`]),
  );

/** Global -> the module that exports it. */
const moduleOf: ReadonlyMap<string, string> = new Map([...modules('web', files), ...modules('node', nodeFiles)]);

/** Every web-standard global a bundle can have beside those of the kernel. */
export const WEB_GLOBAL_NAMES: readonly string[] = Object.values(files).flat().sort();

/**
 * In the kernel already, in the part most functions need; the whole of it comes only when the rest is mentioned.
 */
const rest: Readonly<Record<string, RegExp>> = {
  crypto: /[.{,]subtle\b/,
  ...Object.fromEntries((nodeFiles.timers as string[]).map((name) => [name, /\.(unref|hasRef|refresh)(\?\.)?\(/])),
  process:
    /\bprocess\d*\s*(\?\.|\.)\s*(abort|allowedNodeEnvironmentFlags|availableMemory|chdir|config|constrainedMemory|cpuUsage|debugPort|emit|execPath|exit|exitCode|features|getBuiltinModule|get[eu]id|getgid|hrtime|kill|listenerCount|listeners|memoryUsage|ppid|release|removeAllListeners|removeListener|resourceUsage|std(in|out|err)|title|umask|version)\b/,
  performance: /\bperformance\d*\s*(\?\.|\.)\s*(mark|measure|getEntries\w*|clear\w+|addEventListener|toJSON)\b/,
};

/**
 * What comes along with a global: who asks for the class expects the object to be of it, and the libraries behind
 * URLPattern and WritableStream (whose controller has a signal) look for globals.
 */
const implied: Readonly<Record<string, string>> = {
  Crypto: 'crypto',
  Performance: 'performance',
  URLPattern: 'URL',
  WritableStream: 'AbortController',
};

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
    if (name !== undefined && moduleOf.has(name)) found.add(name);
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
  // Node.js' streams make the web's only for code that asks them to.
  if (/\.toWeb\(/.test(script)) for (const name of ['ReadableStream', 'WritableStream']) found.add(name);
  for (const [name, other] of Object.entries(implied)) if (found.has(name)) found.add(other);
  return [...found].sort();
}

/** Text of a module that defines `names` on `globalThis`, with the values of web classes they make. */
function definitions(names: readonly string[]): string {
  const byModule = Map.groupBy(names, (name) => moduleOf.get(name) as string);
  let text = '';
  for (const [module, some] of byModule) text += `import { ${some.join(', ')} } from '${module}';\n`;
  // The bundler renames a class whose name is also mentioned as a global; the name is what users see.
  return `${text}for (const [name, value] of Object.entries({ ${names.join(', ')} })) {
    if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name, configurable: true });
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }`;
}

const mentions = (): string =>
  [...moduleOf.keys()]
    .filter((name) => rest[name] === undefined)
    .sort()
    .map((name) => `export const ${name} = /* @__PURE__ */ ${MARK}("${name}");`)
    .join('\n');

/** `defined`: what `isopod:globals` defines. */
export function webGlobalsPlugin(defined: readonly string[]): Plugin {
  return {
    name: 'isopod-web-globals',
    setup(build) {
      build.onResolve({ filter: /^isopod:mentions$/ }, () => ({ path: 'mentions', namespace, sideEffects: false }));
      build.onResolve({ filter: /^isopod:globals$/ }, () => ({ path: 'globals', namespace }));
      build.onLoad({ filter: /^(mentions|globals)$/, namespace }, ({ path }) => ({
        contents: path === 'mentions' ? mentions() : definitions(defined),
        loader: 'js',
      }));
    },
  };
}
