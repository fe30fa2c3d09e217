/** Which globals an isolate has, and what to use instead of well-known ones it does not have. */
import { runInNewContext } from 'node:vm';
import { WEB_GLOBAL_NAMES } from '../code/web-globals.ts';
import type { GlobalTier } from './report.ts';

export interface GlobalFacts {
  readonly tier: GlobalTier;
  /** What differs; for a missing global, the alternative. */
  readonly note?: string;
}

/** Of the web, in the kernel itself (lib/guest/globals.ts). */
const KERNEL_WEB = [
  ...['clearInterval', 'clearTimeout', 'console', 'crypto', 'navigator', 'performance', 'queueMicrotask', 'self'],
  ...['setInterval', 'setTimeout'],
];
const NODE = ['Buffer', '__dirname', '__filename', 'clearImmediate', 'global', 'process', 'setImmediate'];

const NOTES: Readonly<Record<string, string>> = {
  console: 'its lines go to the log of the call',
  navigator: 'userAgent alone',
  process: 'as the module process',
};

const NO_PAGE = 'there is no page; render text, or bundle a DOM in plain JavaScript such as linkedom';
const NO_SOCKET = 'bind a host function (context.bindings) that holds the connection';
const NO_STORAGE = 'bind a host function (context.bindings) that stores; an instance may end at any time';
const NO_SHARED = 'memory is not shared between isolates; use ArrayBuffer';
const NO_WEAK = 'hold the object, or use WeakMap or WeakSet';

/** Well-known globals that an isolate does not have. */
const MISSING: Readonly<Record<string, string>> = {
  window: 'use globalThis',
  document: NO_PAGE,
  HTMLElement: NO_PAGE,
  Element: NO_PAGE,
  Node: NO_PAGE,
  DOMParser: 'bundle a parser in plain JavaScript',
  XMLSerializer: 'bundle a serializer in plain JavaScript',
  MutationObserver: NO_PAGE,
  ResizeObserver: NO_PAGE,
  IntersectionObserver: NO_PAGE,
  Image: NO_PAGE,
  OffscreenCanvas: 'bind a host function (context.bindings) that draws',
  customElements: NO_PAGE,
  location: 'the address of a request is in the event',
  history: NO_PAGE,
  alert: 'use console.log',
  confirm: NO_PAGE,
  prompt: NO_PAGE,
  requestAnimationFrame: 'use setTimeout',
  cancelAnimationFrame: 'use clearTimeout',
  requestIdleCallback: 'use setTimeout',
  cancelIdleCallback: 'use clearTimeout',
  matchMedia: NO_PAGE,
  getComputedStyle: NO_PAGE,
  XMLHttpRequest: 'use fetch',
  FileReader: 'use the methods of Blob: text, arrayBuffer, stream',
  WebSocket: NO_SOCKET,
  WebSocketStream: NO_SOCKET,
  EventSource: 'use fetch and read its body as a stream',
  WebTransport: NO_SOCKET,
  RTCPeerConnection: NO_SOCKET,
  BroadcastChannel: 'bind a host function (context.bindings) that passes messages on',
  Worker: 'an isolate cannot start threads; call another function through a binding',
  SharedWorker: 'an isolate cannot start threads; call another function through a binding',
  ServiceWorker: 'export a fetch handler',
  importScripts: 'import the module, so that it is bundled',
  postMessage: 'return a result, or use MessageChannel',
  caches: NO_STORAGE,
  localStorage: NO_STORAGE,
  sessionStorage: NO_STORAGE,
  indexedDB: NO_STORAGE,
  cookieStore: 'cookies of a request are in its headers',
  Notification: 'bind a host function (context.bindings)',
  Deno: 'use the web-standard globals or the modules of Node.js',
  Bun: 'use the web-standard globals or the modules of Node.js',
  HTMLRewriter: 'bundle a parser in plain JavaScript',
  SharedArrayBuffer: NO_SHARED,
  Atomics: NO_SHARED,
  WeakRef: NO_WEAK,
  FinalizationRegistry: NO_WEAK,
};

const NO_WEB_ASSEMBLY = 'declare webAssembly: true';

/** Words of the language rather than things of it. */
const PLAIN = ['globalThis', 'undefined', 'NaN', 'Infinity', 'console', 'eval'];

/** Every known global by its name, in alphabetical order, for a function that may have `webAssembly` or not. */
export function globalTiers(webAssembly: boolean): ReadonlyMap<string, GlobalFacts> {
  const tiers = new Map<string, GlobalFacts>();
  const put = (names: readonly string[], tier: GlobalTier): void => {
    for (const name of names) tiers.set(name, { tier, ...(NOTES[name] !== undefined && { note: NOTES[name] }) });
  };
  // A bare context has exactly what V8 itself brings.
  const own = runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[];
  put(
    own.filter((name) => !PLAIN.includes(name)),
    'language',
  );
  put([...WEB_GLOBAL_NAMES, ...KERNEL_WEB], 'web');
  put(NODE, 'node');
  for (const [name, note] of Object.entries(MISSING)) tiers.set(name, { tier: 'missing', note });
  if (!webAssembly) tiers.set('WebAssembly', { tier: 'missing', note: NO_WEB_ASSEMBLY });
  return new Map([...tiers].sort(([a], [b]) => (a < b ? -1 : 1)));
}
