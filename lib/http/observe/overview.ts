/** What the first page of the console shows: the host, or one tenant's part of it. */
import { BOUNDS, quantile } from '../../observe/histogram.ts';
import type { Tally } from '../../observe/tally.ts';
import { splitName } from '../../tenant/tenants.ts';
import type { EngineStats, FunctionStats } from '../../types.ts';
import type { Observation } from './observation.ts';

/** Functions listed one by one: those that hold most, and those called most. */
const MOST = 200;

/** `tenant`: only its functions; undefined for all. */
export function overview({ metrics, history }: Observation, stats: EngineStats, tenant: string | undefined) {
  const own =
    tenant === undefined
      ? stats.functions
      : stats.functions.filter(({ functionName }) => splitName(functionName).tenant === tenant);
  return {
    now: Date.now(),
    startedAt: metrics.startedAt,
    bounds: BOUNDS,
    slots: history.slots(tenant),
    totals: totals(own),
    host: {
      open: stats.open,
      workers: stats.workers,
      cells: stats.cells,
      instanceMemoryBytes: stats.memoryUsedBytes,
      residentBytes: process.memoryUsage.rss(),
    },
    functions: mostOf(own).map((one) => ({ ...one, ...figuresOf(metrics.tallyOf(one.functionName)) })),
  };
}

function totals(functions: readonly FunctionStats[]) {
  const sum = { functions: functions.length, instances: 0, spares: 0, open: 0, waiting: 0, queued: 0, memoryBytes: 0 };
  for (const one of functions) {
    sum.instances += one.instances;
    sum.spares += one.spares;
    sum.open += one.open;
    sum.waiting += one.waiting;
    sum.queued += one.queued;
    sum.memoryBytes += one.memoryBytes;
  }
  return sum;
}

function mostOf(functions: readonly FunctionStats[]): FunctionStats[] {
  const busy = functions.filter(({ instances, queued, open }) => instances + queued + open > 0);
  return busy.sort((a, b) => b.memoryBytes - a.memoryBytes || b.queued - a.queued).slice(0, MOST);
}

/** What was counted of a function since the host started. */
export function figuresOf(tally: Tally | undefined) {
  if (tally === undefined) return { calls: 0, errors: 0, coldStarts: 0 };
  const counts = tally.duration[0].counts.map((count, at) => count + (tally.duration[1].counts[at] as number));
  return {
    calls: tally.calls,
    errors: tally.calls - tally.ended('success'),
    coldStarts: tally.coldStarts,
    p50: quantile(counts, 0.5),
    p99: quantile(counts, 0.99),
  };
}
