import t from 'tap';
import type { InvokeStatus } from '../../../lib/index.ts';
import { compare, inGuest, sharedEngine } from './compare.ts';

compare(
  'process',
  "import process, { env, nextTick, hrtime } from 'node:process'; import { isMainThread, threadId } from 'node:worker_threads'; import tty from 'node:tty'; import { performance, PerformanceObserver } from 'node:perf_hooks';",
  {
    order: `const seen = []; process.nextTick((a, b) => seen.push(a + b), 1, 2); await new Promise((r) => setTimeout(r, 1)); return seen;`,
    clocks: `const a = process.hrtime(); const b = process.hrtime(a); return [a.length, b[0], typeof process.hrtime.bigint(), process.hrtime.bigint() >= 0n, process.uptime() >= 0, typeof performance.now(), typeof performance.timeOrigin];`,
    facts: `return [process.platform, process.version.slice(0, 4), typeof process.pid, process.release.name, typeof process.memoryUsage().heapUsed, typeof process.memoryUsage.rss(), Array.isArray(process.argv), process.title.length > 0, process === globalThis.process];`,
    env: `process.env.X = 'y'; const seen = [env.X, 'X' in env, Object.keys(env).includes('X')]; delete process.env.X; return [seen, env.X ?? null];`,
    listeners: `return [process.on('exit', () => {}) === process, process.listenerCount('nothing'), process.emit('nothing')];`,
    streams: `return [process.stdout.write(''), typeof process.stderr.write, process.stdout.fd];`,
    threads: `return [isMainThread, threadId, typeof tty.isatty(1)];`,
    performance: `const t = performance.timerify((x) => x + 1); performance.mark('a'); performance.mark('b'); const m = performance.measure('m', 'a', 'b'); return [t(1), m.name, m.entryType, typeof new PerformanceObserver(() => {}).observe];`,
  },
);

t.test('what is written goes to the log, and exit fails the call', async (t) => {
  const engine = await sharedEngine();
  await engine.createFunction({
    functionName: 'writes',
    lane: 'direct',
    code: {
      source:
        "export const handler = (e) => { process.stdout.write('out\\n'); process.stderr.write('err'); if (e.exit) process.exit(3); return 1; };",
    },
  });
  const status: InvokeStatus = {};
  await engine.invoke('writes', {}, { status });
  t.match(status.logs, [/INFO\] out$/, /ERROR\] err$/]);
  t.match(await engine.invoke('writes', { exit: true }).catch((error: unknown) => error), {
    code: 'UnhandledInvocationError',
    message: /process\.exit\(3\) was called/,
  });
});

t.test('timers are objects when the code treats them so', async (t) => {
  t.same(
    await inGuest(`export const handler = () => new Promise((resolve) => {
      const timer = setTimeout(() => resolve([timer.hasRef(), typeof +timer, setImmediate(() => 1).unref().hasRef()]), 1).unref();
      const never = setTimeout(() => resolve('never'), 0); clearTimeout(never); const text = setTimeout(() => resolve('text'), 0); clearTimeout(String(+text)); });`),
    [false, 'number', false],
  );
});

compare(
  'timers',
  "import timers, { setTimeout as st, setInterval as si, clearInterval as ci } from 'node:timers'; import { setTimeout as wait, setInterval as each, setImmediate as soon, scheduler } from 'node:timers/promises';",
  {
    wait: `return [await wait(1, 'v'), await soon('i'), await scheduler.wait(1) ?? null, typeof timers.promises.setTimeout];`,
    each: `let n = 0; for await (const v of each(1, 'x')) if (++n === 3) return [n, v];`,
    abort: `const c = new AbortController(); const p = wait(1000, 0, { signal: c.signal }); c.abort(); return p;`,
    'aborted before': `return wait(1, 0, { signal: AbortSignal.abort() });`,
    interval: `return new Promise((r) => { let n = 0; const t = si(() => { if (++n === 2) { ci(t); r(n); } }, 1); });`,
    refresh: `const t = st(() => {}, 1000); const same = t.refresh() === t; clearTimeout(t); return [same, t.hasRef()];`,
    'no function': `st('x', 1);`,
  },
);
