/**
 * The regression guard: ratios within one run, and counts, against the limits of `limits.json`. Noise makes a ratio worse,
 * never better for long, so what counts is the best of a few processes; a real regression is in all of them.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figure } from '../report/lines.ts';

export type Rows = Readonly<Record<string, number>>;

export interface Verdict {
  readonly row: string;
  readonly best: number;
  readonly limit: number | undefined;
  readonly kept: boolean;
}

const probe = fileURLToPath(new URL('probe.ts', import.meta.url));
const file = fileURLToPath(new URL('limits.json', import.meta.url));
/** Processes at most. */
const ATTEMPTS = 6;
/** What a new limit leaves to other machines and to small changes; counts hardly differ between machines. */
const ROOM = 1.35;
const ROOM_OF_COUNTS = 1.1;

/** The best of each row over the attempts, beside its limit. A row without one, or a limit without a row, is not kept. */
export function judge(attempts: readonly Rows[], limits: Rows): Verdict[] {
  const rows = new Set([...attempts.flatMap((attempt) => Object.keys(attempt)), ...Object.keys(limits)]);
  return [...rows].map((row) => {
    const best = Math.min(...attempts.map((attempt) => attempt[row] ?? Number.POSITIVE_INFINITY));
    const limit = limits[row];
    return { row, best, limit, kept: limit !== undefined && best <= limit };
  });
}

export const roomFor = (row: string, best: number): number =>
  Number((best * (row.includes(' per ') ? ROOM_OF_COUNTS : ROOM)).toPrecision(3));

/** Whether all limits are kept. `update` writes limits from what is seen instead. */
export async function guard(update: boolean, say: (text: string) => void): Promise<boolean> {
  const limits = JSON.parse(readFileSync(file, 'utf8')) as Rows;
  const attempts: Rows[] = [];
  let verdicts: Verdict[] = [];
  while (attempts.length < ATTEMPTS) {
    say(`guard: process ${attempts.length + 1}`);
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--no-warnings', probe]);
    attempts.push(JSON.parse(stdout) as Rows);
    verdicts = judge(attempts, limits);
    if (!update && verdicts.every(({ kept }) => kept)) break;
    if (update && attempts.length === ATTEMPTS / 2) break;
  }
  if (update) {
    const found = Object.fromEntries(verdicts.map(({ row, best }) => [row, roomFor(row, best)]));
    writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  }
  for (const { row, best, limit, kept } of verdicts) {
    const beside = limit === undefined ? 'no limit: run with --update' : `limit ${figure(limit)}`;
    console.log(`${kept || update ? 'kept  ' : 'BROKEN'} ${row.padEnd(58)} ${figure(best).padStart(9)}  ${beside}`);
  }
  console.log(`best of ${attempts.length} processes`);
  return update || verdicts.every(({ kept }) => kept);
}
