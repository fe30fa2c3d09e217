/** What is known to fail, and why; how an outcome differs from that. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Outcome, SubCase } from './runner.ts';

/** Of one case: reason -> names of the sub-cases that fail for it, or `*` for all there are. */
export type Reasons = Readonly<Record<string, readonly string[] | '*'>>;

export interface Expectations {
  /** Commit of web-platform-tests the names are of. */
  readonly revision: string;
  /** By area, then by case (with its variant). */
  readonly areas: Readonly<Record<string, Readonly<Record<string, Reasons>>>>;
}

const file = fileURLToPath(new URL('expectations.json', import.meta.url));

export const readExpectations = (): Expectations => JSON.parse(readFileSync(file, 'utf8')) as Expectations;

/** Writes the list as the formatter wants it. */
export function writeExpectations(expectations: Expectations): void {
  writeFileSync(file, JSON.stringify(expectations));
  const biome = fileURLToPath(new URL('../../node_modules/.bin/biome', import.meta.url));
  execFileSync(biome, ['format', '--write', file], { stdio: 'ignore' });
}

export const failed = ({ status }: SubCase): boolean => status !== 'PASS';

export function countPassed(outcomes: readonly Outcome[]): { readonly passed: number; readonly total: number } {
  const results = outcomes.flatMap(({ results }) => results);
  return { passed: results.filter((result) => !failed(result)).length, total: results.length };
}

export interface Difference {
  /** Failed without being listed: name and message. */
  readonly failures: readonly string[];
  /** Listed, and passed or no longer there. */
  readonly passes: readonly string[];
}

/** How outcomes of an area differ from what is listed. Listed cases that were not run are left out. */
export function compare(outcomes: readonly Outcome[], listed: Readonly<Record<string, Reasons>>): Difference {
  const failures: string[] = [];
  const passes: string[] = [];
  for (const { case: one, results } of outcomes) {
    const reasons = Object.values(listed[one.id] ?? {});
    const everything = reasons.includes('*');
    const names = new Set(reasons.flatMap((list) => (list === '*' ? [] : list)));
    const bad = results.filter(failed);
    const tell = (name: string): string => `${one.id}: ${name}`;
    if (everything) {
      passes.push(...results.filter((result) => !failed(result)).map(({ name }) => tell(name)));
      continue;
    }
    failures.push(...bad.filter(({ name }) => !names.has(name)).map((r) => `${tell(r.name)}: ${r.message}`));
    const seen = new Set(bad.map(({ name }) => name));
    passes.push(...[...names].filter((name) => !seen.has(name)).map(tell));
  }
  return { failures, passes };
}

/** The list that fits these outcomes; reasons given before are kept, new ones are taken from the messages. */
export function listFailures(
  outcomes: readonly Outcome[],
  before: Readonly<Record<string, Reasons>>,
): Record<string, Reasons> {
  const listed: Record<string, Reasons> = {};
  for (const outcome of outcomes) {
    const bad = outcome.results.filter(failed);
    if (bad.length === 0) continue;
    const { id } = outcome.case;
    const known = before[id] ?? {};
    const reasons: Record<string, string[]> = {};
    for (const result of bad) {
      const reason = knownReason(known, result.name) ?? guessReason(result, outcome.missing);
      reasons[reason] ??= [];
      reasons[reason].push(result.name);
    }
    const [only, ...others] = Object.keys(reasons);
    const whole = bad.length === outcome.results.length && others.length === 0 && bad.length > 1;
    listed[id] = whole ? { [only as string]: '*' } : reasons;
  }
  return listed;
}

function knownReason(known: Reasons, name: string): string | undefined {
  return Object.keys(known).find((reason) => known[reason] === '*' || known[reason]?.includes(name));
}

/** Characters of a message that become a reason. */
const MAX_REASON = 60;

/** Why it seems to fail: a global that is missing and named, or else the beginning of the message without its values. */
function guessReason({ message }: SubCase, missing: readonly string[]): string {
  if (message.includes('document is not defined')) return 'needs a document';
  if (message.includes('sabConstructor')) return 'needs shared memory';
  const undefinedName = /\b(\w+) is not defined/.exec(message)?.[1];
  if (undefinedName !== undefined) return `missing global: ${undefinedName}`;
  const named = missing.filter((name) => new RegExp(`\\b${name}\\b`).test(message));
  if (named.length > 0) return `missing global: ${named.join(', ')}`;
  const plain = message
    .replace(/\s+/g, ' ')
    .replace(/"[^"]*"?/g, '"..."')
    .replace(/\d+/g, 'N');
  return `not looked into: ${plain.slice(0, MAX_REASON)}`;
}
