import { readFileSync } from 'node:fs';
import t from 'tap';
import { judge, roomFor } from '../../benchmarks/guard/guard.ts';
import { diff } from '../../benchmarks/report/diff.ts';
import { makeHtml } from '../../benchmarks/report/html.ts';
import { figure, makeReport } from '../../benchmarks/report/lines.ts';
import { makeMarkdown } from '../../benchmarks/report/markdown.ts';
import { flame } from '../../benchmarks/rig/profile.ts';
import type { Result, Run } from '../../benchmarks/rig/result.ts';
import type { Rows, Suite } from '../../benchmarks/suite.ts';
import { compare } from '../../benchmarks/suites/compare.ts';

const machine = {
  cpu: 'a CPU',
  cores: 2,
  memoryGB: 4,
  system: 'linux',
  governor: 'performance',
  node: 'v24',
  v8: '13',
  isolatedVm: '7',
  piscina: '5',
};
const suite: Suite = {
  name: 'example',
  unit: 'µs',
  unitOf: (row) => (row === 'rate' ? 'calls/s' : undefined),
  baseline: 'peer',
  cases: {},
  targets: [{ row: 'ours', against: 'peer', max: 0.6, says: 'not more than 0.6 of the peer' }],
};
const run = (rows: Rows, round = 0, others = 0): Run => ({ case: 'a', round, seconds: 1, load: 0, others, rows });
const result = (runs: Run[], name = 'example'): Result => ({
  format: 1,
  suite: name,
  quick: false,
  revision: 'abc',
  began: '2026-01-01T00:00:00Z',
  machine,
  runs,
});

t.test('lines have ratios to their baseline, and aims are met or missed', (t) => {
  const { lines, aims, noisy } = makeReport(
    suite,
    result([run({ ours: [5], peer: [10] }), run({ ours: [7], peer: [10] }, 1, 0.5)]),
  );
  t.match(lines, [
    { row: 'ours', median: 5, ratio: 0.5, baseline: 'peer', more: false },
    { row: 'peer', median: 10, ratio: undefined },
  ]);
  t.match(aims, [{ met: true, value: 0.5 }]);
  t.strictSame(noisy, ['a (round 2: 0.5 cores)']);
  t.end();
});

t.test('figures have three digits that count', (t) => {
  t.strictSame([0.01234, 1.234, 12.34, 1234.5, 0].map(figure), ['0.012', '1.23', '12.3', '1,235', '0']);
  t.end();
});

t.test('a diff calls better what an interval allows to call so, and more of a rate is better', (t) => {
  const rounds = (ours: number, rate: number): Result =>
    result([0, 1, 2].map((round) => run({ ours: [ours, ours * 1.01, ours * 0.99], rate: [rate, rate * 1.01] }, round)));
  const changes = diff(suite, rounds(10, 100), rounds(5, 50));
  t.match(changes, [
    { row: 'ours', verdict: 'better', before: 10, after: 5 },
    { row: 'rate', verdict: 'worse' },
  ]);
  t.match(diff(suite, rounds(10, 100), rounds(10, 100)), [{ verdict: 'unclear' }, { verdict: 'unclear' }]);
  t.strictSame(diff(suite, rounds(1, 1), result([run({ another: [1] })])), []);
  t.end();
});

t.test('a limit is kept when any process kept it, and a row needs a limit as a limit needs its row', (t) => {
  const verdicts = judge(
    [
      { a: 3, b: 2, c: 1 },
      { a: 1, b: 2, c: 1 },
    ],
    { a: 1.5, b: 1.5, gone: 1 },
  );
  t.match(verdicts, [
    { row: 'a', best: 1, kept: true },
    { row: 'b', best: 2, kept: false },
    { row: 'c', limit: undefined, kept: false },
    { row: 'gone', kept: false },
  ]);
  t.equal(roomFor('bytes per call', 100), 110);
  t.equal(roomFor('a / b', 1), 1.35);
  t.end();
});

t.test('a limit stands in the repository for every hot path', (t) => {
  const limits = JSON.parse(readFileSync(new URL('../../benchmarks/guard/limits.json', import.meta.url), 'utf8'));
  t.ok(Object.keys(limits).length >= 7);
  t.end();
});

t.test('a flame graph puts what was called inside what called it, the longest first', (t) => {
  const frame = (functionName: string) => ({ functionName, url: '/x/lib/a.ts', lineNumber: 4 });
  const frames = flame({
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4] },
      { id: 2, callFrame: frame('short') },
      { id: 3, callFrame: frame('long') },
      { id: 4, callFrame: frame('long') },
    ],
    samples: [2, 3, 4],
    timeDeltas: [100, 200, 300],
  });
  t.match(frames, [
    { name: '(root)', from: 0, to: 600, depth: 0 },
    { name: 'long', from: 0, to: 500, self: 500, depth: 1, place: 'lib/a.ts:5' },
    { name: 'short', from: 500, to: 600 },
  ]);
  t.end();
});

/** Samples of latency for two peers, and words for a third. */
const compared = result(
  [
    run({ 'latency | tiny | isopod-direct': { counts: { 150: 90, 200: 10 } } }),
    run({ 'latency | tiny | quickjs': { counts: { 80: 100 } } }),
    run({ 'latency | tiny | vm2': 'not installed' }),
    run({ 'outcome | bomb map | vm2': 'the program ended with SIGABRT (x)' }),
    run({ 'size | install | isolated-vm': [20] }),
  ],
  'compare',
);

t.test('the page holds all it needs, and nothing in it can end its script', async (t) => {
  const html = await makeHtml(makeReport(compare, compared));
  t.notMatch(html, /<(script|link|img)[^>]*\s(src|href)=/, 'nothing is loaded');
  t.equal(html.match(/<\/script>/g)?.length, 2);
  const data = JSON.parse(/<script id="data"[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? '');
  t.match(data.rows[0], { measure: 'latency', guest: 'tiny', peer: 'isopod-direct', n: 100 });
  t.match(
    data.comparison.losses,
    [{ peer: 'quickjs-emscripten', what: 'warm latency, median, tiny' }],
    'a loss is told',
  );
  const hostile = await makeHtml(makeReport(suite, result([run({ '</script><b>': [1] })])));
  t.equal(hostile.match(/<\/script>/g)?.length, 2);
});

t.test('the same figures come as Markdown', (t) => {
  const text = makeMarkdown(makeReport(compare, compared));
  t.match(text, /\| \*\*Isopod, direct lane\*\* \| 4.45 µs \|/);
  t.match(text, /\| vm2 \| the program ended with SIGABRT \|/);
  t.match(text, /### Where Isopod is behind.*warm latency, median, tiny/s);
  t.match(
    makeMarkdown(makeReport(suite, result([run({ ours: [5], peer: [10] })]))),
    /\| ours \| 5\.00 \| 5\.00 \| 1 \| 0\.50× peer \|/,
  );
  t.end();
});
