/**
 * Milliseconds since the epoch that do not jump while the process runs, whatever is done to the machine's clock: what is
 * kept in the journal is compared with them, and a wrong step must neither expire events nor make them wait for years.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
