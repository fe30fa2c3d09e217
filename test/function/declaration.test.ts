import t from 'tap';
import { declare } from '../../lib/function/declaration.ts';
import { createEngine, type FunctionConfig } from '../../lib/index.ts';

const good: FunctionConfig = { functionName: 'f', code: { source: '' } };

t.test('defaults are filled in and the declaration is frozen', (t) => {
  const declared = declare(good);
  t.match(declared, {
    handler: 'index.handler',
    memorySize: 128,
    timeout: 3,
    instanceConcurrency: 1,
    lane: 'auto',
    asyncInvokeConfig: {},
  });
  t.ok(Object.isFrozen(declared) && Object.isFrozen(declared.asyncInvokeConfig));
  t.end();
});

t.test('every wrong field is named with its value and bound', (t) => {
  const wrong: [object, RegExp][] = [
    [{ functionName: '1f' }, /functionName: must be 1-128 letters.*got "1f"/],
    [{ functionName: 'x'.repeat(129) }, /functionName/],
    [{ code: {} }, /code: must be exactly one of/],
    [{ code: { source: '', dir: '' } }, /code: must be exactly one of/],
    [{ handler: 'nodot' }, /handler: must look like "file\.export".*got "nodot"/],
    [{ memorySize: 4 }, /memorySize: .*8, got 4/],
    [{ memorySize: 10_000 }, /memorySize: .*4096, got 10000/],
    [{ timeout: 0 }, /timeout: .*0\.001, got 0/],
    [{ timeout: '3' }, /timeout: .*got "3"/],
    [{ instanceConcurrency: 0 }, /instanceConcurrency/],
    [{ instanceConcurrency: 1.5 }, /instanceConcurrency/],
    [{ maxInstances: 0 }, /maxInstances/],
    [{ idleTimeout: -1 }, /idleTimeout/],
    [{ spareInstances: 101 }, /spareInstances/],
    [{ environmentVariables: { '1A': 'x' } }, /environmentVariables/],
    [{ environmentVariables: { A: 1 } }, /environmentVariables\.A/],
    [{ environmentVariables: { A: 'x'.repeat(5_000) } }, /environmentVariables: must be at most 4 KB/],
    [
      { instanceLifecycleConfig: { initializer: { handler: 'index.i', timeout: 301 } } },
      /instanceLifecycleConfig\.initializer\.timeout/,
    ],
    [
      { instanceLifecycleConfig: { preStop: { handler: 'index.i', timeout: 91 } } },
      /instanceLifecycleConfig\.preStop\.timeout/,
    ],
    [
      { bindings: { db: { query: 1 } } },
      /bindings\.db\.query: must be a function, or an object with a function "call", got 1/,
    ],
    [{ isolation: 'vm' }, /isolation/],
    [{ lane: 'cell' }, /lane/],
    [{ snapshot: true }, /snapshot/],
    [{ webAssembly: 'yes' }, /webAssembly/],
    [{ asyncInvokeConfig: { maxAsyncRetryAttempts: 9 } }, /asyncInvokeConfig\.maxAsyncRetryAttempts/],
    [{ asyncInvokeConfig: { onSuccess: 'tell' } }, /asyncInvokeConfig\.onSuccess/],
    [{ memorysize: 128 }, /memorysize/],
  ];
  for (const [fields, message] of wrong) {
    t.throws(
      () => declare({ ...good, ...fields } as FunctionConfig),
      { code: 'InvalidArgument', message },
      JSON.stringify(fields).slice(0, 80),
    );
  }
  for (const nothing of [undefined, null, 5, 'f', []])
    t.throws(() => declare(nothing as never), { code: 'InvalidArgument' });
  t.end();
});

t.test('the options of createEngine and invoke are checked as well', async (t) => {
  for (const [options, message] of [
    [{ workers: -1 }, /workers: .*0, got -1/],
    [{ workers: 65 }, /workers/],
    [{ memoryBudgetMB: 0 }, /memoryBudgetMB/],
    [{ queue: { capacity: 1 } }, /queue\.capacity/],
    [{ spinMs: 11 }, /spinMs/],
    [{ dataDir: '' }, /dataDir/],
    [{ logger: {} }, /logger/],
    [{ threads: 2 }, /threads/],
  ] as const) {
    await t.rejects(createEngine(options as object), { code: 'InvalidArgument', message });
  }
  await using engine = await createEngine({ workers: 0 });
  await engine.createFunction({ ...good, code: { source: 'export const handler = () => 1;' } });
  for (const [options, message] of [
    [{ timeout: 0 }, /timeout/],
    [{ signal: {} }, /signal/],
    [{ status: 1 }, /status/],
    [{ qualifer: 'x' }, /qualifer/],
  ] as const) {
    await t.rejects(engine.invoke('f', 1, options as object), { code: 'InvalidArgument', message });
  }
  for (const name of ['nobody', undefined, 5, null])
    await t.rejects(engine.invoke(name as string), { code: 'FunctionNotFound' });
  await t.rejects(engine.createFunction({ ...good }), { code: 'FunctionAlreadyExists' });
  const cycle: Record<string, unknown> = {};
  cycle.cycle = cycle;
  for (const event of [cycle, 1n, Symbol('x'), () => 1])
    await t.rejects(engine.invoke('f', event), { code: 'EventNotSerializable' });
});

t.test('an example event must be JSON, and warms the snapshot up without being seen by instances', async (t) => {
  const cycle: Record<string, unknown> = {};
  cycle.cycle = cycle;
  t.throws(() => declare({ ...good, warmUpEvent: cycle }), {
    code: 'InvalidArgument',
    message: /warmUpEvent: must be a JSON value/,
  });
  await using engine = await createEngine({ workers: 0 });
  const heavy = 'const table = new Map(); for (let i = 0; i < 300000; i++) table.set("k" + (i % 2000), { i });';
  const { image } = await engine.createFunction({
    ...good,
    code: {
      source: `${heavy} let calls = 0; export const handler = (event) => { calls++; return { calls, event }; };`,
    },
    warmUpEvent: { warm: true },
  });
  t.equal(image.kind, 'snapshot');
  t.same(await engine.invoke('f', 1), { calls: 1, event: 1 });
});
