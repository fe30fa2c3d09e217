/** How a run of tests is counted: what must not pass for a success. */
import t from 'tap';
import { count as countTests } from '../../scripts/count-tests.ts';

/** With the names of what failed only. */
const count = (tap: string) => {
  const { passed, failures } = countTests(tap);
  return { passed, failures: failures.map(({ name }) => name) };
};

/** A run of one file with these lines in it, and the line that closes the file. */
const run = (lines: readonly string[], closing = 'ok 1 - file'): string =>
  ['TAP version 14', '# Subtest: file', ...lines.map((line) => `    ${line}`), closing, '1..1', ''].join('\n');
const subtest = (name: string, lines: readonly string[], closing: string): string[] => [
  `# Subtest: ${name}`,
  ...lines.map((line) => `    ${line}`),
  closing,
];

t.test('tests are counted, not assertions and not groups', (t) => {
  const one = subtest('one', ['ok 1', 'ok 2', '1..2'], 'ok 1 - one');
  const group = subtest('group', [...subtest('inner', ['ok 1', '1..1'], 'ok 1 - inner'), '1..1'], 'ok 2 - group');
  t.same(count(run([...one, ...group, '1..2'])), { passed: 2, failures: [] });
  t.same(count(run(['ok 1', 'ok 2', '1..2'])), { passed: 1, failures: [] }, 'a file without subtests is one');
  t.end();
});

t.test('a failure is counted once, under its full name', (t) => {
  const bad = subtest('bad', ['not ok 1 - x', 'not ok 2 - y', '1..2'], 'not ok 1 - bad');
  t.same(count(run([...bad, '1..1'], 'not ok 1 - file')), { passed: 0, failures: ['file > bad'] });
  t.end();
});

t.test('a failure says which assertions failed, and what they found', (t) => {
  const bad = subtest('bad', ['not ok 1 - x', '  ---', '  found: 7', '  ...', 'ok 2 - y', '1..2'], 'not ok 1 - bad');
  t.same(countTests(run([...bad, '1..1'], 'not ok 1 - file')).failures, [
    { name: 'file > bad', reasons: ['x {"found":7}'] },
  ]);
  t.end();
});

t.test('skipped, left to do, or skipped in part is failed', (t) => {
  const partly = subtest('partly', ['ok 1', 'ok 2 - x # SKIP no', '1..2'], 'ok 3 - partly');
  const lines = ['ok 1 - skipped # SKIP why', 'ok 2 - later # TODO', ...partly, '1..3'];
  t.same(count(run(lines)).passed, 0);
  t.same(count(run(lines)).failures.length, 3);
  t.end();
});

t.test('a file that crashes, ends early or runs too long is failed', (t) => {
  const good = subtest('good', ['ok 1', '1..1'], 'ok 1 - good');
  t.same(count(run([...good, '1..1'], 'not ok 1 - file')), { passed: 1, failures: ['file'] }, 'a bad exit code');
  t.same(count(run(['1..0 # no tests found'], 'not ok 1 - file')), { passed: 0, failures: ['file'] });
  const cut = run([...good, '1..1'])
    .split('\n')
    .slice(0, 4)
    .join('\n');
  t.same(count(cut).passed, 0);
  t.ok(count(cut).failures.length > 0, 'the output stops in the middle');
  t.same(count('TAP version 14\nnot ok 1 - timeout!\n1..1\n').failures, ['timeout!']);
  t.same(count('').failures, ['there are no tests']);
  t.end();
});
