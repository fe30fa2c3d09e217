/**
 * Counts the tests in a TAP file: `node scripts/count-tests.ts file.tap` prints `passed failed`, and what failed to stderr.
 *
 * A test is a subtest without subtests of its own. One that is skipped, or left to do, has failed: where everything a
 * test needs is at hand, nothing may be skipped. A file that ends before its tests did has failed too.
 */
import { readFileSync } from 'node:fs';
import { Parser, type Result } from 'tap-parser';

export interface Failure {
  /** Of the test, with the names it stands under. */
  readonly name: string;
  /** A line for each assertion of it that failed: what it is called, and the start of what it found. */
  readonly reasons: readonly string[];
}

export interface Count {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

/** Characters of what an assertion found that are told. */
const MAX_FOUND = 600;

/** A subtest, or the whole run, as it is read. */
interface Level {
  readonly path: readonly string[];
  subtests: number;
  /** Subtests that failed. */
  failed: number;
  /** Names of assertions, and of subtests that were never begun, that failed or were skipped. */
  readonly bad: string[];
  /** What is to be said of the assertions that failed. */
  readonly reasons: string[];
}

/** What an assertion found, without where it stands. */
function reasonOf({ name, diag }: Result): string {
  const { at, stack, source, ...found } = (diag ?? {}) as Record<string, unknown>;
  return `${name} ${JSON.stringify(found).slice(0, MAX_FOUND)}`;
}

export function count(tap: string): Count {
  let passed = 0;
  const failures: Failure[] = [];

  /** Whether the level is good; counts it. */
  const settle = ({ path, subtests, failed, bad, reasons }: Level, ok: boolean): boolean => {
    const good = ok && failed === 0 && bad.length === 0;
    const name = path.join(' > ') || 'the run';
    if (subtests === 0 && path.length > 0) {
      if (good) passed++;
      else failures.push({ name: ok ? `${name} (skipped)` : name, reasons });
    } else {
      for (const each of bad) failures.push({ name: [...path, each].join(' > '), reasons: [] });
      // Nothing below has said it: an exit code, a plan that was not kept.
      if (!ok && failed === 0 && bad.length === 0) failures.push({ name, reasons });
    }
    return good;
  };

  const follow = (parser: Parser, path: readonly string[]): Level => {
    const level: Level = { path, subtests: 0, failed: 0, bad: [], reasons: [] };
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
      const { ok, name, skip, todo } = result;
      const skipped = Boolean(skip) || Boolean(todo);
      if (open !== undefined && !skipped) close(ok);
      else if (skipped) level.bad.push(`${name} (skipped)`);
      else if (!ok) {
        level.bad.push(name);
        level.reasons.push(reasonOf(result));
      }
      if (skipped) open = undefined;
    });
    parser.on('complete', () => close(false));
    return level;
  };

  const parser = new Parser();
  const run = follow(parser, []);
  parser.on('complete', ({ ok }: { ok: boolean }) => settle(run, ok));
  parser.end(tap);
  if (passed === 0 && failures.length === 0) failures.push({ name: 'there are no tests', reasons: [] });
  return { passed, failures };
}

if (import.meta.main) {
  const [file = ''] = process.argv.slice(2);
  const { passed, failures } = count(readFileSync(file, 'utf8'));
  for (const { name, reasons } of failures) console.error([`FAILED: ${name}`, ...reasons].join('\n  '));
  console.log(`${passed} ${failures.length}`);
}
