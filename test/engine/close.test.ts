import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { createEngine, type IsopodError } from '../../lib/index.ts';

const door = new URL('../../lib/index.ts', import.meta.url).href;

/** Runs a script in a process of its own; rejects when it does not end by itself. */
async function runs(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', script],
    { timeout: 100_000 },
  );
  return stdout.trim();
}

const setUp = `
  import { createEngine } from ${JSON.stringify(door)};
  const engine = await createEngine({ workers: 2 });
  const handler = 'export const handler = (e) => { if (e === "loop") for (;;); return e === "wait" ? new Promise(() => {}) : 1; };';
  await engine.createFunction({ functionName: 'd', lane: 'direct', timeout: 60, code: { source: handler } });
  await engine.createFunction({ functionName: 'w', lane: 'worker', timeout: 60, code: { source: handler } });
  await engine.invoke('d'); await engine.invoke('w'); await engine.invokeAsync('w');
`;

t.test('after close the process ends by itself: no thread, process or handle is left', async (t) => {
  t.equal(await runs(`${setUp} await engine.close(); console.log('closed');`), 'closed');
});

t.test('an engine that nobody closes does not keep the process alive', async (t) => {
  t.equal(await runs(`${setUp} console.log('done');`), 'done');
});

for (const place of ["lane: 'worker'", "isolation: 'process'"]) {
  t.test(`${place}: nor does an answer to a host call that nobody waits for`, async (t) => {
    const script = `
      import { createEngine } from ${JSON.stringify(door)};
      const engine = await createEngine({ workers: 1 });
      const active = Promise.withResolvers();
      const late = () => new Promise((done) => setTimeout(async () => {
        done();
        // The answer goes out in this turn; nothing has come back when it is looked right after.
        for (let at = 0; at < 50; at++) await undefined;
        setImmediate(() => active.resolve(process.getActiveResourcesInfo()));
      }, 50));
      const code = { source: 'export const handler = (e, c) => void c.bindings.h.late();' };
      await engine.createFunction({ functionName: 'f', ${place}, timeout: 60, code, bindings: { h: { late } } });
      await engine.invoke('f');
      console.log(...(await active.promise).filter((one) => /MessagePort|ProcessWrap/.test(one)), 'ends');`;
    t.equal(await runs(script), 'ends');
  });
}

t.test('close gives up what awaits for ever, within its bound, and the process ends', async (t) => {
  const script = `${setUp}
    const calls = [engine.invoke('d', 'wait'), engine.invoke('w', 'wait')].map((call) => call.catch((error) => error.code));
    const began = performance.now();
    await engine.close({ timeoutMs: 100 });
    console.log(performance.now() - began < 50_000, ...(await Promise.all(calls)));`;
  t.equal(await runs(script), 'true EngineClosed EngineClosed');
});

t.test('after close every call says so, and close may be called again', async (t) => {
  const engine = await createEngine({ workers: 0 });
  await engine.createFunction({ functionName: 'f', code: { source: 'export const handler = () => 1;' } });
  await engine.close();
  await engine.close();
  const codeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: IsopodError) => error.code);
  t.equal(await codeOf(engine.invoke('f')), 'EngineClosed');
  t.equal(await codeOf(engine.invokeAsync('f')), 'EngineClosed');
  t.equal(await codeOf(engine.createFunction({ functionName: 'g', code: { source: '' } })), 'EngineClosed');
  t.equal(await codeOf(engine.updateFunction('f', {})), 'EngineClosed');
  t.equal(await codeOf(engine.deleteFunction('f')), 'EngineClosed');
  t.throws(() => engine.invokeSync('f'), { code: 'EngineClosed' });
});

t.test('preStop runs when an instance is taken out of service', async (t) => {
  const stopped: unknown[] = [];
  const engine = await createEngine({ workers: 1 });
  for (const lane of ['direct', 'worker'] as const) {
    await engine.createFunction({
      functionName: lane,
      lane,
      timeout: 60,
      code: {
        source:
          'export const handler = () => 1; export const stop = async (c) => { await c.bindings.log.add(c.function.name); };',
      },
      instanceLifecycleConfig: { preStop: { handler: 'index.stop' } },
      bindings: { log: { add: (name: string) => stopped.push(name) } },
    });
    await engine.invoke(lane);
  }
  await engine.close();
  t.same(stopped.sort(), ['direct', 'worker']);
});

t.test('close while a function is being created ends that with EngineClosed', async (t) => {
  const engine = await createEngine({ workers: 0 });
  const creating = engine
    .createFunction({ functionName: 'f', code: { source: 'for (;;);' } })
    .catch((error: IsopodError) => error.code);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await engine.close();
  t.equal(await creating, 'EngineClosed');
});
