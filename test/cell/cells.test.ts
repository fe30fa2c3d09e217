/** Functions with `isolation: 'process'`: what ends a cell, who notices, and how soon it is replaced. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createEngine, type Engine, type InvokeStatus, type IsopodError } from '../../lib/index.ts';
import { at, inTime } from '../engine/places.ts';

const failure = (call: Promise<unknown>): Promise<IsopodError> =>
  call.then(
    (value) => Promise.reject(new Error(`it came to ${JSON.stringify(value)}`)),
    (error: IsopodError) => error,
  );

/** Processes this one has started that are still there. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === process.pid && state !== 'Z' && /cell.main\.[tj]s/.test(commandOf(pid));
      } catch {
        return false;
      }
    })
    .map(Number);
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const commandOf = (pid: string): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1');

async function open(options: object = {}): Promise<{ engine: Engine; warnings: string[] }> {
  const warnings: string[] = [];
  const logger = {
    info: () => undefined,
    warn: (message: string, facts?: Record<string, unknown>) => warnings.push(`${message}: ${String(facts?.reason)}`),
    error: () => undefined,
  };
  return { engine: await createEngine({ workers: 1, logger, ...options }), warnings };
}

const hostile = `export const handler = (what) => {
  if (what === 'loop') for (;;);
  if (what === 'native') return String(2n ** 1_000_000_000n).length;
  if (what === 'map') { const map = new Map(); for (let n = 0; ; n++) map.set(n, { n }); }
  if (what === 'arrays') { const all = []; for (;;) all.push(new Array(1_000).fill(1)); }
  if (what === 'buffers') { const all = []; for (;;) all.push(new Uint8Array(10_000_000).fill(1)); }
  return 'well';
};`;

const put = (engine: Engine, functionName: string, source: string, more: object = {}): Promise<unknown> =>
  engine.createFunction({ functionName, ...at('cell'), code: { source }, ...more });

t.test('a call of a cell says so, and another process did it', async (t) => {
  const { engine } = await open();
  t.teardown(() => engine.close());
  await put(engine, 'f', 'export const handler = (event) => [event];');
  const status: InvokeStatus = {};
  t.same(await engine.invoke('f', { a: 1 }, { status }), [{ a: 1 }]);
  t.equal(status.lane, 'cell');
  t.ok(children().length >= 1);
  t.throws(() => engine.invokeSync('f'), { code: 'NotSynchronous', message: /another process/ });
  t.match(engine.getFunction('f'), { isolation: 'process', lane: 'auto' });
  const wrong = await failure(put(engine, 'g', 'x', { lane: 'direct' }));
  t.match(wrong, { code: 'InvalidArgument', message: /lane: .*isolation 'process'/ });
});

t.test('a cell whose guest was ended at a limit leaves the processor to the others', async (t) => {
  const { engine } = await open();
  t.teardown(() => engine.close());
  const own = getPriority();
  const before = new Set(children());
  await put(engine, 'good', 'export const handler = () => 1;');
  await put(engine, 'bad', hostile, { timeout: 1 });
  await engine.invoke('good');
  await inTime(() => engine.invoke('bad', 'nothing'));
  t.match(await failure(engine.invoke('bad', 'loop')), { code: 'FunctionTimeout' });
  const yields = (pid: number): boolean => {
    try {
      return getPriority(pid) > own;
    } catch {
      // It has ended.
      return false;
    }
  };
  // The answer may come before the word that the guest was ended.
  while (!children().some((pid) => !before.has(pid) && yields(pid))) await turn();
  t.equal(await inTime(() => engine.invoke('bad', 'nothing')), 'well', 'it still serves');
});

for (const what of ['loop', 'native', 'map', 'arrays', 'buffers']) {
  t.test(`${what}: costs its own call, in time, and neither the host nor a neighbour`, async (t) => {
    const { engine } = await open();
    t.teardown(() => engine.close());
    await put(engine, 'bad', hostile, { timeout: 1, memorySize: 64 });
    await put(engine, 'good', 'let calls = 0; export const handler = () => ++calls;', { maxInstances: 1 });
    t.equal(await inTime(() => engine.invoke('bad', 'nothing')), 'well');
    t.equal(await engine.invoke('good'), 1);
    const attack = failure(engine.invoke('bad', what));
    const during = await Promise.all(Array.from({ length: 20 }, () => engine.invoke('good')));
    t.same(
      during,
      Array.from({ length: 20 }, (_, at) => at + 2),
      'the neighbour keeps its instance',
    );
    const error = await attack;
    const codes = ['FunctionTimeout', 'FunctionOutOfMemory', 'InstanceLost', 'UnhandledInvocationError'];
    t.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    t.equal(await inTime(() => engine.invoke('bad', 'nothing')), 'well', 'and the next call works');
  });
}

t.test('a cell that is killed is replaced, and its calls fail with a retryable error', async (t) => {
  const { engine, warnings } = await open();
  t.teardown(() => engine.close());
  await put(engine, 'f', 'export const handler = (ms) => new Promise((r) => setTimeout(r, ms, "over"));');
  t.equal(await engine.invoke('f', 1), 'over');
  const running = failure(engine.invoke('f', 50_000));
  for (const pid of children()) process.kill(pid, 'SIGKILL');
  t.match(await running, { code: 'InstanceLost', retryable: true, message: /SIGKILL/ });
  t.equal(await engine.invoke('f', 1), 'over');
  t.match(warnings.join('\n'), /A cell is gone: ended \(SIGKILL\)/);
});

t.test('a cell that was stopped past a deadline is not blamed for it: it goes on', async (t) => {
  const { engine, warnings } = await open();
  t.teardown(() => engine.close());
  await put(engine, 'f', 'export const handler = () => "fine";', { timeout: 0.3, maxInstances: 1 });
  // A busy machine may take longer than that for a start.
  while ((await engine.invoke('f').catch(() => undefined)) !== 'fine');
  const before = children();
  warnings.length = 0;
  for (const pid of before) process.kill(pid, 'SIGSTOP');
  t.match(await failure(engine.invoke('f')), { code: 'FunctionTimeout' });
  // Far longer than a cell may go on silently that has the processor.
  await new Promise((resolve) => setTimeout(resolve, 600));
  for (const pid of before) process.kill(pid, 'SIGCONT');
  while ((await engine.invoke('f').catch(() => undefined)) !== 'fine');
  t.same(children(), before);
  t.notMatch(warnings.join('\n'), 'A cell is gone');
});

t.test('an accepted event whose cell is killed runs again', async (t) => {
  const { engine } = await open();
  t.teardown(() => engine.close());
  const begun: number[] = [];
  const { promise: done, resolve } = Promise.withResolvers<unknown>();
  const { promise: first, resolve: isFirst } = Promise.withResolvers<void>();
  await put(
    engine,
    'f',
    'export const handler = async (e, c) => (await c.bindings.t.begin()) === 1 ? new Promise(() => {}) : "again";',
    {
      bindings: {
        t: {
          begin: () => {
            begun.push(1);
            isFirst();
            return begun.length;
          },
        },
      },
      asyncInvokeConfig: { retryBackoffMs: 1, onSuccess: resolve },
    },
  );
  await engine.invokeAsync('f', null);
  await first;
  for (const pid of children()) process.kill(pid, 'SIGKILL');
  t.match(await done, { result: 'again', condition: 'Success' });
});

t.test('with no cell left over, functions share one', async (t) => {
  const { engine } = await open({ cells: { max: 1 } });
  t.teardown(() => engine.close());
  for (const name of ['a', 'b', 'c']) await put(engine, name, `export const handler = () => '${name}';`);
  t.same(await Promise.all(['a', 'b', 'c'].map((name) => engine.invoke(name))), ['a', 'b', 'c']);
  // Those of engines closed before may take a moment to be gone.
  while (children().length !== 1) await turn();
});

t.test('closing the engine ends its cells, and an engine nobody closes does not keep its process alive', async (t) => {
  const { engine } = await open();
  await put(engine, 'f', 'export const handler = () => 1;');
  await engine.invoke('f');
  await engine.close();
  while (children().length > 0) await turn();

  const dir = await mkdtemp(join(tmpdir(), 'isopod-cells-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  await writeFile(
    join(dir, 'app.mjs'),
    `import { createEngine } from ${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)};
    const engine = await createEngine({ workers: 1 });
    await engine.createFunction({ functionName: 'f', isolation: 'process', timeout: 60, code: { source: 'export const handler = () => 1' } });
    process.send(await engine.invoke('f'));
    process.disconnect();`,
  );
  const child = fork(join(dir, 'app.mjs'), { execArgv: ['--no-warnings'] });
  t.same(await once(child, 'message').then(([value]) => value), 1);
  t.same(await once(child, 'exit'), [0, null]);
});
