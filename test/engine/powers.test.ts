/** What a declaration takes from a function or grants it, and what one call may use. */
import t from 'tap';
import {
  createEngine,
  type Engine,
  type FunctionConfig,
  type InvokeStatus,
  type IsopodError,
} from '../../lib/index.ts';
import { at, PLACES } from './places.ts';

let engine: Engine;
let count = 0;
t.before(async () => {
  engine = await createEngine({ workers: 1 });
});
t.teardown(() => engine.close());

async function put(source: string, more: Partial<FunctionConfig>): Promise<string> {
  const functionName = `f${count++}`;
  await engine.createFunction({ functionName, code: { source }, timeout: 60, ...more });
  return functionName;
}

const failure = (call: Promise<unknown>): Promise<IsopodError> =>
  call.then(
    (value) => Promise.reject(new Error(`it came to ${JSON.stringify(value)}`)),
    (error: IsopodError) => error,
  );

const EVALS = `const ways = [
  () => eval('1'), () => (0, eval)('1'), () => new Function('return 1')(), () => Reflect.construct(Function, ['return 1'])(),
  () => (async () => {}).constructor('return 1')(), () => (function* () {}).constructor('yield 1')().next(),
  () => (async function* () {}).constructor('yield 1')(), () => [].map.constructor('return 1')(),
  () => setTimeout.constructor('return 1')(), () => Object.getPrototypeOf((async () => {}).constructor)('return 1')(),
  () => { class Made extends Function {} return new Made('return 1')(); },
];
export const handler = () => ways.map((way) => { try { way(); return 'made'; } catch (error) { return error.name; } });`;

for (const place of PLACES) {
  t.test(`${place}: with dynamicCode false no code is made from text, by whatever way`, async (t) => {
    const made = await engine.invoke(await put(EVALS, { ...at(place) }));
    t.same(new Set(made as string[]), new Set(['made']), 'they work where nothing is said');
    const refused = await engine.invoke(await put(EVALS, { ...at(place), dynamicCode: false }));
    t.notOk((refused as string[]).includes('made'), String(refused));
    const source =
      'class A {}; export const handler = () => [new A() instanceof Object, (() => 1) instanceof Function];';
    t.same(await engine.invoke(await put(source, { ...at(place), dynamicCode: false })), [true, true]);
    t.match(await failure(put('eval("1"); export const handler = () => 1;', { ...at(place), dynamicCode: false })), {
      code: 'TopLevelFailed',
      message: /Code generation/,
    });
  });

  t.test(`${place}: clocks are as coarse as they are declared, whichever is read`, async (t) => {
    const source = `const first = Date.now();
      export const handler = async () => {
        const read = () => [Date.now(), +new Date(), new Date().getTime(), +new (new Date(0).constructor)(),
          performance.timeOrigin + performance.now(), performance.timeOrigin, process.uptime() * 1_000];
        const seen = [first, ...read()];
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(...read());
        const format = new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3 });
        return [seen.filter((ms) => ms % 250 !== 0), format.format(), format.formatToParts()[0].value,
          new Date() instanceof Date, typeof Date(), new Date(2020, 1).getFullYear(), typeof Temporal];
      };`;
    const [odd, ...rest] = (await engine.invoke(await put(source, { ...at(place), clockResolutionMs: 250 }))) as [
      number[],
      string,
      string,
    ];
    t.same(odd, []);
    t.match(rest.slice(0, 2), [/^(000|250|500|750)$/, /^(000|250|500|750)$/]);
    t.same(rest.slice(2), [true, 'string', 2020, 'undefined']);
  });

  t.test(`${place}: shared memory is not there unless it is granted`, async (t) => {
    const source = 'export const handler = () => [typeof SharedArrayBuffer, typeof Atomics];';
    t.same(await engine.invoke(await put(source, { ...at(place) })), ['undefined', 'undefined']);
    t.same(await engine.invoke(await put(source, { ...at(place), sharedMemory: true })), ['function', 'object']);
    const waits = `const cell = new Int32Array(new SharedArrayBuffer(4));
      export const handler = (wait) => (wait ? Atomics.wait(cell, 0, 0) : 'fine');`;
    const name = await put(waits, { ...at(place), sharedMemory: true, timeout: 5 });
    t.equal(await engine.invoke(name, false), 'fine');
    t.match(await failure(engine.invoke(name, true, { timeout: 0.3 })), { code: 'FunctionTimeout' });
    t.equal(await engine.invoke(name, false), 'fine', 'a wait that is given up holds nobody up');
  });

  t.test(`${place}: nothing passes from one call of a freshInstance function to the next`, async (t) => {
    const source = `let calls = 0;
      export const initializer = () => { calls += 10; };
      export const handler = (event) => {
        const found = [globalThis.left, Object.prototype.left, Array.left, process.env.LEFT, calls];
        calls++;
        globalThis.left = Object.prototype.left = Array.left = process.env.LEFT = event;
        setTimeout(() => { globalThis.late = event; }, 1);
        return found.map((one) => one ?? null);
      };`;
    const name = await put(source, {
      ...at(place),
      freshInstance: true,
      instanceLifecycleConfig: { initializer: { handler: 'index.initializer' } },
    });
    const clean = [null, null, null, null, 10];
    for (let call = 0; call < 4; call++) t.same(await engine.invoke(name, 'left'), clean);
    const many = await Promise.all(Array.from({ length: 10 }, () => engine.invoke(name, 'left')));
    t.same(
      many,
      Array.from({ length: 10 }, () => clean),
    );
    t.equal(engine.getFunction(name).freshInstance, true);
  });

  t.test(`${place}: processor time has a limit of its own, which waiting does not touch`, async (t) => {
    const source = `export const handler = async (how) => {
      if (how === 'wait') await new Promise((resolve) => setTimeout(resolve, 400));
      while (how === 'loop');
      while (how === 'slices') {
        for (const end = Date.now() + 20; Date.now() < end; );
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return how;
    };`;
    const name = await put(source, { ...at(place), cpuMs: 200 });
    const over = { code: 'FunctionCpuExceeded', message: /200 ms of processor time .*raise cpuMs/ };
    const status: InvokeStatus = {};
    t.equal(await engine.invoke(name, 'wait', { status }), 'wait');
    t.ok((status.cpuMs as number) >= 0 && (status.cpuMs as number) < 200, `${status.cpuMs}`);
    t.match(await failure(engine.invoke(name, 'loop')), over);
    t.match(await failure(engine.invoke(name, 'slices')), over);
    t.equal(await engine.invoke(name, 'quick'), 'quick');
  });
}

