/** The report of a check as text. */
import t from 'tap';
import { reportLines } from '../../lib/cli/check-report.ts';
import type { CompatibilityReport } from '../../lib/index.ts';

const empty: CompatibilityReport = {
  functionName: 'f',
  handler: 'index.handler',
  compatible: true,
  problems: [],
  warnings: [],
  packages: [],
  modules: [],
  unresolved: [],
  globals: [],
};
const place = (line: number, of?: string) => ({
  file: 'index.js',
  line,
  column: 1,
  ...(of !== undefined && { package: of }),
});

t.test('sections with nothing in them are left out', (t) => {
  t.same(reportLines(empty, undefined), [
    'f (index.handler)',
    '',
    'f works in an isolate: nothing it needs is missing; 0 warnings.',
  ]);
  t.end();
});

t.test('places are told with lines, packages by name, both once and three at most', (t) => {
  const places = [place(1), place(2), place(2), place(3, 'a'), place(9, 'a'), place(4, 'b')];
  const modules = [{ name: 'fs', tier: 'partial', note: 'n'.repeat(200), places } as const];
  const [, , titles, , row] = reportLines({ ...empty, modules }, 100);
  t.match(titles, /^Node\.js module {2}tier {5}imported by +note$/);
  t.match(row, /^fs +partial {2}index\.js:1, index\.js:2, package "a" and 1 more {2}n+…$/);
  t.equal(row?.length, 100, 'notes are cut to the terminal');
  t.match(reportLines({ ...empty, modules }, undefined)[4], /n{200}$/, 'and whole elsewhere');
  t.end();
});

t.test('globals are wrapped and aligned below their tier', (t) => {
  const globals = ['Alpha', 'Beta', 'Gamma', 'Delta'].map((name) => ({ name, tier: 'web', places: [] }) as const);
  t.same(reportLines({ ...empty, globals }, 30).slice(2, 5), [
    'globals',
    '  web-standard  Alpha, Beta,',
    '                Gamma, Delta',
  ]);
  t.end();
});

t.test('a failed top level has its stack, and the last line says what decides', (t) => {
  const problems = ['a', 'b', 'c', 'd'].map((name) => ({ kind: 'global', name, message: name, places: [] }) as const);
  const thrown = { kind: 'top-level', name: 'TopLevelFailed', message: 'no', places: [] } as const;
  const error = {
    code: 'TopLevelFailed',
    message: 'no',
    errorType: 'E',
    stackTrace: ['E: no', '    at a.js:1:1'],
  } as const;
  const lines = reportLines({ ...empty, problems: [thrown, ...problems], warnings: [thrown], error }, undefined);
  t.same(lines.slice(2, 5), ['problems', '  E: no', '        at a.js:1:1']);
  t.equal(
    lines.at(-1),
    'f does not work in an isolate: its top level fails (TopLevelFailed), the global "a" is missing, the global "b" is missing and 2 more; 1 warning.',
  );
  t.end();
});

t.test('packages that ask for modules that do not exist are not said to work', (t) => {
  const warnings = ['net', 'tls'].map((name) => ({ kind: 'module', name, message: name, places: [] }) as const);
  t.equal(
    reportLines({ ...empty, warnings }, undefined).at(-1),
    'f starts in an isolate, but packages of it ask for the modules net, tls: what uses that fails; 2 warnings.',
  );
  t.end();
});
