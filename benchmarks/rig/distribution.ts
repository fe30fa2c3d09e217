/** Many samples in few bytes: counted in buckets whose bounds grow by 1%, so a value read back is off by at most 0.5%. */
import type { Counts } from '../suite.ts';

const GROWTH = Math.log(1.01);

/** Adds a sample of any unit; zero and less count as the smallest bucket, 0.0001. */
export function count(counts: Record<string, number>, value: number): void {
  const bucket = Math.round(Math.log(Math.max(value, 1e-4)) / GROWTH);
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

export function merge(a: Counts, b: Counts): Counts {
  const counts: Record<string, number> = { ...a.counts };
  for (const [bucket, seen] of Object.entries(b.counts)) counts[bucket] = (counts[bucket] ?? 0) + seen;
  return { counts };
}

/** Values in ascending order with how often each was seen. */
export function values({ counts }: Counts): [value: number, seen: number][] {
  return Object.entries(counts)
    .map(([bucket, seen]): [number, number] => [Number(bucket), seen])
    .sort(([a], [b]) => a - b)
    .map(([bucket, seen]) => [Math.exp(bucket * GROWTH), seen]);
}