t.test('freshInstance works without a promise, too', async (t) => {
  const name = await put('let calls = 0; export const handler = () => ++calls;', {
    lane: 'direct',
    freshInstance: true,
  });
  t.same([engine.invokeSync(name), engine.invokeSync(name)], [1, 1]);
});

t.test('events of a queue each get an instance of their own', async (t) => {
  const results: unknown[] = [];
  const onSuccess = ({ result }: { result?: unknown }) => void results.push(result);
  const source = 'let calls = 0; export const handler = () => ++calls;';
  const name = await put(source, { freshInstance: true, asyncInvokeConfig: { onSuccess } });
  for (let at = 0; at < 10; at++) await engine.invokeAsync(name, at);
  await engine.whenIdle();
  t.same(
    results,
    Array.from({ length: 10 }, () => 1),
  );
});

t.test('what makes no sense together is refused', async (t) => {
  const both = { instanceConcurrency: 2 };
  t.match(await failure(put('', { ...both, freshInstance: true })), {
    code: 'InvalidArgument',
    message: /freshInstance/,
  });
  t.match(await failure(put('', { ...both, cpuMs: 5 })), { code: 'InvalidArgument', message: /cpuMs: needs an inst/ });
});

t.test('what comes near a limit is counted', async (t) => {
  const warnings: unknown[] = [];
  const logger = {
    info: () => undefined,
    error: () => undefined,
    warn: (_message: string, facts?: Record<string, unknown>) => warnings.push(facts?.limit),
  };
  await using own = await createEngine({ workers: 1, logger });
  const source = `export const handler = async (what) => {
    if (what === 'timers') for (let n = 0; n < 9_000; n++) setTimeout(() => {}, 1);
    if (what === 'logs') console.log('x'.repeat(70_000));
    if (what === 'too many timers') for (let n = 0; n < 11_000; n++) setTimeout(() => {}, 1_000);
  };`;
  await own.createFunction({ functionName: 'f', code: { source }, timeout: 60 });
  await own.invoke('f', 'timers');
  await own.invoke('f', 'logs', { status: {} });
  t.match(await failure(own.invoke('f', 'too many timers')), { code: 'TimerLimitExceeded', message: /10000 timers/ });
  t.match(own.stats().functions[0]?.nearLimits, { timers: 2, logs: 1 });
  t.same(warnings.sort(), ['logs', 'timers'], 'each is told once');
});
