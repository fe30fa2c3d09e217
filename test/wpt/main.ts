/**
 * `npm run wpt -- [--checkout FOLDER] [--update] [AREA...]` runs every case in a checkout of web-platform-tests (default:
 * the folder ISOPOD_WPT names). A run of all areas writes `docs/web-apis.md`. With `--update` the failures seen become the
 * expected ones, else the exit code is 1 when they differ.
 */
import { parseArgs } from 'node:util';
import { AREAS } from './areas.ts';
import { findCases } from './cases.ts';
import { findCheckout, revisionOf } from './checkout.ts';
import { compare, countPassed, failed, listFailures, readExpectations, writeExpectations } from './expectations.ts';
import { type AreaOutcome, writeReport } from './report.ts';
import { type Outcome, runCases } from './runner.ts';

/** Causes and cases shown per area. */
const SHOWN = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { checkout: { type: 'string' }, update: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !AREAS.some((area) => area.name === name));
if (unknown.length > 0) throw new Error(`No such area: ${unknown.join(', ')}`);
const checkout = findCheckout(values.checkout);
if (checkout === undefined) throw new Error('Name a checkout of web-platform-tests: --checkout FOLDER, or ISOPOD_WPT');
const revision = revisionOf(checkout);
const before = readExpectations();
const chosen = AREAS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const ran: AreaOutcome[] = [];
let differences = 0;

for (const area of chosen) {
  const start = performance.now();
  const outcomes = await runCases(checkout, findCases(checkout, area));
  ran.push({ name: area.name, outcomes });
  const { passed, total } = countPassed(outcomes);
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  console.log(`${area.name}: ${passed} / ${total} passed (${outcomes.length} cases, ${seconds} s)`);
  tellMissing(outcomes);
  if (values.update) continue;
  const { failures, passes } = compare(outcomes, before.areas[area.name] ?? {});
  differences += failures.length + passes.length;
  tell('unexpected failures', failures);
  tell('unexpected passes', passes);
}
if (values.update) {
  const areas = Object.fromEntries(
    ran.map(({ name, outcomes }) => [name, listFailures(outcomes, before.areas[name] ?? {})]),
  );
  writeExpectations({ revision, areas: { ...before.areas, ...areas } });
} else if (before.revision !== revision) {
  console.log(`The expectations are of revision ${before.revision}; this checkout is ${revision}`);
}
if (chosen.length === AREAS.length) writeReport(ran, revision);
process.exitCode = differences > 0 ? 1 : 0;

/** Globals that are missing, with the number of cases that ask for them; then what else went wrong, most frequent first. */
function tellMissing(outcomes: readonly Outcome[]): void {
  const bad = outcomes.flatMap((outcome) => outcome.results.filter(failed));
  tell('missing globals', counted(outcomes.flatMap(({ missing }) => missing)));
  const causes = bad.map(({ message }) =>
    message
      .replace(/\s+/g, ' ')
      .replace(/"[^"]*"/g, '"..."')
      .replace(/\d+/g, 'N'),
  );
  tell('causes', counted(causes.map((cause) => cause.slice(0, 100))));
}

function counted(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([name, count]) => `${count} x ${name}`);
}

function tell(what: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  console.log(`  ${what}: ${lines.length}`);
  for (const line of lines.slice(0, SHOWN)) console.log(`    ${line.replace(/\s+/g, ' ').slice(0, 200)}`);
}
