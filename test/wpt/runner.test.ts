/** The runner itself, on a small tree of its own that is laid out as web-platform-tests is. */
import t from 'tap';
import { findCases, findResources } from './cases.ts';
import { compare, listFailures } from './expectations.ts';
import { HARNESS, type Outcome, runCases, type SubCase } from './runner.ts';

/** Enough of a harness: what the runner uses of it, and `test` and `promise_test` for the cases below. */
const harness = `
  (function (scope) {
    var tests = [], callbacks = [], waiting = 0, loaded = false, over = false;
    function end(status) {
      if (over || (status === 0 && (!loaded || waiting > 0 || tests.length === 0))) return;
      over = true;
      callbacks.forEach(function (told) { told(tests, { status: status, message: null }); });
    }
    function begin(name) { var one = { name: name, status: 3, message: null }; tests.push(one); waiting++; return one; }
    function finish(one, status, error) { one.status = status; one.message = error && String(error); waiting--; end(0); }
    scope.test = function (run, name) {
      var one = begin(name), error;
      try { run(); } catch (thrown) { error = thrown; }
      finish(one, error === undefined ? 0 : error.optional ? 4 : 1, error);
    };
    scope.promise_test = function (run, name) {
      var one = begin(name);
      Promise.resolve().then(run).then(function () { finish(one, 0); }, function (error) { finish(one, 1, error); });
    };
    scope.add_completion_callback = function (told) { callbacks.push(told); };
    scope.timeout = function () { end(2); };
    Promise.resolve().then(function () { loaded = true; end(0); });
  })(self);
`;

const checkout = t.testdir({
  resources: { 'testharness.js': harness },
  common: { 'shared.js': 'const shared = 41; function more(n) { return n + 1; }' },
  area: {
    resources: { 'data.json': '{ "answer": 42 }', 'unused.json': '{}' },
    'a-scripts.any.js': `// META: title=scripts and files
// META: script=/common/shared.js
// META: variant=?one
// META: variant=?two
      const before = more(shared);
      test(() => { if (before !== 42) throw new Error('scripts do not see one another'); }, 'scripts');
      test(() => { this.implicit = 1; undeclared = 2; }, 'sloppy');
      test(() => { if (!/^\\?(one|two)$/.test(location.search)) throw new Error(location.search); }, 'variant');
      test(() => { if (GLOBAL.isWindow() || typeof window !== 'undefined') throw new Error('window'); }, 'scope');
      promise_test(async () => {
        const data = await (await fetch('resources/data.json')).json();
        if (data.answer !== 42) throw new Error('wrong file');
      }, 'fetch');
      promise_test(async () => { await fetch('resources/none.json'); }, 'no such file');`,
    'b-strict.any.js': `// a comment
      'use strict';
      test(() => { undeclared = 1; }, 'strict');`,
    'c-fails.any.js': `
      test(() => { throw new Error('as expected'); }, 'twice');
      test(() => {}, 'twice');
      test(() => { throw Object.assign(new Error(), { optional: true }); }, 'optional');
      test(() => new BroadcastChannel('x'), 'missing');`,
    'd-throws.any.js': `test(() => {}, 'before'); throw new Error('outside of a test');`,
    'e-hangs.any.js': `test(() => {}, 'before'); for (;;);`,
    'f-waits.any.js': `test(() => {}, 'done'); promise_test(() => new Promise(() => {}), 'never');`,
    'g-service.any.js': `// META: global=serviceworker\ntest(() => {}, 'elsewhere');`,
    'h-script.any.js': `// META: script=none.js\ntest(() => {}, 'never run');`,
    'i-slow.any.js': `// META: timeout=long\ntest(() => {}, 'slow');`,
    'page.html': '<script></script>',
    'without.any.js': '',
  },
});
const area = { name: 'area', cases: /^area\/[^/]+\.any\.js$/, without: /without/, slow: /slow/ };
const found = findCases(checkout, area);

