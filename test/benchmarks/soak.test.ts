/** The soak, for two seconds: every call has the outcome it has to have. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { slopePerMinute } from '../../benchmarks/soak/slope.ts';

const main = fileURLToPath(new URL('../../benchmarks/soak/main.ts', import.meta.url));

t.test('calls, failures, updates and configs at once surprise nobody', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    '--seconds',
    '2',
    '--functions',
    '4',
    '--json',
  ]);
  const told = JSON.parse(stdout);
  t.match(told, { surprises: [], verdict: /^not judged/ }, stdout);
  t.ok(told.calls > 0 && told.outcomes.ok > 0, stdout);
});

t.test('requests of every kind to a host at once surprise nobody', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'http', '--seconds', '2', '--json']);
  const told = JSON.parse(stdout);
  t.match(told, { surprises: [], verdict: /^not judged/ }, stdout);
  t.ok(told.outcomes.sync > 0, stdout);
});

t.test('the slope is that of the samples, whatever one of them does', (t) => {
  const samples = Array.from({ length: 60 }, (_, at) => ({ at, mb: 100 + at / 60 + (at === 30 ? 500 : 0) }));
  t.ok(Math.abs(slopePerMinute(samples) - 1) < 0.01);
  t.equal(slopePerMinute([]), 0);
  t.end();
});
