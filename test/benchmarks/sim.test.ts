/** The simulation: what it counts adds up, the same seed tells the same story, budgets are kept. */
import t from 'tap';
import { profiles } from '../../benchmarks/sim/functions.ts';
import { POLICIES } from '../../benchmarks/sim/policies.ts';
import { Random, Weighted } from '../../benchmarks/sim/random.ts';
import { simulate } from '../../benchmarks/sim/simulate.ts';
import { traceNames, traceOf } from '../../benchmarks/sim/traces.ts';

const SEED = 7;
const asked = { functions: 300, minutes: 2, load: 1, seed: SEED };
const options = { budgetMB: 100, warmUpMs: 0, seed: SEED };
const all = profiles(asked.functions, SEED);

for (const name of traceNames) {
  t.test(`${name} (seed ${SEED}): each call of the trace is counted once, whatever the policy`, async (t) => {
    const trace = await traceOf(name, asked);
    let calls = 0;
    let last = 0;
    let ordered = true;
    for (const { at, fn } of trace.arrivals()) {
      calls++;
      ordered &&= at >= last && at < trace.durationMs && fn >= 0 && fn < trace.functions;
      last = at;
    }
    t.ok(ordered, 'arrivals come in the order of time');
    t.ok(calls > 100, `${calls} calls`);
    for (const policy of POLICIES) {
      const told = simulate(trace, all, policy, options);
      // Those that still wait at the end are not counted.
      t.ok(told.calls <= calls && told.calls > calls * 0.9, `${policy.name}: ${told.calls} of ${calls}`);
      t.ok(told.cold > 0 && told.cold + told.queued + told.refused <= 1);
      if (policy.evicts !== 'none') t.ok(told.peakMB <= options.budgetMB, `${told.peakMB} MB`);
    }
  });
}

t.test('the same seed tells the same story', async (t) => {
  const [policy] = POLICIES.slice(-1) as [(typeof POLICIES)[number]];
  const trace = await traceOf('bursts', asked);
  t.same(simulate(trace, all, policy, options), simulate(trace, all, policy, options));
});

t.test('a file in the published form is a trace', async (t) => {
  const lines = ['HashOwner,HashApp,HashFunction,Trigger,1,2,3', 'o,a,f1,http,3,0,9', 'o,a,f2,timer,1,2,9'];
  const file = `${t.testdir({ 'day.csv': lines.join('\n') })}/day.csv`;
  const trace = await traceOf(file, { ...asked, minutes: 2 });
  t.equal(trace.functions, 2);
  const seen = [...trace.arrivals()].map(({ at, fn }) => `${Math.floor(at / 60_000)} ${fn}`).sort();
  t.same(seen, ['0 0', '0 0', '0 0', '0 1', '1 1', '1 1']);
  await t.rejects(traceOf(`${file}.none`, asked), { code: 'ENOENT' });
});

t.test('draws follow the weights', (t) => {
  const random = new Random(SEED);
  const weighted = new Weighted(Float64Array.of(1, 3));
  let second = 0;
  for (let at = 0; at < 10_000; at++) second += weighted.draw(random);
  t.ok(Math.abs(second / 10_000 - 0.75) < 0.03, String(second));
  t.end();
});
