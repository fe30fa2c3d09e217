/** Resident memory of this process. */
import { readFileSync } from 'node:fs';

export const residentMB = (): number => Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[1]) * 4_096 * 1e-6;

/** V8 keeps the pages of isolates that ended for 8 s, for those that come: after this they have gone back to the system. */
export const PAGES_BACK_MS = 10_000;

/** As `residentMB`, when garbage was collected and what ends had time to end. */
export async function settledMB(): Promise<number> {
  for (let turn = 0; turn < 4; turn++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return residentMB();
}
