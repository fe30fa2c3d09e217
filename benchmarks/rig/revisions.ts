/** Two revisions of the engine measured by the benchmarks of this checkout, in fresh processes that take turns. */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Suite } from '../suite.ts';
import { order } from './order.ts';
import { type Result, writeResult } from './result.ts';
import { chooseCases, fresh, quietRun, type RunOptions } from './run-suite.ts';

const here = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

interface Checkout {
  readonly folder: string;
  /** Also done when the program ends before its time. */
  remove(): void;
}

/** `.` is this checkout as it is, with what is not committed. Others get the benchmarks of this one. */
async function checkOut(revision: string, say: (text: string) => void): Promise<Checkout> {
  if (revision === '.') return { folder: here, remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'isopod-revision-'));
  const git = (...args: string[]): string[] => ['-C', here, 'worktree', ...args];
  const remove = (): void => {
    process.off('exit', remove);
    try {
      execFileSync('git', git('remove', '--force', folder), { stdio: 'ignore' });
    } catch {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  process.on('exit', remove);
  try {
    await run('git', git('add', '--detach', folder, revision));
    rmSync(join(folder, 'benchmarks'), { recursive: true, force: true });
    const wanted = (path: string): boolean => !/node_modules|\/results$/.test(path.slice(here.length));
    cpSync(join(here, 'benchmarks'), join(folder, 'benchmarks'), { recursive: true, filter: wanted });
    const lock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
    if (lock(folder) === lock(here)) symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
    else {
      say(`installing what ${revision} depends on`);
      await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
    }
    const peers = 'benchmarks/compare/node_modules';
    if (existsSync(join(here, peers))) symlinkSync(join(here, peers), join(folder, peers));
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Both results; kept in `<out>.a.json` and `<out>.b.json` when a name is given. */
export async function runRevisions(
  suite: Suite,
  revisions: readonly [a: string, b: string],
  options: RunOptions,
  say: (text: string) => void,
): Promise<readonly [Result, Result]> {
  const sides: { readonly checkout: Checkout; readonly result: Result; readonly file: string }[] = [];
  try {
    for (const [at, revision] of revisions.entries()) {
      const checkout = await checkOut(revision, say);
      const result = fresh(suite, { ...options, checkout: checkout.folder });
      sides.push({ checkout, result, file: `${options.out}.${at === 0 ? 'a' : 'b'}.json` });
    }
    const turns = order(chooseCases(suite, options.only), options.rounds);
    for (const [at, turn] of turns.entries()) {
      for (const side of turn.round % 2 === 0 ? sides : sides.toReversed()) {
        say(`${suite.name} ${at + 1}/${turns.length} ${turn.name} at ${side.result.revision}`);
        const settings = { ...options, checkout: side.checkout.folder };
        side.result.runs.push(await quietRun(turn, suite, settings, 1, say));
        if (options.out !== undefined) writeResult(side.file, side.result);
      }
    }
    return [sides[0]?.result as Result, sides[1]?.result as Result];
  } finally {
    for (const { checkout } of sides) checkout.remove();
  }
}
