/** The rig through its command line, with the smallest of cases. No figure is looked at: the machine may be busy. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { peersInstalled } from '../../benchmarks/compare/install.ts';
import { makeReport } from '../../benchmarks/report/lines.ts';
import { findSuite, suiteNames } from '../../benchmarks/rig/find.ts';
import { readResult } from '../../benchmarks/rig/result.ts';
import { runSuite } from '../../benchmarks/rig/run-suite.ts';
import type { Suite } from '../../benchmarks/suite.ts';

const run = fileURLToPath(new URL('../../benchmarks/run.ts', import.meta.url));
const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--no-warnings', run, ...args]).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

t.test('every file of suites/ is a suite under the name of its file', async (t) => {
  for (const name of suiteNames()) {
    const suite = await findSuite(name);
    t.ok(Object.keys(suite.cases).length > 0, name);
    for (const target of suite.targets) t.ok(target.row !== '', `${name}: ${target.says}`);
  }
});

t.test('a case runs in a process of its own and gives its rows as JSON lines', async (t) => {
  const { stdout } = await bench('async', '--quick', '--only', 'raw', '--json');
  const [line, ...rest] = stdout.trim().split('\n');
  const row = JSON.parse(line ?? '');
  t.match(row, { suite: 'async', row: 'raw applySync one by one', unit: 'µs/event', n: 3, node: process.version });
  t.ok(row.median > 0);
  t.notOk(rest.some((each) => each.includes('"failure"')));
});

t.test('an unknown suite or case ends with the names there are', async (t) => {
  for (const args of [['nope'], ['warm', '--only', 'nope']]) {
    const { code, stderr } = (await bench(...args, '--quick')) as { code: number; stderr: string };
    t.equal(code, 1);
    t.match(stderr, /There is no suite "nope": .*warm|has no case "nope": raw applySync/);
  }
});

t.test('a run goes on where the last one stopped, and keeps what failed', async (t) => {
  const out = `${t.testdir()}/result.json`;
  const real = await findSuite('async');
  const suite: Suite = { ...real, cases: { raw: real.cases.raw as Suite['cases'][string], gone: async () => ({}) } };
  const options = { quick: true, rounds: 1, out, resume: true };
  t.equal((await runSuite(suite, { ...options, only: ['raw'] }, () => undefined)).left, 0);
  const [first] = readResult(out).runs;
  const second = await runSuite(suite, options, () => undefined);
  t.strictSame(
    readResult(out).runs.map((each) => each.case),
    ['raw', 'gone'],
  );
  t.strictSame(second.result.runs[0], first, 'not run again');
  const report = makeReport(suite, readResult(out));
  t.match(report.failures, [/^gone: ended with 1: Error: There is no case async\/gone/]);
  t.equal(report.lines.length, 1);
});

t.test('runs that were noisy or failed are made again on request, and the better of two stays', async (t) => {
  const out = `${t.testdir()}/result.json`;
  const suite = await findSuite('async');
  const options = { quick: true, rounds: 1, out, only: ['raw'] };
  await runSuite(suite, options, () => undefined);
  const kept = readResult(out);
  const put = (change: object): void =>
    writeFileSync(out, JSON.stringify({ ...kept, runs: [{ ...kept.runs[0], ...change }] }));
  const said: string[] = [];
  const again = () => runSuite(suite, { ...options, resume: true, again: true }, (text) => said.push(text));
  put({ others: 0, rows: { mark: [1] } });
  t.match((await again()).result.runs, [{ rows: { mark: [1] } }], 'a quiet one is not made again');
  t.strictSame(said, []);
  put({ others: 99, rows: { mark: [1] } });
  t.ok('raw applySync one by one' in ((await again()).result.runs[0]?.rows ?? {}));
  put({ failure: 'it failed', rows: {} });
  t.match((await again()).result.runs, [{ failure: undefined }]);
});

t.test('no case begins after the time is over', async (t) => {
  const real = await findSuite('async');
  const { left, result } = await runSuite(real, { quick: true, rounds: 1, minutes: 0 }, () => undefined);
  t.equal(left, Object.keys(real.cases).length);
  t.equal(result.runs.length, 0);
});

t.test('two revisions are measured in turns and compared', async (t) => {
  const { stdout, stderr } = await bench('ab', 'HEAD', '.', 'async', '--quick', '--only', 'raw', '--json');
  t.match(stdout, /"row":"raw applySync one by one".*"verdict":"(better|worse|unclear)"/, stderr);
});

t.test('a profile leaves the profile and a flame graph', async (t) => {
  const { stdout, stderr } = await bench('async', '--quick', '--only', 'raw', '--profile');
  const files = stdout.trim().split('\n');
  t.ok(files.some((file) => file.endsWith('.html')) && files.some((file) => file.endsWith('.cpuprofile')), stderr);
  t.match(readFileSync(files[0] ?? '', 'utf8'), /"name":"\(root\)"/);
});

t.test('kept results are compared, but not those of different suites', async (t) => {
  const folder = t.testdir();
  await bench('async', '--quick', '--only', 'raw', '--out', `${folder}/a.json`);
  t.match(
    (await bench('diff', `${folder}/a.json`, `${folder}/a.json`)).stdout,
    /raw applySync one by one .* 1\.000x \[/,
  );
  writeFileSync(`${folder}/b.json`, JSON.stringify({ ...readResult(`${folder}/a.json`), suite: 'warm' }));
  t.match((await bench('diff', `${folder}/a.json`, `${folder}/b.json`)).stderr, /is of the suite async, .* of warm/);
});

t.test('the comparison measures Isopod without any peer, and says which peers are missing', async (t) => {
  const out = `${t.testdir()}/result.json`;
  const { stderr } = await bench(
    'compare',
    '--quick',
    '--out',
    out,
    '--only',
    'warm/tiny/isopod-direct',
    'bomb/array/node-vm',
    'size/vm2',
  );
  const { runs } = readResult(out);
  t.match(
    runs.map((each) => each.failure),
    [undefined, undefined, undefined],
  );
  const rows = Object.assign({}, ...runs.map((each) => each.rows));
  for (const row of ['latency', 'cpu', 'throughput 64']) t.ok(rows[`${row} | tiny | isopod-direct`], row);
  t.match(rows['outcome | bomb array | node-vm'], /^not stopped: it took \d+ MB and returned$/);
  const size = rows['size | install | vm2'];
  t.ok(peersInstalled() ? Array.isArray(size) : size === 'not installed' && /--install/.test(stderr), String(size));
});
