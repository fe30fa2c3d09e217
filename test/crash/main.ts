/**
 * `npm run crash -- [cluster] [--seconds S] [--kills N] [--seed N]`: kills an engine with a dataDir at random moments while producers
 * record every acknowledgement, restarts it, and at the end counts what became of everything that was acknowledged. Prints
 * what was lost (with `cluster`: three engines and the NATS server they share; must be 0; the exit code is 1 otherwise), duplicates (at least once allows some) and recoveries.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crash } from './crash.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seconds = Number(values.seconds ?? (values.kills === undefined ? 60 : Number.POSITIVE_INFINITY));
const kills = Number(values.kills ?? Number.POSITIVE_INFINITY);
const seed = Number(values.seed);
if (!(seconds > 0) || !(kills > 0) || !Number.isInteger(seed))
  throw new Error('--seconds, --kills and --seed are numbers');

const folder = mkdtempSync(join(tmpdir(), 'isopod-crash-'));
console.error(`seed ${seed}, folder ${folder}`);
const isCluster = positionals.includes('cluster');
const run = isCluster ? (await import('../cluster/crash.ts')).crashCluster : crash;
const result = await run({ folder, seed, kills, forMs: seconds * 1_000, tell: (line) => console.error(line) });
const { lost, problems, ...counts } = result;
console.table({ ...counts, lost: lost.length });
for (const problem of problems) console.error(problem);
for (const id of lost.slice(0, 20)) console.error(`lost: ${id}`);
if (lost.length > 0) process.exitCode = 1;
else rmSync(folder, { recursive: true, force: true });
