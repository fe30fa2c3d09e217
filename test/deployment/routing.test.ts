import { randomUUID } from 'node:crypto';
import t from 'tap';
import { spread, versionFor } from '../../lib/deployment/routing.ts';
import { requestIdOf } from '../../lib/protocol/door.ts';

/** As an engine counts them up. */
const ids = (count: number): string[] => {
  const prefix = randomUUID().slice(0, 24);
  return Array.from({ length: count }, (_, at) => requestIdOf(prefix, at + 16));
};

t.test('request ids that count up are spread evenly', (t) => {
  const buckets = new Array<number>(10).fill(0);
  for (const id of ids(20_000)) {
    const at = spread(id);
    if (at < 0 || at >= 1) t.fail(id);
    buckets[Math.floor(at * 10)] = (buckets[Math.floor(at * 10)] ?? 0) + 1;
  }
  // 2,000 each, give or take six standard deviations.
  t.ok(
    buckets.every((count) => Math.abs(count - 2_000) < 6 * Math.sqrt(1_800)),
    buckets.join(),
  );
  t.end();
});

t.test('a version gets its share, and a request always the same version', (t) => {
  const route = { versionId: '1', additionalVersionWeight: { 2: 0.25, 3: 0.05 } };
  const counts: Record<string, number> = { 1: 0, 2: 0, 3: 0 };
  for (const id of ids(20_000)) {
    const version = versionFor(route, id);
    counts[version] = (counts[version] ?? 0) + 1;
    if (versionFor(route, id) !== version) t.fail(id);
  }
  for (const [version, share] of [
    ['1', 0.7],
    ['2', 0.25],
    ['3', 0.05],
  ] as const) {
    const slack = 6 * Math.sqrt(20_000 * share * (1 - share));
    t.ok(Math.abs((counts[version] as number) - 20_000 * share) < slack, `${version}: ${counts[version]}`);
  }
  t.end();
});

t.test('shares of 0 and 1 are exact', (t) => {
  for (const id of ids(1_000)) {
    if (versionFor({ versionId: '1', additionalVersionWeight: { 2: 0 } }, id) !== '1') t.fail(id);
    if (versionFor({ versionId: '1', additionalVersionWeight: { 2: 1 } }, id) !== '2') t.fail(id);
  }
  t.equal(versionFor({ versionId: '1', additionalVersionWeight: {} }, 'x'), '1');
  t.end();
});
