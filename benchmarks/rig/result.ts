/** What is kept of a run: every sample, with the machine and how quiet it was. One JSON file, written after every case. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rows, Samples } from '../suite.ts';
import { merge } from './distribution.ts';
import type { Machine } from './machine.ts';

/** One case in one process. */
export interface Run {
  readonly case: string;
  readonly round: number;
  readonly seconds: number;
  /** Load average of the last minute when it began. */
  readonly load: number;
  /** Cores that others kept busy meanwhile; undefined where the system does not tell. */
  readonly others?: number | undefined;
  readonly rows: Rows;
  /** Why there are no rows. */
  readonly failure?: string | undefined;
}

export interface Result {
  readonly format: 1;
  readonly suite: string;
  readonly quick: boolean;
  /** What was measured: a commit, with `+` when the checkout had changes of its own. */
  readonly revision: string;
  readonly began: string;
  readonly machine: Machine;
  readonly runs: Run[];
}

/** A run is noisy when others kept more of one core busy than this. */
export const NOISY = 0.15;
export const isNoisy = (run: Run): boolean => (run.others ?? 0) > NOISY;

export const resultsFolder = fileURLToPath(new URL('../results/', import.meta.url));

/** The rows of all rounds, samples put together; a finding in words is the last one's. */
export function rowsOf(runs: readonly Run[]): Rows {
  const rows: Rows = {};
  for (const run of runs) {
    for (const [row, samples] of Object.entries(run.rows)) {
      const before = rows[row];
      rows[row] = before === undefined ? samples : joined(before, samples);
    }
  }
  return rows;
}

function joined(before: Samples, samples: Samples): Samples {
  if (Array.isArray(before) && Array.isArray(samples)) return [...before, ...samples];
  if (typeof before === 'object' && 'counts' in before && typeof samples === 'object' && 'counts' in samples)
    return merge(before, samples);
  return samples;
}

export function revisionOf(checkout: string): string {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', checkout, ...args], { encoding: 'utf8' }).trim();
  try {
    return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain', '--', 'lib') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

export function readResult(file: string): Result {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
  if (result.format !== 1) throw new Error(`${file} is no result of this benchmark rig (format ${result.format})`);
  return result;
}

/** Whole or not at all; samples keep four digits, which is more than any of them is good for. */
export function writeResult(file: string, result: Result): void {
  const short = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  const { runs, ...head } = result;
  const lines = runs.map((run) => JSON.stringify(run, short)).join(',\n');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(head).slice(0, -1)},"runs":[\n${lines}\n]}\n`);
  renameSync(`${file}.new`, file);
}
