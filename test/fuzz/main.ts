/**
 * `npm run fuzz -- [--seed N] [--seconds S] [--kind thread|process|frames|images]` makes hostile programs, frames of cells and
 * images from a seed for so long, and tells what broke. The exit code is 1 when something did. `--seconds 0` makes the round of
 * that seed alone, when a kind is given, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz, KINDS } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    kind: { type: 'string', multiple: true, default: [...KINDS] },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const seconds = Number(values.seconds);
const kinds = KINDS.filter((kind) => values.kind.includes(kind));
if (!Number.isSafeInteger(seed)) throw new Error(`--seed is a whole number, got ${values.seed}`);
if (!(seconds >= 0)) throw new Error(`--seconds is a number from 0, got ${values.seconds}`);
if (kinds.length === 0) throw new Error(`--kind is one of ${KINDS.join(', ')}`);

const dataDir = mkdtempSync(join(tmpdir(), 'isopod-fuzz-'));
console.log(`seed ${seed}, ${seconds} s of ${kinds.join(', ')}`);
const until = performance.now() + seconds * 1_000;
let next = seed;
let broken = 0;
// A host that was lost is replaced, and goes on behind the seed that took it.
do {
  const left = Math.max(0, (until - performance.now()) / 1_000);
  const { rounds, findings } = await fuzz({ seed: next, seconds: left, kinds, dataDir });
  console.log(
    Object.entries(rounds)
      .map(([kind, count]) => `${count} rounds of ${kind}`)
      .join(', '),
  );
  for (const finding of findings) {
    broken++;
    console.log(
      `\n${finding.kind}, seed ${finding.seed}: ${finding.problem}\n  again: npm run fuzz -- --kind ${finding.kind} --seed ${finding.seed} --seconds 0`,
    );
  }
  next = Math.max(next, ...findings.map((finding) => finding.seed)) + 1;
} while (performance.now() < until);
rmSync(dataDir, { recursive: true, force: true });
console.log(broken === 0 ? 'nothing broke' : `${broken} problems`);
process.exitCode = broken === 0 ? 0 : 1;
