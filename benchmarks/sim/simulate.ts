/** Runs a trace under a policy. */
import { Capacity } from '../../lib/pool/capacity.ts';
import { VirtualClock } from './clock.ts';
import type { Profile } from './functions.ts';
import { Outcome, type Told } from './outcome.ts';
import type { Policy } from './policies.ts';
import { Random } from './random.ts';
import { type SimInstance, SimPool, type World } from './sim-pool.ts';
import type { Trace } from './traces.ts';

/** As the engine: a look at idle instances, and how long a pool with nothing in it is kept; milliseconds. */
const SWEEP_MS = 250;
const REST_AFTER_MS = 5_000;

export interface SimOptions {
  readonly budgetMB: number;
  /** Calls before this are not counted; milliseconds. */
  readonly warmUpMs: number;
  readonly seed: number;
}

export function simulate(trace: Trace, profiles: readonly Profile[], policy: Policy, options: SimOptions): Told {
  const clock = new VirtualClock();
  const memoryBytes = policy.evicts === 'none' ? Number.MAX_SAFE_INTEGER : options.budgetMB * 1e6;
  const limits = { memoryBytes, maxInstances: 1_000_000, startBurst: 1_000 };
  const capacity = new Capacity<SimInstance>({ ...limits, startsPerMinute: 60_000 }, clock);
  const outcome = new Outcome(options.warmUpMs);
  const world: World = { clock, capacity, policy, outcome, random: new Random(options.seed ^ 0x9e3779b9) };
  const pools: (SimPool | undefined)[] = Array.from({ length: trace.functions });
  const live = new Set<SimPool>();

  const sweep = (): void => {
    const now = clock.now();
    let instances = 0;
    for (const pool of live) {
      pool.sweep(now);
      instances += pool.instances;
      if (!pool.isEmpty || now - pool.emptySince < REST_AFTER_MS) continue;
      live.delete(pool);
      capacity.close(pool);
    }
    outcome.look(now, capacity.usedBytes, instances);
    clock.later(SWEEP_MS, sweep);
  };
  clock.later(SWEEP_MS, sweep);

  for (const { at, fn } of trace.arrivals()) {
    clock.runUntil(at);
    let pool = pools[fn];
    if (pool === undefined) {
      pool = new SimPool(world, profiles[fn] as Profile);
      pools[fn] = pool;
    }
    if (!live.has(pool)) {
      live.add(pool);
      capacity.open(pool);
      pool.emptySince = at;
    }
    pool.submit();
  }
  clock.runUntil(trace.durationMs);
  return outcome.tell(policy.name, trace.durationMs);
}
