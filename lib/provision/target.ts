/**
 * Decides how many instances a provision config asks for at a moment. Pure. The scheduled action that fired last sets the
 * number, or the config's own where none has; a tracking policy in its window raises it to what was measured. The
 * greatest counts (Function Compute).
 */
import { type Firing, isOpen, type Window } from './schedule.ts';

export interface ScheduledTarget {
  readonly firing: Firing;
  readonly target: number;
}

export interface TrackedTarget {
  readonly window: Window;
  /** Share of what instances can do that is to be used, 0-1. */
  readonly metricTarget: number;
  readonly min: number;
  readonly max: number;
}

export interface Rules {
  readonly target: number;
  readonly scheduled: readonly ScheduledTarget[];
  readonly tracked: readonly TrackedTarget[];
}

/** What was measured of provisioned instances; shares of what they can do, 0-1. Undefined: nothing yet. */
export interface Measured {
  /** Over the last seconds: decides about more. */
  readonly lately: number;
  /** Over the last minute: decides about fewer. */
  readonly minute: number;
}

/** Of the surplus that is given up in one step when less is used than asked for. */
const SCALE_IN_FACTOR = 0.5;

/** `current`: instances the policy asked for last. */
export function targetAt(rules: Rules, now: number, current: number, measured: Measured | undefined): number {
  let target = scheduledAt(rules, now) ?? rules.target;
  for (const policy of rules.tracked) {
    if (isOpen(policy.window, now)) target = Math.max(target, trackedAt(policy, current, measured));
  }
  return target;
}

function scheduledAt({ scheduled }: Rules, now: number): number | undefined {
  let latest = Number.NEGATIVE_INFINITY;
  let target: number | undefined;
  for (const action of scheduled) {
    const at = action.firing.last(now);
    if (at === undefined || at < latest) continue;
    target = at === latest ? Math.max(target ?? 0, action.target) : action.target;
    latest = at;
  }
  return target;
}

/** More at once, fewer step by step (the formulas are Function Compute's). */
export function trackedAt(
  { metricTarget, min, max }: TrackedTarget,
  current: number,
  measured: Measured | undefined,
): number {
  const within = (target: number): number => Math.min(max, Math.max(min, target));
  if (measured === undefined) return within(current);
  const { lately, minute } = measured;
  if (lately > metricTarget) return within(Math.ceil((Math.max(1, current) * lately) / metricTarget));
  if (minute >= metricTarget) return within(current);
  return within(current - Math.floor(current * SCALE_IN_FACTOR * (1 - minute / metricTarget)));
}
