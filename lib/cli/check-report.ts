/** The report of `isopod check` for people. */
import type { CheckedStart, CodePlace, CompatibilityReport, Finding, GlobalTier } from '../check/report.ts';
import { type Column, renderTable } from './table.ts';

/** Characters of a line where nothing says how wide the terminal is. */
const WIDTH = 120;
/** Characters of a note shown at least. */
const NOTE_LEAST = 24;
/** Places and packages named of each thing, and problems of the summary. */
const SHOWN = 3;

/** The lines. `terminalWidth`: characters of a line, if known; notes are cut to it. */
export function reportLines(report: CompatibilityReport, terminalWidth: number | undefined): string[] {
  const { functionName, handler, packages, modules, globals, start, problems, warnings } = report;
  const sections = [
    [`${functionName} (${handler})`],
    table(
      ['package', 'version', 'imported by'],
      packages.map(({ name, version, places, dependants }) => [name, version, by(places, dependants)]),
    ),
    table(
      ['Node.js module', 'tier', 'imported by', 'note'],
      modules.map(({ name, tier, places, note }) => [name, tier, by(places), note]),
      terminalWidth,
    ),
    globals.length === 0 ? [] : ['globals', ...tiers(report, terminalWidth ?? WIDTH)],
    start === undefined ? [] : startLines(start, report.bundleBytes ?? 0),
    problems.length === 0 ? [] : ['problems', ...problems.flatMap((finding) => findingLines(finding, report))],
    warnings.length === 0 ? [] : ['warnings', ...warnings.flatMap((finding) => findingLines(finding, report))],
    [summary(report)],
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]));
}

/** The last column is cut to what is left of `width`. */
function table(titles: readonly string[], rows: readonly (readonly string[])[], width?: number): string[] {
  if (rows.length === 0) return [];
  const columns = titles.map((title): Column => ({ title, width: 0, right: false }));
  if (width === undefined) return renderTable(columns, rows);
  const others = columns.slice(0, -1);
  const taken = renderTable(others, rows)[1]?.length ?? 0;
  return renderTable(
    [...others, { title: titles.at(-1) ?? '', width: Math.max(NOTE_LEAST, width - taken - 2), right: false }],
    rows,
  );
}

/** `index.js:3, package "a"`: the function's own places, then packages. */
function by(places: readonly CodePlace[], packages: readonly string[] = []): string {
  const own = places.filter((place) => place.package === undefined);
  const names = [...packages, ...places.flatMap((place) => place.package ?? [])];
  const words = [...own.map(({ file, line }) => `${file}:${line}`), ...names.map((name) => `package "${name}"`)];
  const shown = [...new Set(words)];
  const more = shown.length - SHOWN;
  return `${shown.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const TIERS: readonly (readonly [GlobalTier, string])[] = [
  ['language', 'language'],
  ['web', 'web-standard'],
  ['node', 'Node.js'],
  ['missing', 'missing'],
];

function tiers({ globals }: CompatibilityReport, width: number): string[] {
  return TIERS.flatMap(([tier, title]) => {
    const names = globals.filter((global) => global.tier === tier).map(({ name }) => name);
    return names.length === 0 ? [] : wrapped(`  ${title.padEnd(14)}`, names, width);
  });
}

/** The names after `title`, on as many lines as they take. */
function wrapped(title: string, names: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = title;
  for (const [at, name] of names.entries()) {
    const word = at < names.length - 1 ? `${name}, ` : name;
    if (line.length > title.length && line.length + word.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = ' '.repeat(title.length);
    }
    line += word;
  }
  return [...lines, line];
}

function startLines({ kind, reason, bytes, measuredMs, startMs }: CheckedStart, bundleBytes: number): string[] {
  const measured = Object.entries(measuredMs).map(([of, ms]) => `${of} ${ms.toFixed(2)} ms`);
  const kb = (size: number): string => `${(size / 1_024).toFixed(0)} KB`;
  return [
    'start',
    `  kind          ${kind}${reason === undefined ? '' : `; no snapshot: ${reason}`}`,
    `  size          ${kb(bytes)}, from a bundle of ${kb(bundleBytes)}`,
    `  measured      ${[...measured, `start as chosen ${startMs.toFixed(2)} ms`].join(', ')}`,
  ];
}

function findingLines({ kind, message, places }: Finding, { error }: CompatibilityReport): string[] {
  const [first = '', ...more] = message.split('\n');
  const stack = kind === 'top-level' ? (error?.stackTrace?.slice(1) ?? []) : [];
  const type = kind === 'top-level' && error?.errorType !== undefined ? `${error.errorType}: ` : '';
  const where = places.length === 0 ? '' : ` (${by(places)})`;
  return [`  ${type}${first}${where}`, ...[...more, ...stack].map((line) => `    ${line.trimEnd()}`)];
}

/** What decides, in one sentence. */
function summary({ functionName, problems, warnings }: CompatibilityReport): string {
  const told = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
  const absent = warnings.filter(({ kind }) => kind === 'module').map(({ name }) => name);
  if (problems.length === 0 && absent.length > 0) {
    const modules = absent.length === 1 ? `the module ${absent[0]}` : `the modules ${absent.join(', ')}`;
    return `${functionName} starts in an isolate, but packages of it ask for ${modules}: what uses that fails; ${told}.`;
  }
  if (problems.length === 0) return `${functionName} works in an isolate: nothing it needs is missing; ${told}.`;
  const reasons = problems.slice(0, SHOWN).map(({ kind, name }) => WHAT[kind](name));
  const more = problems.length - reasons.length;
  const what = `${reasons.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return `${functionName} does not work in an isolate: ${what}; ${told}.`;
}

const WHAT: Readonly<Record<Finding['kind'], (name: string) => string>> = {
  module: (name) => `the module "${name}" is missing`,
  import: (name) => `the import "${name}" leads nowhere`,
  global: (name) => `the global "${name}" is missing`,
  build: () => 'it cannot be built',
  'top-level': (code) => `its top level fails (${code})`,
  handler: () => 'its handler is missing',
  file: () => 'a file is too large',
};