t.test('cases are found with their variants, those of other scopes are not', async (t) => {
  t.strictSame(
    found.map(({ id }) => id.replace(/^area\/(.)-\w+\.any\.js/, '$1')),
    ['a?one', 'a?two', 'b', 'c', 'd', 'e', 'f', 'h', 'i'],
  );
  const [first] = found;
  t.match(first, {
    title: 'scripts and files',
    scripts: ['common/shared.js'],
    variant: '?one',
    slow: false,
    long: false,
  });
  t.match(found.at(-1), { slow: true, long: true });
  t.ok(first && 'answer' in JSON.parse(findResources(checkout, first)['/area/resources/data.json']?.[1] ?? '{}'));
  t.strictSame(first && Object.keys(findResources(checkout, first)), ['/area/resources/data.json']);
});

t.test('cases run inside a guest and their outcomes are told', async (t) => {
  const told: string[] = [];
  const outcomes = await runCases(checkout, found, {
    timeoutMs: 4_000,
    onOutcome: ({ case: one }) => told.push(one.id),
  });
  t.strictSame(
    outcomes.map(({ case: one }) => one.id),
    found.map(({ id }) => id),
  );
  t.strictSame(told.sort(), found.map(({ id }) => id).sort());
  const of = (name: string): Outcome => outcomes.find(({ case: one }) => one.id.startsWith(`area/${name}`)) as Outcome;
  const ends = (name: string): string[] => of(name).results.map((result) => `${result.name}: ${result.status}`);

  const common = ['scripts: PASS', 'sloppy: PASS', 'variant: PASS', 'scope: PASS', 'fetch: PASS', 'no such file: FAIL'];
  t.strictSame(ends('a-scripts.any.js?one'), common);
  t.strictSame(ends('a-scripts.any.js?two'), common);
  t.match(of('a-').results.at(-1)?.message, 'Nothing to fetch');
  t.strictSame(ends('b-'), ['strict: FAIL']);
  t.strictSame(ends('c-'), ['twice: FAIL', 'twice (2): PASS', 'missing: FAIL'], 'unmet preconditions are left out');
  t.match(of('c-').results[0]?.message, 'as expected');
  t.strictSame(of('c-').missing, ['BroadcastChannel']);
  t.strictSame(ends('d-'), ['before: PASS', `${HARNESS}: FAIL`]);
  t.match(of('d-').results.at(-1)?.message, 'outside of a test');
  t.strictSame(ends('e-'), [`${HARNESS}: FAIL`]);
  t.match(of('e-').results[0]?.message, /^FunctionTimeout/);
  t.strictSame(ends('f-'), ['done: PASS', 'never: NOTRUN'], 'what ended before the limit is told');
  t.strictSame(ends('h-'), [`${HARNESS}: FAIL`]);
  t.match(of('h-').results[0]?.message, 'ENOENT');
  t.strictSame(ends('i-'), ['slow: PASS']);
});

t.test('differences from what is expected are told by name', async (t) => {
  const [one] = found;
  const sub = (name: string, status: SubCase['status'], message = ''): SubCase => ({ name, status, message });
  const outcome = (results: SubCase[]): Outcome => ({ case: one as Outcome['case'], results, missing: [], ms: 1 });
  const id = one?.id ?? '';
  const mixed = [
    outcome([sub('a', 'PASS'), sub('b', 'FAIL', 'wrong "x" 12'), sub('c', 'TIMEOUT', 'X is not defined')]),
  ];

  t.strictSame(compare(mixed, { [id]: { why: ['b', 'c'] } }), { failures: [], passes: [] });
  t.strictSame(compare(mixed, { [id]: { why: ['a', 'b', 'gone'] } }), {
    failures: [`${id}: c: X is not defined`],
    passes: [`${id}: a`, `${id}: gone`],
  });
  t.strictSame(compare(mixed, { [id]: { why: '*' } }).passes, [`${id}: a`]);
  t.strictSame(compare(mixed, { 'another.any.js': { why: '*' } }).failures.length, 2, 'cases not run say nothing');

  t.strictSame(listFailures(mixed, { [id]: { 'a known reason': ['b'] } }), {
    [id]: { 'a known reason': ['b'], 'missing global: X': ['c'] },
  });
  const all = [outcome([sub('b', 'FAIL', 'wrong "x" 12'), sub('c', 'FAIL', 'wrong "y" 3')])];
  t.strictSame(listFailures(all, {}), { [id]: { 'not looked into: wrong "..." N': '*' } });
  t.strictSame(compare(all, listFailures(all, {})), { failures: [], passes: [] });
  t.strictSame(listFailures([outcome([sub('a', 'PASS')])], { [id]: { why: ['a'] } }), {});
});
