/** How fast memory grows, whatever single samples do: the median of the slopes between halves (Theil and Sen's estimate, thinned). */

export function slopePerMinute(samples: readonly { readonly at: number; readonly mb: number }[]): number {
  const half = samples.length >> 1;
  const slopes: number[] = [];
  for (let from = 0; from < half; from++) {
    for (let to = half; to < samples.length; to++) {
      const [a, b] = [samples[from], samples[to]];
      if (a !== undefined && b !== undefined && b.at > a.at) slopes.push(((b.mb - a.mb) / (b.at - a.at)) * 60);
    }
  }
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? 0;
}
