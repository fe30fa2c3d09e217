/**
 * `npm run attack -- [--tier thread|process] [--only TEXT] [--jobs N] [--json]` puts a fresh process under every attack in
 * fixtures/hostile, in every tier, and says what became of it. The exit code is 1 when something is not as the attack's
 * first line says. `--only`: attacks whose id holds the text, may be
 * given several times. `--jobs`: hosts at once, default 2.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAttacks, TIERS, type Tier } from './attacks.ts';
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

function lineOf({ id, tier, verdict, outcome, overrunMs, neighbour, needsCell, complaint }: Outcome): string {
  const late = overrunMs === undefined ? '' : `${overrunMs} ms`;
  const facts = [id.padEnd(44), tier.padEnd(8), verdict.padEnd(12), outcome.padEnd(24), late.padStart(9)];
  const remarks = [neighbour ? '' : 'neighbour not answered', needsCell ? 'needs a cell' : '', complaint ?? ''];
  return [...facts, complaint === undefined ? '  ' : 'NO', ...remarks.filter((text) => text !== '')].join(' ');
}

function summaryOf(tier: Tier): string {
  const ran = outcomes.filter((outcome) => outcome.tier === tier);
  const count = (verdict: string, needsCell: boolean): number =>
    ran.filter((outcome) => outcome.verdict === verdict && outcome.needsCell === needsCell).length;
  const needing = ran.filter(({ needsCell }) => needsCell).length;
  const known = needing === 0 ? '' : `; of ${needing} that need a cell ${count('contained', true)} contained this time`;
  const bad = ran.filter(({ complaint }) => complaint !== undefined).length;
  return (
    `${tier}: ${ran.length - needing} attacks, ${count('contained', false)} contained, ` +
    `${count('got through', false)} got through, host lost ${count('host lost', false)} times${known}; ${bad} unexpected`
  );
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
rmSync(dataDir, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(outcomes, null, 2));
else for (const tier of tiers) console.log(summaryOf(tier));
process.exitCode = outcomes.some(({ complaint }) => complaint !== undefined) ? 1 : 0;
