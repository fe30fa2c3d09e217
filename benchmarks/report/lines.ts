/** A result as lines: each row's figures beside its baseline's, and what was aimed at. Every kind of report is made of it. */
import { isNoisy, type Result, rowsOf } from '../rig/result.ts';
import { type Summary, summarize } from '../rig/statistics.ts';
import type { Samples, Suite, Target } from '../suite.ts';

export interface Line extends Summary {
  readonly row: string;
  readonly unit: string;
  /** More is better, as in calls/s. */
  readonly more: boolean;
  readonly samples: Samples;
  /** Others used the machine during one of its runs. */
  readonly noisy: boolean;
  readonly baseline: string | undefined;
  /** Median over the baseline's median. */
  readonly ratio: number | undefined;
}

export interface Aim extends Target {
  readonly value: number;
  readonly met: boolean;
}

export interface Report {
  readonly suite: Suite;
  readonly result: Result;
  readonly lines: readonly Line[];
  readonly aims: readonly Aim[];
  /** Cases that failed, with why. */
  readonly failures: readonly string[];
  /** Cases during which others used the machine. */
  readonly noisy: readonly string[];
}

export function makeReport(suite: Suite, result: Result): Report {
  const rows = rowsOf(result.runs);
  const all = { ...rows, ...suite.derived?.(rows) };
  const summaries = new Map(Object.entries(all).map(([row, samples]) => [row, summarize(samples)]));
  const doubtful = new Set(result.runs.filter(isNoisy).flatMap((run) => Object.keys(run.rows)));
  const lines = Object.entries(all).map(([row, samples]): Line => {
    const unit = suite.unitOf?.(row) ?? suite.unit;
    const summary = summaries.get(row) ?? summarize([]);
    const baseline = suite.baselines?.[row] ?? (suite.baseline === '' ? undefined : suite.baseline);
    const base = baseline === undefined || baseline === row ? undefined : summaries.get(baseline)?.median;
    const ratio = base === undefined ? undefined : summary.median / base;
    return { row, unit, more: unit.endsWith('/s'), samples, noisy: doubtful.has(row), ...summary, baseline, ratio };
  });
  const aims = suite.targets.flatMap((target): Aim[] => {
    const base = target.against === undefined ? 1 : summaries.get(target.against)?.median;
    const value = (summaries.get(target.row)?.median ?? Number.NaN) / (base ?? Number.NaN);
    return Number.isNaN(value) ? [] : [{ ...target, value, met: value <= target.max }];
  });
  const failures = result.runs.flatMap((run) => (run.failure === undefined ? [] : [`${run.case}: ${run.failure}`]));
  const noisy = result.runs.filter(isNoisy).map((run) => `${run.case} (round ${run.round + 1}: ${run.others} cores)`);
  return { suite, result, lines, aims, failures, noisy };
}

/** Three digits that count, thousands apart. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '';
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  });
}
