/** What of the web's interfaces goes into a bundle, and how functions that use them start. */
import t from 'tap';
import { loadCode } from '../../../lib/code/load.ts';
import { WEB_GLOBAL_NAMES } from '../../../lib/code/web-globals.ts';
import { createEngine } from '../../../lib/index.ts';
import { runInGuest } from './compare.ts';

const handler = 'index.handler';
const scriptOf = async (expression: string): Promise<string> =>
  (await loadCode({ source: `export const handler = () => ${expression};` }, { handler })).script;

/** A word that is in the bundle when the file of that interface is. */
const MARKS: Readonly<Record<string, RegExp>> = {
  url: /URLSearchParams Iterator/,
  streams: /ReadableByteStreamController/,
  events: /asInterface\(EventTarget/,
  blob: /asInterface\(Blob/,
  headers: /Headers Iterator/,
  crypto: /asInterface\(SubtleCrypto/,
  encoding: /encodeInto/,
};

const partsOf = (script: string): string[] => Object.keys(MARKS).filter((part) => MARKS[part]?.test(script));

t.test('a function that mentions no web global has none in its bundle', async (t) => {
  const script = await scriptOf('"URL, Response and TextEncoder in a text"');
  t.same(partsOf(script), []);
  t.ok(script.length < 1_500, `${script.length} characters`);
});

t.test('a function has the interface it mentions and those this one is made of', async (t) => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    'new URL("http://x")': ['url'],
    'new Headers()': ['headers'],
    'new EventTarget()': ['events'],
    'new AbortController()': ['events'],
    'new ReadableStream()': ['streams'],
    'new TextEncoder()': ['encoding'],
    'crypto.subtle': ['crypto'],
    'crypto.randomUUID()': [],
    'performance.now()': [],
    'setTimeout(() => 1, 1)': [],
    'atob("")': [],
  };
  for (const [expression, parts] of Object.entries(expected)) {
    t.same(partsOf(await scriptOf(expression)), parts, expression);
  }
});

t.test('every web global is there for a function that mentions it alone', async (t) => {
  t.ok(WEB_GLOBAL_NAMES.length > 50);
  const names = WEB_GLOBAL_NAMES.map((name) => [name, `typeof ${name}`] as const);
  for (const [name, expression] of names) {
    const alone = await runInGuest(
      `return [${expression}, Object.getOwnPropertyDescriptor(globalThis, '${name}').enumerable];`,
    );
    t.same(alone, [/^[a-z]/.test(name) && /^(crypto|performance)$/.test(name) ? 'object' : 'function', false], name);
  }
});

t.test('each interface works where nothing else is mentioned', async (t) => {
  // Libraries look for globals of their own: those have to come along.
  const uses: Readonly<Record<string, readonly [string, unknown]>> = {
    URLPattern: ['new URLPattern({ pathname: "/:a" }).exec("http://x/1").pathname.groups.a', '1'],
    WritableStream: [
      'await new Promise((resolve) => new WritableStream({ start(c) { resolve(c.signal.aborted); } }))',
      false,
    ],
    Response: ['await new Response("x").text()', 'x'],
    Request: ['await new Request("http://x", { method: "POST", body: "x" }).text()', 'x'],
    Blob: ['await new Blob(["x"]).text()', 'x'],
    TextDecoder: ['new TextDecoder("shift_jis").decode(new Uint8Array([0x93, 0xfa]))', '日'],
    TextDecoderStream: ['new TextDecoderStream().encoding', 'utf-8'],
    CompressionStream: ['new CompressionStream("gzip").writable.locked', false],
    MessageChannel: [
      'await new Promise((resolve) => { const c = new MessageChannel(); c.port1.onmessage = (e) => resolve(e.data); c.port2.postMessage(1); })',
      1,
    ],
    structuredClone: ['structuredClone(new Map([[1, 2]])).get(1)', 2],
    AbortSignal: ['AbortSignal.abort().reason.name', 'AbortError'],
    crypto: ['(await crypto.subtle.digest("SHA-256", new Uint8Array(1))).byteLength', 32],
    reportError: ['reportError("x") ?? null', null],
  };
  for (const [name, [expression, value]] of Object.entries(uses)) {
    t.same(await runInGuest(`return ${expression};`), value, name);
  }
});

t.test('functions that use URL, text, streams and events can start from a snapshot', async (t) => {
  await using engine = await createEngine({ workers: 1 });
  const uses = {
    url: 'new URL("http://x/y").pathname + new URLSearchParams("a=1")',
    text: 'new TextDecoder().decode(new TextEncoder().encode("x"))',
    streams: 'new ReadableStream().locked + new TransformStream().readable.locked',
    events: 'new EventTarget().dispatchEvent(new Event("x"))',
  };
  for (const [functionName, expression] of Object.entries(uses)) {
    const source = `export const handler = () => String(${expression});`;
    await engine.createFunction({ functionName, timeout: 60, code: { source } });
    const { image } = engine.getFunction(functionName);
    // Nothing they read as they load rules one out; the builder's clock may still prefer another way.
    t.match(image.reason ?? image.kind, /^snapshot$|gains too little/, functionName);
    t.equal(typeof (await engine.invoke(functionName, {})), 'string');
  }
});
