/** Where instances can live, and how a declaration asks for it. */
import type { FunctionConfig } from '../../lib/index.ts';

export type Place = 'direct' | 'worker' | 'cell';
export const PLACES: readonly Place[] = ['direct', 'worker', 'cell'];

export const at = (place: Place): Pick<FunctionConfig, 'lane' | 'isolation'> =>
  place === 'cell' ? { isolation: 'process' } : { lane: place };
