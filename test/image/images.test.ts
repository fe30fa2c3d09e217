import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { IsopodError } from '../../lib/errors.ts';
import { Images, type ImagesOptions } from '../../lib/image/images.ts';
import { Store } from '../../lib/image/store.ts';
import { ORDINARY } from '../../lib/protocol/door.ts';

/** Enough to load that a snapshot of it is worth having. */
const heavy =
  'const table = new Map(); for (let i = 0; i < 300000; i++) table.set("k" + (i % 2000), { i, text: "x" + i });';
const moduleOf = (body: string): string =>
  `(function (__isopod_export) {\n${body}\n__isopod_export({ handler: () => 1 });\n})`;

const request = (script: string, more: object = {}) => ({
  script,
  hash: createHash('sha256').update(script).digest('hex'),
  asyncTopLevel: script.startsWith('(async'),
  snapshot: 'auto' as const,
  memorySize: 128,
  env: {},
  powers: ORDINARY,
  ...more,
});

interface Test {
  teardown(run: () => Promise<void>): void;
  testdir(): string;
}

async function open(t: Test, options: Partial<ImagesOptions> = {}): Promise<Images> {
  const images = await Images.open({ ...options, folder: options.folder ?? join(t.testdir(), 'images') });
  t.teardown(() => images.close());
  return images;
}

const failure = (call: Promise<unknown>): Promise<IsopodError> =>
  call.then(
    () => Promise.reject(new Error('there is an image')),
    (error: IsopodError) => error,
  );

t.test('a module that takes long to load gets a snapshot, a tiny one shares the base and a code cache', async (t) => {
  const images = await open(t);
  const { image } = await images.get(request(moduleOf(heavy)));
  t.equal(image.kind, 'snapshot');
  t.notOk(image.info.reason);
  t.ok((image.info.measuredMs.snapshot ?? 0) < (image.info.measuredMs['code-cache'] ?? 0));
  const { image: tiny } = await images.get(request(moduleOf('')));
  t.match(tiny.info, { kind: 'code-cache', reason: /gains too little/ });
});

t.test('a handler is not called while its image is built', async (t) => {
  const images = await open(t);
  const script = `(function (give) {\n${heavy}\ngive({ handler: () => { for (;;); } });\n})`;
  const { image } = await images.get(request(script, { snapshot: 'always' }));
  t.match(image.info, { kind: 'snapshot', reason: undefined });
});

t.test('what a snapshot would freeze, or cannot hold, is recorded as the reason for a code cache', async (t) => {
  const images = await open(t);
  const reasons: Record<string, RegExp> = {
    'globalThis.r = Math.random();': /Math\.random/,
    'globalThis.d = new Date();': /new Date\(\)/,
    'globalThis.d = Date.now();': /Date\.now/,
    'globalThis.p = performance.now();': /performance\.now/,
    'globalThis.u = crypto.randomUUID();': /crypto/,
    'globalThis.e = process.env.HOME;': /process\.env/,
  };
  for (const [body, reason] of Object.entries(reasons)) {
    const { image } = await images.get(request(moduleOf(`${heavy} ${body}`)));
    t.match(image.info, { kind: 'code-cache', reason }, body);
  }
  const wasm = await images.get(
    request(moduleOf(`${heavy} globalThis.m = new WebAssembly.Memory({ initial: 1 });`), {
      powers: { ...ORDINARY, webAssembly: true },
    }),
  );
  t.match(wasm.image.info, { kind: 'code-cache', reason: /WebAssembly/ });
  const later = await images.get(
    request(`(async function (__isopod_export) { ${heavy} await null; __isopod_export({ handler: () => 1 }); })`),
  );
  t.match(later.image.info, { kind: 'code-cache', reason: /asynchronous/ });
  const never = await images.get(request(moduleOf(heavy), { snapshot: 'never' }));
  t.match(never.image.info, { kind: 'code-cache', reason: /asks for none/ });
  const always = await images.get(request(moduleOf(`${heavy} globalThis.d = Date.now();`), { snapshot: 'always' }));
  t.equal(always.image.kind, 'snapshot');
  const large = await open(t, { limits: { maxSnapshotBytes: 1_000 } });
  t.match((await large.get(request(moduleOf(heavy)))).image.info, { kind: 'code-cache', reason: /limit is 1000/ });
});

