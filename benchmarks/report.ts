/** Rows as a table for people or JSON lines for programs, with what was aimed at. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { geometricMean, type Summary, summarize } from './statistics.ts';
import type { Rows, Suite } from './suite.ts';

const packageVersion = (name: string): string => {
  const file = createRequire(import.meta.url).resolve(name);
  const root = file.slice(0, file.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length);
  return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version;
};

const setup = {
  node: process.version,
  v8: process.versions.v8,
  isolatedVm: packageVersion('isolated-vm'),
  piscina: packageVersion('piscina'),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
};

interface Line extends Summary {
  readonly row: string;
  readonly baseline: string | undefined;
  /** Median over the baseline's median. */
  readonly ratio: number | undefined;
}

export function report(suite: Suite, rows: Rows, json: boolean): void {
  const all = { ...rows, ...derived(rows) };
  const summaries = Object.fromEntries(Object.entries(all).map(([row, values]) => [row, summarize(values)]));
  const lines = Object.entries(summaries).map(([row, summary]): Line => {
    const baseline = suite.baselines?.[row] ?? (suite.baseline === '' ? undefined : suite.baseline);
    const base = baseline === undefined ? undefined : summaries[baseline];
    return { row, ...summary, baseline, ratio: base === undefined ? undefined : summary.median / base.median };
  });
  const targets = suite.targets.map((target) => {
    const { row, against, max, says } = target;
    const base = against === undefined ? 1 : summaries[against]?.median;
    const value = base === undefined ? undefined : (summaries[row]?.median ?? Number.NaN) / base;
    return {
      row,
      against,
      max,
      says,
      value,
      met: value === undefined || Number.isNaN(value) ? undefined : value <= max,
    };
  });
  if (json) {
    for (const line of lines) console.log(JSON.stringify({ suite: suite.name, unit: suite.unit, ...line, ...setup }));
    for (const target of targets)
      if (target.met !== undefined) console.log(JSON.stringify({ suite: suite.name, target: target.says, ...target }));
    return;
  }
  const load = loadavg()[0]?.toFixed(2);
  console.log(
    `\n${suite.name} (${suite.unit}); Node ${setup.node}, isolated-vm ${setup.isolatedVm}, piscina ${setup.piscina}, ${setup.cores} x ${setup.cpu}, load ${load}`,
  );
  for (const { row, median, p99, min, n, ratio, baseline } of lines) {
    const beside = ratio === undefined || row === baseline ? '' : `${ratio.toFixed(2)}x ${baseline}`;
    console.log(
      `${row.padEnd(44)} ${figure(median)} p99 ${figure(p99)} min ${figure(min)} n ${String(n).padStart(4)}  ${beside}`,
    );
  }
  for (const { row, says, value, met } of targets) {
    if (met !== undefined) console.log(`${met ? 'met   ' : 'MISSED'} ${row}: ${says} (${value?.toFixed(3)})`);
  }
}

const figure = (value: number): string => value.toFixed(value < 10 ? 3 : 1).padStart(9);

/** Over the bundles of the cold suite, the one-line function left out. */
function derived(rows: Rows): Rows {
  const ratios = Object.keys(rows)
    .filter((row) => row.endsWith(': stored image') && !row.startsWith('one-line'))
    .map(
      (row) =>
        summarize(rows[row] as number[]).median /
        summarize(rows[row.replace(': stored image', ': plain')] as number[]).median,
    );
  return ratios.length < 2 ? {} : { 'geometric mean: stored image / plain': [geometricMean(ratios)] };
}
