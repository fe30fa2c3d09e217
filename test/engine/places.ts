/** Where instances can live, how a declaration asks for it, and calls whose own deadline must not depend on how busy the machine is. */
import type { FunctionConfig, IsopodError } from '../../lib/index.ts';

export type Place = 'direct' | 'worker' | 'cell';
export const PLACES: readonly Place[] = ['direct', 'worker', 'cell'];

/** A deadline covers the start of an instance, and that of a cell takes seconds on a busy machine: so there is plenty. */
export const at = (place: Place): Pick<FunctionConfig, 'lane' | 'isolation' | 'timeout'> => ({
  ...(place === 'cell' ? { isolation: 'process' } : { lane: place }),
  timeout: 60,
});

/** What a call of a function with a short timeout comes to when an instance of it is ready: calls until one is. */
export async function inTime(call: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if ((error as IsopodError).code !== 'FunctionTimeout') throw error;
    }
  }
}
