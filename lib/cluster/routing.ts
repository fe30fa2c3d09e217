/**
 * Decides which engines a call may go to, best first. Pure; tried in `npm run sim -- cluster`. An engine that has an idle
 * instance comes first; otherwise each function has an order of engines of its own (the highest of hashes over function and
 * engine), so that its calls meet again where an instance was started for them, and one that has more than its share of all
 * calls is passed over, so that no function overloads the engine it hashes to.
 */
import { spread } from '../deployment/routing.ts';

/** An engine, as others know it. */
export interface Candidate {
  readonly id: string;
  /** Calls in progress there, as far as is known. */
  readonly open: number;
  /** It has an instance of the function that waits for a call. */
  readonly isWarm: boolean;
}

/** Calls an engine may have over the mean before it is passed over: a quarter more, and one. */
const BOUND = 1.25;

/** `candidates`: those that are alive and take calls, this engine among them. Ids, best first; empty when there are none. */
export function routesFor(key: string, candidates: readonly Candidate[]): string[] {
  let total = 0;
  for (const { open } of candidates) total += open;
  const bound = Math.ceil((BOUND * (total + 1)) / candidates.length);
  const ranked = candidates.map((candidate) => ({ ...candidate, rank: spread(`${key} ${candidate.id}`) }));
  ranked.sort((a, b) => b.rank - a.rank);
  const has = (room: boolean, warm: boolean) =>
    ranked.filter(({ open, isWarm }) => open < bound === room && isWarm === warm);
  return [...has(true, true), ...has(true, false), ...has(false, true), ...has(false, false)].map(({ id }) => id);
}
