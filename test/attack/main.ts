/**
 * `npm run attack -- [--tier thread|process|jailed] [--only TEXT] [--jobs N] [--json]` puts a fresh process under every attack in
 * fixtures/hostile, in every tier, and says what became of it: id, tier, verdict, code, milliseconds to the answer. The exit
 * code is 1 when something is not as the attack's first line says. `--only`: attacks whose id holds the text, may be given
 * several times. `--jobs`: hosts at once, default 2.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAttacks, TIERS } from './attacks.ts';
import type { Outcome } from './observation.ts';
import { runAttack } from './under-attack.ts';

const { values } = parseArgs({
  options: {
    tier: { type: 'string' },
    only: { type: 'string', multiple: true, default: [''] },
    jobs: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const tiers = TIERS.filter((tier) => values.tier === undefined || tier === values.tier);
if (tiers.length === 0) throw new Error(`--tier is one of ${TIERS.join(', ')}`);
const attacks = readAttacks().filter(({ id }) => values.only.some((text) => id.includes(text)));
if (attacks.length === 0) throw new Error(`No attack has "${values.only.join('" or "')}" in its id`);

const dataDir = mkdtempSync(join(tmpdir(), 'isopod-attack-'));
const waiting = attacks.flatMap((attack) => tiers.map((tier) => ({ attack, tier })));
const outcomes: Outcome[] = [];

/** Engines of one folder follow one another, so each job has a folder. */
async function work(_: unknown, job: number): Promise<void> {
  const own = join(dataDir, `${job}`);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const outcome = await runAttack(next.attack, next.tier, own);
    outcomes.push(outcome);
    if (!values.json) console.log(lineOf(outcome));
  }
}

const inMs = (ms: number | undefined): string => (ms === undefined ? '' : `${ms} ms`).padStart(9);

function lineOf({ id, tier, verdict, outcome, tookMs, neighbour, needsCell, complaint }: Outcome): string {
  const facts = [id.padEnd(44), tier.padEnd(8), verdict.padEnd(12), outcome.padEnd(26), inMs(tookMs)];
  const remarks = [neighbour ? '' : 'neighbour not answered', needsCell ? 'needs a cell' : '', complaint ?? ''];
  return [...facts, complaint === undefined ? '  ' : 'NO', ...remarks.filter((text) => text !== '')].join(' ');
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** One row a tier. How late answers came is told of calls that ran into their deadline. */
function summary(): void {
  const rows: Record<string, Record<string, number | string>> = {};
  for (const tier of tiers) {
    const all = outcomes.filter((outcome) => outcome.tier === tier);
    const ran = all.filter(({ needsCell }) => !needsCell);
    const count = (verdict: string): number => ran.filter((outcome) => outcome.verdict === verdict).length;
    const late = ran.filter(({ outcome }) => outcome === 'FunctionTimeout').map(({ overrunMs }) => overrunMs ?? 0);
    rows[tier] = {
      attacks: ran.length,
      contained: count('contained'),
      'got through': count('got through'),
      'host lost': count('host lost'),
      unexpected: all.filter(({ complaint }) => complaint !== undefined).length,
      'known to need a cell': all.length - ran.length,
      'ms past the deadline (median)': late.length === 0 ? '-' : median(late),
    };
  }
  console.table(rows);
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
rmSync(dataDir, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(outcomes, null, 2));
else summary();
process.exitCode = outcomes.some(({ complaint }) => complaint !== undefined) ? 1 : 0;