t.test('a hostile top level costs a coded error or the snapshot, and the next build works', async (t) => {
  const images = await open(t, { limits: { evaluateMs: 300, wallMs: 8_000, memoryBytes: 400_000_000 } });
  const attacks: Record<string, string> = {
    'for (;;);': 'TopLevelFailed',
    'const again = () => void Promise.resolve().then(again); again();': 'TopLevelFailed',
    'throw new TypeError("no");': 'TopLevelFailed',
    'throw { get message() { for (;;); } };': 'TopLevelFailed',
  };
  for (const [body, code] of Object.entries(attacks)) {
    t.equal((await failure(images.get(request(moduleOf(body), { memorySize: 32 })))).code, code, body);
  }
  const patient = await open(t, { limits: { wallMs: 60_000 } });
  t.match(await failure(patient.get(request(moduleOf('throw new TypeError("no");')))), {
    errorType: 'TypeError',
    message: 'no',
  });
  const hungry = 'const all = []; for (;;) all.push("x".repeat(1000) + all.length);';
  t.equal((await failure(patient.get(request(moduleOf(hungry), { memorySize: 32 })))).code, 'FunctionOutOfMemory');
  // V8 aborts the process on a growing Map near the limit; on other machines it may end as an ordinary failure.
  const map = await failure(
    images.get(request(moduleOf('const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });'), { memorySize: 32 })),
  );
  t.match(map.code, /TopLevelFailed|FunctionOutOfMemory/);
  for (const body of [
    'JSON.parse = JSON.stringify = Promise.prototype.then = Array.prototype.push = () => { throw 1; };',
    'Object.defineProperty(Object.prototype, "toJSON", { get() { throw 1; } }); Object.freeze(globalThis);',
    'globalThis.f = new Intl.DateTimeFormat("en"); globalThis.n = new Intl.NumberFormat("de");',
    'Error.stackTraceLimit = "x"; Error.prepareStackTrace = () => { for (;;); };',
  ]) {
    const { image } = await patient.get(request(moduleOf(`${heavy} ${body}`)));
    t.match(image.kind, /snapshot|code-cache/, body);
  }
  t.equal((await patient.get(request(moduleOf(heavy)))).image.kind, 'snapshot', 'the builder is well');
});

t.test('a snapshot whose making crashes the process costs only itself', async (t) => {
  const images = await open(t);
  // V8 cannot write such objects down, and says so by ending the process.
  const intl = 'globalThis.f = new Intl.Segmenter("en"); globalThis.g = new Intl.NumberFormat("en");';
  const { image } = await images.get(request(moduleOf(`${heavy} ${intl}`), { snapshot: 'always' }));
  t.match(image.info, { kind: 'code-cache', reason: /crashed|could not be made/ });
  t.ok(image.data && image.data.byteLength > 0);
});

t.test('equal requests share one build, and images on disk are taken from there', async (t) => {
  const folder = t.testdir();
  const images = await open(t, { folder });
  const wanted = request(moduleOf(heavy));
  const [one, two] = await Promise.all([images.get(wanted), images.get(wanted)]);
  t.equal(one.image, two.image);
  t.same([one.cached, two.cached], [false, true]);
  const file = join(folder, `${one.image.key}.image`);
  const { ino } = statSync(file);
  const again = await open(t, { folder });
  const stored = await again.get(wanted);
  t.same(stored.image.info, one.image.info);
  t.equal(statSync(file).ino, ino, 'nothing was written anew');
});

t.test('a damaged, foreign or renamed image is not loaded but built again', async (t) => {
  const folder = t.testdir();
  const wanted = request(moduleOf(heavy));
  const first = await open(t, { folder });
  const { image } = await first.get(wanted);
  const file = join(folder, `${image.key}.image`);
  const good = readFileSync(file);
  const other = readdirSync(folder).find((name) => name !== `${image.key}.image`) as string;
  const flipped = Buffer.from(good);
  flipped[good.length >> 1] = (flipped[good.length >> 1] as number) ^ 1;
  for (const bad of [
    good.subarray(0, good.length - 5),
    Buffer.alloc(0),
    Buffer.from('x'.repeat(5_000)),
    flipped,
    readFileSync(join(folder, other)),
  ]) {
    writeFileSync(file, bad);
    const images = await open(t, { folder });
    t.equal((await images.get(wanted)).image.kind, 'snapshot');
    t.ok(readFileSync(file).length > 100_000, 'it was built again');
  }
});

t.test('a file that changes after it was found whole is looked at again', async (t) => {
  const folder = t.testdir();
  const store = new Store(folder);
  await store.open();
  const info = { kind: 'snapshot' as const, bytes: 3, measuredMs: {} };
  await store.write('a', { info, script: 'run()', data: Uint8Array.of(1, 2, 3) });
  const whole = { info, script: 'run()', data: new Uint8Array(new SharedArrayBuffer(3)) };
  whole.data.set([1, 2, 3]);
  t.same(store.read('a'), whole);
  t.same(store.read('a'), whole);
  const file = join(folder, 'a.image');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = 9;
  writeFileSync(file, bytes);
  t.equal(store.read('a'), undefined);
  t.equal(store.read('a'), undefined, 'it is gone');
});
