/** Which modules of Node.js an isolate has, and what to use instead of those it does not. */

/**
 * `native`: the isolate's own objects under Node's name. `polyfilled`: the documented surface, by a library or the
 * host. `partial`: the part the note names. `missing`: nothing; the note says what to use instead.
 */
export type NodeModuleTier = 'native' | 'polyfilled' | 'partial' | 'missing';

export interface NodeModule {
  readonly tier: NodeModuleTier;
  /** What is there and what is not; for a missing module, the alternative. */
  readonly note: string;
}

const native = (note: string): NodeModule => ({ tier: 'native', note });
const polyfilled = (note: string): NodeModule => ({ tier: 'polyfilled', note });
const partial = (note: string): NodeModule => ({ tier: 'partial', note });
const missing = (note: string): NodeModule => ({ tier: 'missing', note });

/** Every module of Node.js by its name without `node:`. */
export const NODE_MODULES: Readonly<Record<string, NodeModule>> = {
  assert: polyfilled('messages of failed deep comparisons are shorter than those of Node.js'),
  'assert/strict': polyfilled('as assert'),
  async_hooks: partial(
    'AsyncLocalStorage and AsyncResource; a bundle that imports it has its async functions compiled to generators, so code made at run time (eval, new Function) loses the store at an await; createHook does nothing',
  ),
  buffer: polyfilled('by the package buffer; the global Buffer is the same class'),
  child_process: missing('bind a host function (context.bindings) that does the work'),
  cluster: missing('raise instanceConcurrency or let the engine start more instances'),
  console: native('the global console; its lines go to the log; new Console writes there as well'),
  constants: polyfilled('constants of os, fs and crypto'),
  crypto: partial(
    'hashes, HMAC, ciphers, signatures, keys, key derivation, random numbers and webcrypto by the host; ECDH and X509Certificate too; streams collect and work at the end; no createDiffieHellman, generatePrime, checkPrime or argon2',
  ),
  dgram: missing('use fetch, or bind a host function'),
  diagnostics_channel: polyfilled('all of it'),
  dns: missing('use fetch, which resolves names itself'),
  'dns/promises': missing('use fetch, which resolves names itself'),
  domain: missing('use try and catch, or AsyncLocalStorage of node:async_hooks'),
  events: polyfilled('all but EventEmitterAsyncResource'),
  ffi: missing('bind a host function (context.bindings) that calls the library'),
  fs: partial(
    'files of the package below /code, read-only, and /tmp in memory (16 MB); no links, no watching, no permissions',
  ),
  'fs/promises': partial('as fs'),
  http: partial('request and get, over fetch; no servers, agents or upgrades'),
  http2: missing('use fetch'),
  https: partial('as http'),
  inspector: missing('run the function in plain Node.js to debug it'),
  'inspector/promises': missing('run the function in plain Node.js to debug it'),
  module: partial('createRequire for the modules of this table, builtinModules, isBuiltin'),
  net: missing('use fetch'),
  os: partial('fixed answers that tell nothing of the host'),
  path: polyfilled('all but matchesGlob; by the package path-unified'),
  'path/posix': polyfilled('as path'),
  'path/win32': polyfilled('as path'),
  perf_hooks: partial('performance and timerify; observers never fire, and there are no histograms'),
  process: partial(
    'env, argv, nextTick, hrtime, uptime, memoryUsage, stdout and stderr (to the log), exit (fails the call), emitWarning; no signals',
  ),
  punycode: polyfilled('all of it'),
  querystring: polyfilled('all of it'),
  readline: missing('split the text by lines'),
  'readline/promises': missing('split the text by lines'),
  repl: missing('there is no terminal'),
  sea: missing('there is no executable of its own'),
  sqlite: missing('bind a host function (context.bindings) that queries the database'),
  stream: polyfilled('by the package readable-stream'),
  'stream/consumers': polyfilled('all of it'),
  'stream/promises': polyfilled('all of it'),
  'stream/web': native('the web streams'),
  string_decoder: polyfilled('all of it'),
  sys: polyfilled('as util'),
  test: missing('test the function from outside, with isopod/testing'),
  'test/reporters': missing('test the function from outside, with isopod/testing'),
  timers: polyfilled('all of it; timers are frozen while the instance has no call'),
  'timers/promises': polyfilled('all of it'),
  tls: missing('use fetch with an https address'),
  trace_events: missing('read the status of a call'),
  tty: partial('isatty, which says no'),
  url: polyfilled('URL of the web, and the older parse, format and resolve'),
  util: polyfilled('all but MIMEType; debuglog is always off'),
  'util/types': partial('isProxy and isExternal cannot be told and say no'),
  v8: partial('heap statistics of zeros; no serialize, use structuredClone'),
  vm: partial('runInThisContext and Script; an isolate cannot make contexts'),
  wasi: missing('compile to plain WebAssembly and declare it'),
  worker_threads: partial('isMainThread and MessageChannel; an isolate cannot start threads'),
  zlib: polyfilled('by the host; streams collect and work at the end; no zstd'),
};

const nodeModule = (name: string): NodeModule | undefined =>
  Object.hasOwn(NODE_MODULES, name) ? NODE_MODULES[name] : undefined;

/** `fs` of `fs` and `node:fs`; undefined when `specifier` is no module of Node.js. */
export function builtinName(specifier: string): string | undefined {
  const name = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  return specifier.startsWith('node:') || nodeModule(name) !== undefined ? name : undefined;
}

export const isSupported = (name: string): boolean => (nodeModule(name) ?? missing('')).tier !== 'missing';

/** Why `name` cannot be used, and what to use instead. */
export function missingMessage(name: string): string {
  const instead = nodeModule(name)?.note;
  return `The Node.js module "${name}" does not exist in an isolate${instead === undefined ? '' : `: ${instead}`}`;
}
