/** Where instances can live, and a thing for each of those places. */
import type { Lane } from '../types.ts';

export const LANES = ['direct', 'worker', 'cell'] as const;

export function perLane<T>(make: () => T): Record<Lane, T> {
  return { direct: make(), worker: make(), cell: make() };
}
