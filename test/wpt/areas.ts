/** Which cases of web-platform-tests concern a guest: those that need no server, no document and no frame. */

export interface Area {
  /** As it stands in `expectations.json` and in `docs/web-apis.md`. */
  readonly name: string;
  /** Paths of cases inside the checkout. */
  readonly cases: RegExp;
  /** Of these, what a guest cannot run: a server, a document, shared memory or another window is needed. */
  readonly without?: RegExp;
  /** Right, but too slow for `npm test`: only `npm run wpt` runs them. */
  readonly slow?: RegExp;
}

export const AREAS: readonly Area[] = [
  { name: 'url', cases: /^url\/[^/]+\.any\.js$/ },
  { name: 'urlpattern', cases: /^urlpattern\/[^/]+\.any\.js$/, without: /\.https\.|tentative/ },
  {
    name: 'encoding',
    cases: /^encoding\/(streams\/)?[^/]+\.any\.js$/,
    slow: /single-byte|unsupported-encodings|textdecoder-labels/,
  },
  { name: 'streams', cases: /^streams\/([^/]+\/)?[^/]+\.any\.js$/, without: /transferable|garbage-collection/ },
  {
    name: 'fetch',
    cases: /^fetch\/api\/(headers|request|response|body)\/[^/]+\.any\.js$/,
    without:
      /header-values|headers-no-cors|request-headers\.any|request-(bad-port|cache-|keepalive|init-stream)|response-(cancel-stream|blob-realm)/,
  },
  { name: 'FileAPI', cases: /^FileAPI\/(blob|file)\/[^/]+\.any\.js$/, without: /send-file/ },
  { name: 'dom/abort', cases: /^dom\/abort\/[^/]+\.any\.js$/ },
  { name: 'dom/events', cases: /^dom\/events\/[^/]+\.any\.js$/ },
  {
    name: 'WebCryptoAPI',
    cases:
      /^WebCryptoAPI\/((digest|encrypt_decrypt|sign_verify|derive_bits_keys|import_export|generateKey|wrapKey_unwrapKey)\/)?[^/]+\.any\.js$/,
    slow: /pbkdf2|hkdf|generateKey|rsa|ec_importKey|wrapKey|import_export/,
  },
  { name: 'compression', cases: /^compression\/[^/]+\.any\.js$/ },
  {
    name: 'html/webappapis',
    cases: /^html\/webappapis\/(timers|structured-clone|atob|microtask-queuing)\/[^/]+\.any\.js$/,
  },
  // Its interface case wants a window's or a worker's global scope.
  { name: 'hr-time', cases: /^hr-time\/[^/]+\.any\.js$/, without: /idlharness/ },
  { name: 'xhr/formdata', cases: /^xhr\/formdata\/[^/]+\.any\.js$/ },
];

/** Web globals a case may ask for; what is absent in the guest is told by name. */
export const WEB_GLOBALS = `
  AbortController AbortSignal Blob BroadcastChannel ByteLengthQueuingStrategy CloseEvent CompressionStream
  CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream ErrorEvent Event EventTarget File
  FileReader FormData Headers MessageChannel MessageEvent MessagePort Performance ProgressEvent PromiseRejectionEvent
  ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder
  TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern
  URLSearchParams WritableStream WritableStreamDefaultController WritableStreamDefaultWriter atob btoa clearInterval
  clearTimeout console crypto navigator performance queueMicrotask reportError self setInterval setTimeout
  structuredClone
`
  .trim()
  .split(/\s+/);
