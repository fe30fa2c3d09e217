/** Runs the cases of a suite in turns, keeps the result after each, and goes on where an earlier run stopped. */
import { existsSync } from 'node:fs';
import type { Suite } from '../suite.ts';
import { machine } from './machine.ts';
import { order, type Turn } from './order.ts';
import { isNoisy, NOISY, type Result, type Run, readResult, resultsFolder, revisionOf, writeResult } from './result.ts';
import { type CaseOptions, runCase } from './run-case.ts';

export interface RunOptions extends CaseOptions {
  /** Fresh processes per case. */
  readonly rounds: number;
  /** Cases that are run: those whose name is or contains one of these; all by default. */
  readonly only?: readonly string[] | undefined;
  /** File the result is kept in; a full run without one goes to results/, a quick one is not kept. */
  readonly out?: string | undefined;
  /** Turns that `out` already holds are not run again. */
  readonly resume?: boolean;
  /** Runs of `out` that were noisy or failed are made again. */
  readonly again?: boolean;
  /** No new case begins after so many minutes. */
  readonly minutes?: number | undefined;
  /** How often a noisy run is made again before it is kept, marked as noisy; default 2. */
  readonly repeats?: number | undefined;
  /** Stops at the first run that stayed noisy. */
  readonly strict?: boolean;
}

const REPEATS = 2;

export function chooseCases(suite: Suite, only: readonly string[] | undefined): string[] {
  const names = Object.keys(suite.cases);
  if (only === undefined || only.length === 0) return names;
  const chosen = names.filter((name) => only.some((part) => name === part));
  if (chosen.length > 0) return chosen;
  const partly = names.filter((name) => only.every((part) => name.includes(part)));
  if (partly.length > 0) return partly;
  throw new Error(`The suite ${suite.name} has no case "${only.join(' ')}": ${names.slice(0, 40).join(', ')}`);
}

export interface Progress {
  readonly result: Result;
  /** Turns that are left when the time was over. */
  readonly left: number;
  readonly file: string | undefined;
}

export async function runSuite(suite: Suite, options: RunOptions, say: (text: string) => void): Promise<Progress> {
  const names = chooseCases(suite, options.only);
  const file = options.out ?? (options.quick ? undefined : `${resultsFolder}${suite.name}.json`);
  const result =
    options.resume === true && file !== undefined && existsSync(file) ? readResult(file) : fresh(suite, options);
  if (result.suite !== suite.name) throw new Error(`${file} holds a result of the suite "${result.suite}"`);
  const turns = order(names, options.rounds).filter(
    ({ name, round }) =>
      !result.runs.some(
        (run) => run.case === name && run.round === round && !(options.again === true && isDoubtful(run)),
      ),
  );
  const until = options.minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.minutes * 60_000;
  let repeats = options.repeats ?? REPEATS;
  for (const [at, turn] of turns.entries()) {
    if (performance.now() > until) return { result, left: turns.length - at, file };
    say(`${suite.name} ${at + 1}/${turns.length} ${turn.name}`);
    const run = await quietRun(turn, suite, options, repeats, say);
    if (isNoisy(run)) repeats = 0;
    keepBest(result.runs, run);
    if (file !== undefined) writeResult(file, result);
  }
  return { result, left: 0, file };
}

const isDoubtful = (run: Run): boolean => isNoisy(run) || run.failure !== undefined;

/** Of two runs of one turn the quieter one stays, or the one that did not fail. */
function keepBest(runs: Run[], run: Run): void {
  const at = runs.findIndex((each) => each.case === run.case && each.round === run.round);
  const before = runs[at];
  if (before === undefined) runs.push(run);
  else if (before.failure !== undefined || (run.failure === undefined && (run.others ?? 0) <= (before.others ?? 0)))
    runs[at] = run;
}

/** Noisy runs are made again, until that has not helped once: then the noise is no spell that passes. */
export async function quietRun(
  turn: Turn,
  suite: Suite,
  options: RunOptions,
  repeats: number,
  say: (text: string) => void,
): Promise<Run> {
  for (let repeat = 0; ; repeat++) {
    const run = await runCase(suite, turn.name, turn.round, options);
    if (!isNoisy(run) || options.quick) return run;
    if (repeat < repeats) {
      say(`${turn.name} again: others kept ${run.others} cores busy`);
      continue;
    }
    if (options.strict === true)
      throw new Error(
        `Others keep ${run.others} cores busy (at most ${NOISY} is accepted): close other programs, then go on with --resume`,
      );
    return run;
  }
}

export const fresh = (suite: Suite, options: RunOptions): Result => ({
  format: 1,
  suite: suite.name,
  quick: options.quick,
  revision: revisionOf(options.checkout ?? '.'),
  began: new Date().toISOString(),
  machine: machine(),
  runs: [],
});
