/** Figures of samples. Pure. */
import type { Counts, Samples } from '../suite.ts';
import { values } from './distribution.ts';

export interface Summary {
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Ascending values, each with how often it was seen. */
export type Weighted = readonly (readonly [value: number, seen: number])[];

export const weighted = (samples: number[] | Counts): Weighted =>
  Array.isArray(samples) ? [...samples].sort((a, b) => a - b).map((value) => [value, 1]) : values(samples);

/** Nearest-rank percentile; `share` from 0 to 1. NaN when there is nothing. */
export function percentile(sorted: Weighted, share: number): number {
  const total = sorted.reduce((sum, [, seen]) => sum + seen, 0);
  let rank = Math.max(1, Math.ceil(share * total));
  for (const [value, seen] of sorted) {
    rank -= seen;
    if (rank <= 0) return value;
  }
  return Number.NaN;
}

export function summarize(samples: Samples): Summary {
  const sorted = typeof samples === 'string' ? [] : weighted(samples);
  return {
    n: sorted.reduce((sum, [, seen]) => sum + seen, 0),
    min: sorted[0]?.[0] ?? Number.NaN,
    median: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999),
    max: sorted.at(-1)?.[0] ?? Number.NaN,
  };
}

export const median = (samples: readonly number[]): number => percentile(weighted([...samples]), 0.5);

export function geometricMean(samples: readonly number[]): number {
  return Math.exp(samples.reduce((sum, value) => sum + Math.log(value), 0) / samples.length);
}

/** A small seeded generator (mulberry32), so that an interval comes out the same each time it is asked for. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Interval {
  /** Median of `b` over median of `a`. */
  readonly ratio: number;
  /** 95% of resampled ratios lie between these. */
  readonly low: number;
  readonly high: number;
}

/**
 * How `b` relates to `a`, each a list of processes with their samples. Resampled in two steps, processes first, then
 * samples of each: samples of one process resemble each other, and an interval that ignores it is too narrow.
 */
export function bootstrap(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  rounds = 2_000,
): Interval {
  const next = random(1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const resample = (processes: readonly (readonly number[])[]): number =>
    middle(
      processes.flatMap(() => {
        const chosen = pick(processes);
        return chosen.map(() => pick(chosen));
      }),
    );
  const ratios = Array.from({ length: rounds }, () => resample(b) / resample(a)).sort((x, y) => x - y);
  return {
    ratio: middle(b.flat()) / middle(a.flat()),
    low: ratios[Math.floor(rounds * 0.025)] ?? Number.NaN,
    high: ratios[Math.ceil(rounds * 0.975) - 1] ?? Number.NaN,
  };
}

function middle(samples: number[]): number {
  samples.sort((a, b) => a - b);
  return samples[Math.max(0, Math.ceil(samples.length / 2) - 1)] ?? Number.NaN;
}

/** At most `limit` values that stand for all: counted samples spread out again, evenly by rank. */
export function spread(samples: number[] | Counts, limit: number): number[] {
  const sorted = weighted(samples);
  const total = sorted.reduce((sum, [, seen]) => sum + seen, 0);
  if (Array.isArray(samples) && samples.length <= limit) return samples;
  const size = Math.min(limit, total);
  return Array.from({ length: size }, (_, at) => percentile(sorted, (at + 0.5) / size));
}
