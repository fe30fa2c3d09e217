/** What a host process tells of the attack it was put under, and what the runner makes of it. */
import { type Attack, NEEDS_CELL, type Tier } from './attacks.ts';

/** Told by the process that holds the engine. */
export interface Observation {
  /** `ok`, or the code the last call (or the creation of the function) failed with. */
  readonly code: string;
  readonly message: string;
  /** Milliseconds from the last call to its answer. */
  readonly tookMs: number;
  /** Milliseconds from the deadline of the last call to its answer; below zero when it was answered earlier. */
  readonly overrunMs: number;
  /** Every call of the neighbour was answered rightly, one made after the attack among them. */
  readonly neighbour: boolean;
  /** Signs that the attack reached what it must not; empty when there are none. */
  readonly leaks: readonly string[];
}

export type Verdict = 'contained' | 'got through' | 'host lost';

export interface Outcome {
  readonly id: string;
  readonly tier: Tier;
  readonly verdict: Verdict;
  /** The code, or how the host was lost. */
  readonly outcome: string;
  readonly tookMs: number | undefined;
  readonly overrunMs: number | undefined;
  readonly neighbour: boolean;
  /** As observed. */
  readonly leaks: readonly string[];
  /** The attack is known to need a cell, and this tier has none. */
  readonly needsCell: boolean;
  /** Why it is not as it should be; undefined when it is. */
  readonly complaint: string | undefined;
}

/** Milliseconds past its deadline a call may be answered on a machine that has other work, too. */
const MAX_OVERRUN_MS = 2_500;

/** `lost`: how the host ended when it could not tell. */
export function judge(attack: Attack, tier: Tier, seen: Observation | undefined, lost: string | undefined): Outcome {
  const expected = attack.expected[tier];
  const needsCell = expected.includes(NEEDS_CELL);
  const known = { id: attack.id, tier, needsCell, leaks: seen?.leaks ?? [] };
  if (seen === undefined || lost !== undefined) {
    const outcome = lost ?? 'no answer';
    const complaint = needsCell ? undefined : `the host was lost: ${outcome}`;
    return {
      ...known,
      verdict: 'host lost',
      outcome,
      tookMs: seen?.tookMs,
      overrunMs: seen?.overrunMs,
      neighbour: false,
      complaint,
    };
  }
  const faults = [...seen.leaks];
  if (!needsCell && !seen.neighbour) faults.push('the neighbour was not answered');
  if (!needsCell && seen.overrunMs > MAX_OVERRUN_MS) faults.push(`answered ${seen.overrunMs} ms after its deadline`);
  const verdict: Verdict = faults.length > 0 ? 'got through' : 'contained';
  if (!needsCell && !expected.includes(seen.code)) {
    faults.push(`${seen.code} where ${expected.join(' or ')} is expected: ${seen.message}`);
  }
  return {
    ...known,
    verdict,
    outcome: seen.code,
    tookMs: seen.tookMs,
    overrunMs: seen.overrunMs,
    neighbour: seen.neighbour,
    complaint: faults.length > 0 ? faults.join('; ') : undefined,
  };
}
