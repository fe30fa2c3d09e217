/**
 * Counts the tests in a TAP file: `node scripts/count-tests.ts file.tap` prints `passed failed`, and what failed to stderr.
 *
 * A test is a subtest without subtests of its own. One that is skipped, or left to do, has failed: where everything a
 * test needs is at hand, nothing may be skipped. A file that ends before its tests did has failed too.
 */
import { readFileSync } from 'node:fs';
import { Parser, type Result } from 'tap-parser';

export interface Count {
  readonly passed: number;
  /** Names of what failed, each with the names it stands under. */
  readonly failures: readonly string[];
}

/** A subtest, or the whole run, as it is read. */
interface Level {
  readonly path: readonly string[];
  subtests: number;
  skipped: number;
  /** Assertions that failed here, and subtests that did. */
  failed: number;
}

const isSkipped = ({ skip, todo }: Result): boolean => Boolean(skip) || Boolean(todo);

export function count(tap: string): Count {
  let passed = 0;
  const failures: string[] = [];

  const settle = (level: Level, ok: boolean): boolean => {
    const name = level.path.join(' > ') || 'the run';
    if (level.subtests > 0 || level.path.length === 0) {
      // Say it here only if nothing below has said it: an exit code, a plan that was not kept.
      if (!ok && level.failed === 0) failures.push(name);
      return ok && level.failed === 0;
    }
    if (ok && level.failed === 0 && level.skipped === 0) passed++;
    else failures.push(ok && level.failed === 0 ? `${name} (skipped)` : name);
    return ok && level.failed === 0 && level.skipped === 0;
  };

  const follow = (parser: Parser, path: readonly string[]): Level => {
    const level: Level = { path, subtests: 0, skipped: 0, failed: 0 };
    // A subtest is closed by a line of its parent, which knows more: the exit code of a file, for one.
    let open: Level | undefined;
    const close = (ok: boolean): void => {
      if (open !== undefined && !settle(open, ok)) level.failed++;
      open = undefined;
    };
    parser.on('child', (child: Parser) => {
      close(false);
      level.subtests++;
      open = follow(child, [...path, child.name]);
    });
    parser.on('assert', (result: Result) => {
      if (open !== undefined && !isSkipped(result)) return close(result.ok);
      open = undefined;
      if (!isSkipped(result) && result.ok) return;
      const alone = level.subtests > 0 || path.length === 0;
      if (isSkipped(result)) level.skipped++;
      else level.failed++;
      if (alone) failures.push([...path, result.name].join(' > ') + (isSkipped(result) ? ' (skipped)' : ''));
    });
    parser.on('complete', () => close(false));
    return level;
  };

  const parser = new Parser();
  const run = follow(parser, []);
  parser.on('complete', ({ ok }: { ok: boolean }) => settle(run, ok));
  parser.end(tap);
  if (passed === 0 && failures.length === 0) failures.push('there are no tests');
  return { passed, failures };
}

if (import.meta.main) {
  const [file = ''] = process.argv.slice(2);
  const { passed, failures } = count(readFileSync(file, 'utf8'));
  for (const name of failures) console.error(`FAILED: ${name}`);
  console.log(`${passed} ${failures.length}`);
}
