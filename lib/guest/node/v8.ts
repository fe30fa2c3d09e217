/** `node:v8`: what of it an isolate can answer. */
import { structuredClone } from '../web/structured-clone.ts';
import { unsupported } from './errors.ts';

export const cachedDataVersionTag = (): number => 0;
export const getHeapStatistics = (): Record<string, number> => ({
  total_heap_size: 0,
  total_heap_size_executable: 0,
  total_physical_size: 0,
  total_available_size: 0,
  used_heap_size: 0,
  heap_size_limit: 134_217_728,
  malloced_memory: 0,
  peak_malloced_memory: 0,
  does_zap_garbage: 0,
  number_of_native_contexts: 1,
  number_of_detached_contexts: 0,
  total_global_handles_size: 0,
  used_global_handles_size: 0,
  external_memory: 0,
});
export const getHeapSpaceStatistics = (): object[] => [];
export const setFlagsFromString = (_flags: string): void => undefined;

function refuse(): never {
  throw unsupported('v8.serialize', 'use structuredClone or JSON');
}
export const serialize: (value: unknown) => never = refuse;
export const deserialize: (bytes: unknown) => never = refuse;
export { structuredClone };
