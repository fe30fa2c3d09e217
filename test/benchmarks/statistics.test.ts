import t from 'tap';
import { count, merge, values } from '../../benchmarks/rig/distribution.ts';
import { order } from '../../benchmarks/rig/order.ts';
import { bootstrap, percentile, spread, summarize, weighted } from '../../benchmarks/rig/statistics.ts';

const counted = (samples: readonly number[]) => {
  const counts: Record<string, number> = {};
  for (const sample of samples) count(counts, sample);
  return { counts };
};
const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1);

t.test('percentiles are of the nearest rank', (t) => {
  const sorted = weighted([3, 1, 2, 4]);
  t.equal(percentile(sorted, 0.5), 2);
  t.equal(percentile(sorted, 0.99), 4);
  t.equal(percentile(sorted, 0), 1);
  t.ok(Number.isNaN(percentile([], 0.5)));
  t.end();
});

t.test('counted samples give the same figures as single ones, to half a percent', (t) => {
  const single = summarize(upTo(1_000));
  const many = summarize(counted(upTo(1_000)));
  t.equal(many.n, 1_000);
  for (const figure of ['min', 'median', 'p99', 'p999', 'max'] as const)
    t.ok(Math.abs(many[figure] / single[figure] - 1) < 0.0051, `${figure}: ${many[figure]} for ${single[figure]}`);
  t.end();
});

t.test('counts of two processes add up', (t) => {
  const both = merge(counted([1, 2, 2]), counted([2, 1_000]));
  t.strictSame(
    values(both).map(([, seen]) => seen),
    [1, 3, 1],
  );
  t.end();
});

t.test('counted samples spread out again keep their shape', (t) => {
  t.equal(summarize(spread(counted(upTo(10_000)), 100)).n, 100);
  t.ok(Math.abs(summarize(spread(counted(upTo(10_000)), 100)).median / 5_000 - 1) < 0.03);
  t.strictSame(spread([5, 1], 100), [5, 1], 'few samples stay as they are');
  t.end();
});

t.test('a finding in words has no figures', (t) => {
  t.equal(summarize('survived').n, 0);
  t.end();
});

t.test('an interval holds 1 for two alike, and does not for one twice as slow', (t) => {
  const alike = [upTo(20), upTo(20), upTo(20)];
  const same = bootstrap(alike, alike);
  t.ok(same.low <= 1 && same.high >= 1, `${same.low}-${same.high}`);
  const base = [
    [10, 11, 12],
    [10, 12, 11],
    [11, 10, 12],
  ];
  const slow = bootstrap(
    base,
    base.map((process) => process.map((value) => value * 2)),
  );
  t.ok(slow.low > 1 && slow.high > slow.low, `${slow.low}-${slow.high}`);
  t.equal(slow.ratio, 2);
  t.strictSame(bootstrap(base, base), bootstrap(base, base), 'the same each time');
  t.end();
});

t.test('an interval is wide when processes disagree, however many samples each has', (t) => {
  const many = (value: number): number[] => new Array(200).fill(value);
  const { low, high } = bootstrap([many(10), many(20), many(30)], [many(20), many(20), many(20)]);
  t.ok(high / low > 1.5, `${low}-${high}`);
  t.end();
});

t.test('every other round runs in reverse', (t) => {
  t.strictSame(
    order(['a', 'b'], 3).map(({ name, round }) => `${name}${round}`),
    ['a0', 'b0', 'b1', 'a1', 'a2', 'b2'],
  );
  t.end();
});
