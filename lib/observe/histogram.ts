/** How often durations fell between fixed bounds. */

/** Upper bounds in seconds: warm calls take microseconds, cold starts and slow calls seconds. */
export const BOUNDS = [
  0.000_01, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60,
] as const;

export class Histogram {
  /** One for each bound, and one for what is above the last. */
  readonly counts: Float64Array = new Float64Array(BOUNDS.length + 1);
  sum = 0;
  count = 0;

  add(seconds: number): void {
    this.sum += seconds;
    this.count++;
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
    this.counts[at] = (this.counts[at] as number) + 1;
  }
}

/** The value below which `share` of all lie, as far as the bounds tell; seconds. */
export function quantile(counts: ArrayLike<number>, share: number): number | undefined {
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at] as number;
  if (total === 0) return undefined;
  let below = 0;
  for (let at = 0; at < counts.length; at++) {
    const here = counts[at] as number;
    if (here > 0 && below + here >= share * total) {
      const from = at === 0 ? 0 : (BOUNDS[at - 1] as number);
      const to = BOUNDS[at] ?? from;
      return from + (to - from) * ((share * total - below) / here);
    }
    below += here;
  }
  return BOUNDS.at(-1);
}
