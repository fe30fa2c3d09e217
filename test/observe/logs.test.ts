import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { createEngine } from '../../lib/index.ts';
import { LogRing } from '../../lib/observe/log-ring.ts';
import { createLogs } from '../../lib/observe.ts';

const line = (text: string, time = 1_000_000) => ({
  functionName: 'f',
  versionId: 'LATEST',
  instanceId: 'f-1',
  requestId: 'r',
  time,
  line: text,
});
const limits = { lines: 3, chars: 100, linesPerSecond: 10_000 };

t.test('a ring keeps the newest lines, and no more characters than it may', (t) => {
  const ring = new LogRing(limits);
  for (let at = 0; at < 1_000; at++) ring.add(line(`line ${at}`));
  t.same(
    ring.recent(10).map(({ line, seq }) => [line, seq]),
    [
      ['line 997', 998],
      ['line 998', 999],
      ['line 999', 1_000],
    ],
  );
  t.same(
    ring.recent(10, 999).map(({ line }) => line),
    ['line 999'],
  );
  t.same(ring.recent(1).length, 1);
  ring.add(line('x'.repeat(5_000)));
  t.equal(ring.recent(10).length, 1, 'a line longer than all that is allowed is kept alone');
  t.equal(ring.chars, 5_000);
  t.end();
});

t.test('a ring does not hold long lines that it has let go, however many short ones it may have', async (t) => {
  const ring = new LogRing({ ...limits, lines: 1_000 });
  const kept = Array.from({ length: 100 }, (_, at) =>
    ring.add(line(`${at}`.padStart(100))).map((one) => new WeakRef(one)),
  );
  setFlagsFromString('--expose-gc');
  // What a weak reference was made of is held until the end of the turn.
  await setImmediate();
  (runInNewContext('gc') as () => void)();
  const held = kept.flat().filter((one) => one.deref() !== undefined).length;
  t.ok(held < 10, `${held} are held`);
});

t.test('lines over the rate are left out, and how many they were is told', (t) => {
  const ring = new LogRing({ ...limits, lines: 100, chars: 1_000, linesPerSecond: 2 });
  for (let at = 0; at < 5; at++) ring.add(line(`line ${at}`, 10_000));
  ring.add(line('next', 11_000));
  const kept = ring.recent(10).map(({ line }) => line.replace(/^\S+Z r /, ''));
  t.same(kept, ['line 0', 'line 1', '[WARN] (3 lines over the limit of lines per second were left out)', 'next']);
  t.end();
});

t.test("a function's lines are kept and can be followed; failures are lines too", async (t) => {
  const engine = await createEngine({ workers: 0 });
  t.teardown(() => engine.close());
  const logs = createLogs(engine, { functions: 1 });
  const source = `export const handler = (event) => { console.log('got', event); if (event === 3) throw new Error('three'); };`;
  await engine.createFunction({ functionName: 'f', code: { source } });
  await engine.createFunction({ functionName: 'g', code: { source } });
  await engine.invoke('f', 1);
  const followed: string[] = [];
  const stop = logs.follow('f', ({ line }) => followed.push(line.replace(/^\S+ \S+ /, '')));
  await engine.invoke('f', 2);
  await t.rejects(engine.invoke('f', 3));
  stop();
  await engine.invoke('f', 4);
  t.match(followed, [
    '[INFO] got 2',
    /^\[INFO\] FC Invoke End RequestId: \S+, Duration: [\d.]+ ms$/,
    '[INFO] got 3',
    /^\[ERROR\] FC Invoke End RequestId: .*Error: UnhandledInvocationError: three$/,
  ]);
  t.match(logs.recent('f', 2), [{ line: /Invoke End/ }, { line: /got 4/ }]);
  t.same(logs.recent('nobody'), []);
  await engine.invoke('g', 1);
  t.same(logs.recent('f'), [], 'only so many functions are kept');
  logs.close();
});
