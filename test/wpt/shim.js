/**
 * The guest's side: what a case expects around itself, and how its outcome is told. This text is part of the composed
 * source; it uses nothing of the web that it was not given, because what is there is what is tested.
 */

/** Sub-cases the harness told, by its numbers. */
const STATUS = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

/** `..` and `.` taken out of a path; `from` is the path of a file. */
function resolvePath(from, path) {
  const parts = path.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const part of path.split(/[?#]/)[0].split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `/${parts.filter(Boolean).join('/')}`;
}

function fromBase64(text) {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const digit of text.replaceAll('=', '')) {
    held = ((held << 6) | digits.indexOf(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return new Uint8Array(bytes);
}

/** What a fetch of a file gives: a real response where there is a full one, else just enough of one. */
function respond([kind, text], given) {
  const body = kind === 'text' ? text : fromBase64(text);
  if (given.Response !== undefined && 'body' in given.Response.prototype) return new given.Response(body);
  return {
    ok: true,
    status: 200,
    text: async () => text,
    json: async () => JSON.parse(text),
    arrayBuffer: async () => (kind === 'base64' ? body : new given.TextEncoder().encode(text)).buffer,
  };
}

/** Files of the checkout by relative path; anything else goes to the guest's own fetch. */
function fetchOf(plan, given) {
  const own = globalThis.fetch;
  return async (input, ...rest) => {
    const url = `${input}`;
    const local = url.startsWith(plan.origin) ? url.slice(plan.origin.length) : url;
    const elsewhere = /^[a-z][a-z0-9+.-]*:/i.test(local);
    if (elsewhere && typeof own === 'function') return own(input, ...rest);
    const file = elsewhere ? undefined : plan.resources[resolvePath(plan.path, local)];
    if (file !== undefined) return respond(file, given);
    throw new TypeError(`Nothing to fetch from in this run: ${url.slice(0, 100)}`);
  };
}

function surround(plan, given) {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !(name in globalThis)) define(name, value);
  }
  const href = `${plan.origin}/${plan.path}${plan.variant}`;
  const [protocol, host] = plan.origin.split('//');
  const [hostname, port] = host.split(':');
  const location = { href, origin: plan.origin, protocol, host, hostname, port, pathname: `/${plan.path}` };
  define('location', { ...location, search: plan.variant, hash: '', toString: () => href });
  define('GLOBAL', { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false });
  define('isSecureContext', true);
  define('META_TITLE', plan.title);
  define('fetch', fetchOf(plan, given));
  if (given.Blob !== undefined && !('FileReader' in globalThis)) define('FileReader', readerOf(given));
}

/** Cases read blobs with a browser's FileReader, which servers do not have; only what they need of it. */
function readerOf(given) {
  return class FileReader extends given.EventTarget {
    readAsText(blob) {
      this.read(blob.text());
    }
    readAsArrayBuffer(blob) {
      this.read(blob.arrayBuffer());
    }
    async read(promise) {
      this.result = await promise;
      this.readyState = 2;
      for (const type of ['load', 'loadend']) {
        const event = new given.Event(type);
        this.dispatchEvent(event);
        this[`on${type}`]?.(event);
      }
    }
  };
}

/** The interface tests ask which global they are in, and know only browsers' ones. Not before the harness has looked. */
function standForWorker() {
  const scope = { [Symbol.hasInstance]: (value) => value === globalThis };
  define('DedicatedWorkerGlobalScope', scope);
}

/** Runs one case. Fulfils with `{ results, harness, absent }`; never rejects. */
export function run(plan, given) {
  const { setTimeout } = globalThis;
  surround(plan, given);
  const absent = plan.globals.filter((name) => typeof globalThis[name] === 'undefined');
  // Called by another name it evaluates in the global scope, as a script does.
  // biome-ignore lint/security/noGlobalEval: the case is text, and this is a guest.
  const evaluate = globalThis.eval;
  return new Promise((resolve) => {
    let thrown = '';
    try {
      evaluate(plan.harness);
    } catch (error) {
      resolve({ results: [], harness: `testharness.js: ${error}`, absent });
      return;
    }
    if (plan.path.includes('idlharness')) standForWorker();
    globalThis.add_completion_callback((tests, { status, message }) => {
      const results = tests.map((test) => ({
        name: `${test.name}`,
        status: STATUS[test.status] ?? 'FAIL',
        message: `${test.message ?? ''}`,
      }));
      const said = status === 0 || status === 2 ? '' : `${message ?? 'error'}`;
      resolve({ results, harness: thrown || said || (results.length === 0 ? 'no test was defined' : ''), absent });
    });
    const giveUp = globalThis.timeout;
    setTimeout(giveUp, plan.timeoutMs);
    try {
      evaluate(plan.text);
    } catch (error) {
      thrown = `${error}`;
      // What was begun before may still end.
      setTimeout(giveUp, 200);
    }
  });
}
