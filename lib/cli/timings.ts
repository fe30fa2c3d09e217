/** Times in words. */
import type { ColdStartStages, InvokeStatus } from '../types.ts';

/** Stages of a cold start with their names, in the order they happen; parts of one before it. */
export const STAGES: readonly (readonly [keyof ColdStartStages, string])[] = [
  ['scheduleMs', 'schedule'],
  ['downloadCodeMs', 'download'],
  ['unzipMs', 'unzip'],
  ['bundleMs', 'bundle'],
  ['imageBuildMs', 'image'],
  ['imageLoadMs', 'load'],
  ['restoreMs', 'restore'],
  ['evaluateMs', 'evaluate'],
  ['startInstanceMs', 'start'],
  ['initializerMs', 'initializer'],
  ['handlerMs', 'handler'],
];

/** Of the start alone, each time once: the parts of `start` stand for it. */
const startStages = STAGES.filter(([key]) => key !== 'startInstanceMs' && key !== 'handlerMs');

/** Stages shorter than this are left out; milliseconds. */
const SHOWN_MS = 0.05;

/** One line about one call. Code and image are prepared before the call, so they are not part of its own time. */
export function describeCall({ wallMs = 0, lane, startKind, stages }: InvokeStatus): string {
  const call = `${wallMs.toFixed(2)} ms${lane === undefined ? '' : ` on the ${lane} lane`}`;
  if (stages === undefined) return `call ${call}`;
  const total = startStages.reduce((sum, [key]) => sum + stages[key], 0);
  const parts = startStages
    .filter(([key]) => stages[key] >= SHOWN_MS)
    .map(([key, name]) => `${name} ${stages[key].toFixed(1)}`);
  return `call ${call}; cold start ${total.toFixed(1)} ms from ${startKind ?? 'nothing'} (${parts.join(', ')})`;
}

/** One line about several calls, of which the first was cold. */
export function describeTimes(wallMs: readonly number[]): string {
  const warm = wallMs.slice(1).sort((a, b) => a - b);
  const at = (part: number): string => `${(warm[Math.floor((warm.length - 1) * part)] ?? 0).toFixed(3)} ms`;
  return `${warm.length} more: median ${at(0.5)}, 99 % within ${at(0.99)}, longest ${at(1)}`;
}

/** The middle value; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
