/** Two results of one suite beside each other: how each row changed, with the interval that holds the truth 19 times in 20. */
import type { Result } from '../rig/result.ts';
import { bootstrap, type Interval, median, spread } from '../rig/statistics.ts';
import type { Suite } from '../suite.ts';
import { figure } from './lines.ts';

/** Samples of one process a resampled median is taken of; more do not change it. */
const SAMPLES = 200;

export interface Change extends Interval {
  readonly row: string;
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  /** What the interval allows to say; `unclear` when it holds 1. */
  readonly verdict: 'better' | 'worse' | 'unclear';
}

/** A row's samples by process. */
function processes(result: Result): Map<string, number[][]> {
  const found = new Map<string, number[][]>();
  for (const { rows } of result.runs) {
    for (const [row, samples] of Object.entries(rows)) {
      if (typeof samples === 'string') continue;
      const values = spread(samples, SAMPLES);
      if (values.length > 0) found.set(row, [...(found.get(row) ?? []), values]);
    }
  }
  return found;
}

export function diff(suite: Suite, a: Result, b: Result): Change[] {
  const before = processes(a);
  const changes: Change[] = [];
  for (const [row, after] of processes(b)) {
    const base = before.get(row);
    if (base === undefined) continue;
    const unit = suite.unitOf?.(row) ?? suite.unit;
    const interval = bootstrap(base, after);
    const faster = unit.endsWith('/s') ? interval.low > 1 : interval.high < 1;
    const slower = unit.endsWith('/s') ? interval.high < 1 : interval.low > 1;
    const verdict = faster ? 'better' : slower ? 'worse' : 'unclear';
    changes.push({ row, unit, before: median(base.flat()), after: median(after.flat()), ...interval, verdict });
  }
  return changes;
}

export function printDiff(a: Result, b: Result, changes: readonly Change[], json: boolean): void {
  if (json) {
    for (const change of changes) console.log(JSON.stringify({ suite: a.suite, ...change }));
    return;
  }
  console.log(`\n${a.suite}: ${a.revision} (${a.began}) -> ${b.revision} (${b.began})`);
  for (const key of ['cpu', 'cores', 'node', 'isolatedVm'] as const)
    if (a.machine[key] !== b.machine[key])
      console.log(
        `CAUTION ${key} differs: ${a.machine[key]} and ${b.machine[key]}; compare results of one machine only`,
      );
  const width = Math.max(20, ...changes.map(({ row }) => row.length));
  for (const { row, unit, before, after, ratio, low, high, verdict } of changes) {
    const interval = `${ratio.toFixed(3)}x [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    const figures = `${figure(before).padStart(9)} -> ${figure(after).padStart(9)} ${unit.padEnd(10)}`;
    console.log(`${row.padEnd(width)} ${figures} ${interval.padEnd(24)} ${verdict === 'unclear' ? '' : verdict}`);
  }
  if (changes.length === 0) console.log('The two have no row in common.');
}
