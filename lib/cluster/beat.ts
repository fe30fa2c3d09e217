/** What an engine tells the others of itself, and what they make of it. */
import type { ClusterNode } from '../types.ts';
import { decodeMarks } from './warm-set.ts';

/** An engine that was not heard of for so long takes no calls; milliseconds. */
const SILENT_MS = 3_500;
/** Of what engines tell each other. Engines of another number are left alone; they share configuration only. */
export const PROTOCOL = 1;

/** What an engine tells of itself. */
export interface Beat {
  readonly protocol: number;
  readonly node: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly draining: boolean;
  /** Calls in progress or waiting. */
  readonly open: number;
  readonly instances: number;
  readonly functions: number;
  /** Marks of what is warm, as text. */
  readonly warm: string;
}

/** It takes calls of others. `silentMs`: since it was heard of last. */
export const isServing = ({ protocol, draining }: Beat, silentMs: number): boolean =>
  protocol === PROTOCOL && !draining && silentMs < SILENT_MS;

/** `silentMs`: since it was heard of last. */
export function nodeOf(id: string, beat: Beat, silentMs: number): ClusterNode {
  const { node, version, startedAt, draining, open, instances, functions } = beat;
  const state = silentMs >= SILENT_MS ? 'silent' : draining ? 'draining' : 'serving';
  return {
    id,
    node,
    version,
    state,
    startedTime: startedAt,
    open,
    instances,
    functions,
    warm: decodeMarks(beat.warm).size,
    silentMs: Math.round(silentMs),
  };
}

export const byName = (a: ClusterNode, b: ClusterNode): number =>
  a.node === b.node ? a.startedTime - b.startedTime : a.node < b.node ? -1 : 1;
