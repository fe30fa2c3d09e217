/** `isopod/testing`, used as its users do. */
import t from 'tap';
import { createTestEngine, fakeClock, record, recordDestination, withEngine } from '../lib/testing.ts';

const flaky = `let calls = 0;
export const handler = (event) => {
  console.log('attempt', ++calls);
  if (calls <= event.failures) throw new Error('not yet');
  return calls;
};`;

t.test('retries of a minute are over in no time, and destinations and calls are written down', async (t) => {
  using clock = fakeClock(Date.UTC(2026, 0, 1));
  await using engine = await createTestEngine({ clock });
  const done = recordDestination();
  const lost = recordDestination();
  const asyncInvokeConfig = {
    maxAsyncRetryAttempts: 3,
    retryBackoffMs: 10_000,
    onSuccess: done.deliver,
    onFailure: lost.deliver,
  };
  await engine.createFunction({ functionName: 'flaky', code: { source: flaky }, asyncInvokeConfig });
  const recording = record(engine);

  await engine.invokeAsync('flaky', { failures: 2 });
  await clock.advance(0);
  t.equal(recording.calls.length, 1, 'nothing is tried again while the clock stands still');
  await clock.advance(120_000);
  t.same(recording.logs, ['[INFO] attempt 1', '[INFO] attempt 2', '[INFO] attempt 3']);
  t.same(
    recording.calls.map(({ outcome, attempt }) => [outcome, attempt]),
    [
      ['function', 1],
      ['function', 2],
      ['success', 3],
    ],
  );
  t.match(done.outcomes, [{ result: 3, attempts: 3, acceptedAt: Date.UTC(2026, 0, 1) }]);

  await engine.invokeAsync('flaky', { failures: 100 });
  await clock.advance(600_000);
  t.match(lost.outcomes, [{ condition: 'RetriesExhausted', attempts: 4, event: { failures: 100 } }]);
  recording.stop();
});

t.test('a delayed event and a timer trigger come when the clock says so', async (t) => {
  using clock = fakeClock(Date.UTC(2026, 0, 1, 3, 59));
  await using engine = await createTestEngine({ clock });
  await engine.createFunction({ functionName: 'job', code: { source: 'export const handler = (event) => event;' } });
  const { calls } = record(engine);
  await engine.createTrigger('job', {
    triggerName: 'nightly',
    triggerType: 'timer',
    triggerConfig: { cronExpression: '0 0 4 * * *', enable: true },
  });
  await clock.advance(59_000);
  t.equal(calls.length, 0);
  await clock.advance(2_000);
  t.equal(calls.length, 1);
  await engine.invokeAsync('job', {}, { delaySeconds: 600 });
  await clock.advance(599_000);
  t.equal(calls.length, 1);
  await clock.advance(1_000);
  t.equal(calls.length, 2);
  await clock.advance(2 * 86_400_000);
  t.equal(calls.length, 4, 'two more nights');
});

t.test('withEngine closes what it made, whatever happens', async (t) => {
  const code = { source: 'export const handler = () => 1;' };
  const value = await withEngine([{ functionName: 'one', code }], (engine) => engine.invoke('one'));
  t.equal(value, 1);
  await t.rejects(
    withEngine([], () => Promise.reject(new RangeError('mine'))),
    RangeError,
  );
});
