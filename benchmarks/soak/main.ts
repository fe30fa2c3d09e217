/**
 * `npm run soak`: one engine under everything at once (calls of every lane, failures, deadlines, async events, updates, versions,
 * provision configs, a budget that is too small) for as long as asked; then whether every call had the outcome it had to have,
 * and whether resident memory stayed flat. `npm run soak -- http`: the same of a host, its clients and their mix of requests.
 */
import { parseArgs } from 'node:util';
import { residentMB } from '../rig/memory.ts';
import { HttpLoad } from './http-load.ts';
import { Load } from './load.ts';
import { slopePerMinute } from './slope.ts';

/** A run shorter than this is still warming up: its slope is told and not judged. */
const JUDGED_SECONDS = 600;
/** Of the memory at the half, a minute. */
const FLAT_SHARE = 0.002;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    functions: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run soak -- [http] [--seconds 30] [--functions 60] [--seed N] [--json]     the full run: --seconds 1800',
  );
  process.exit(0);
}
const seconds = Number(values.seconds);
const functions = Number(values.functions);
const seed = Number(values.seed);
if (!(seconds >= 1) || !(functions >= 1) || !Number.isInteger(seed)) {
  console.error('--seconds and --functions must be 1 or more, --seed a whole number');
  process.exit(2);
}

const [what = 'engine'] = positionals;
if (what !== 'engine' && what !== 'http') {
  console.error(`There is no soak of ${what}; there is http`);
  process.exit(2);
}
console.error(`Soak of ${seconds} s, ${what === 'http' ? what : `${functions} functions`}, seed ${seed}`);
const load = what === 'http' ? await HttpLoad.open(seed) : await Load.open(functions, seed);
const began = performance.now();
const samples: { readonly at: number; readonly mb: number }[] = [];
const elapsed = (): number => (performance.now() - began) / 1_000;
const everySeconds = Math.max(1, seconds / 600);
let told = 0;
const sampler = setInterval(() => {
  samples.push({ at: elapsed(), mb: residentMB() });
  if (elapsed() - told < 30) return;
  told = elapsed();
  console.error(
    `${told.toFixed(0)} s: ${load.calls} calls, ${residentMB().toFixed(0)} MB, ${load.surprises.length} surprises`,
  );
}, everySeconds * 1_000);
await load.run(() => elapsed() < seconds);
clearInterval(sampler);
await load.close();

const late = samples.filter(({ at }) => at >= seconds / 2);
const slope = slopePerMinute(late);
const atHalf = late[0]?.mb ?? residentMB();
const isFlat = slope <= atHalf * FLAT_SHARE;
const isJudged = seconds >= JUDGED_SECONDS;
const report = {
  seconds,
  seed,
  calls: load.calls,
  outcomes: load.outcomes,
  surprises: load.surprises,
  rssAtHalfMB: Number(atHalf.toFixed(1)),
  rssAtEndMB: Number((late.at(-1)?.mb ?? 0).toFixed(1)),
  slopeMBPerMinute: Number(slope.toFixed(3)),
  verdict: isJudged ? (isFlat ? 'flat' : 'growing') : `not judged below ${JUDGED_SECONDS} s`,
};
if (values.json) console.log(JSON.stringify(report));
else
  for (const [name, value] of Object.entries(report))
    console.log(name.padEnd(18), typeof value === 'object' ? JSON.stringify(value) : value);
process.exit(load.surprises.length > 0 || (isJudged && !isFlat) ? 1 : 0);
