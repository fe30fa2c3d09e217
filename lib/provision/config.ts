/** Provision and scaling configs as they are given: checked, with every mistake named, and read into rules. */
import { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import type { ProvisionConfig, ScalingConfig } from '../types.ts';
import { parseFiring, parseWindow } from './schedule.ts';
import type { Rules, ScheduledTarget, TrackedTarget } from './target.ts';

const MAX_TARGET = 10_000;
const MAX_RULES = 100;
const target = z.number().int().min(0).max(MAX_TARGET);
const name = z.string().min(1).max(128);
const timeZone = z.string().min(1).max(64);
const time = z.string().max(64);
const scheduled = z.strictObject({
  name,
  startTime: time.optional(),
  endTime: time.optional(),
  target,
  scheduleExpression: z.string().max(256),
  timeZone: timeZone.optional(),
});
const metricType = z.literal('ProvisionedConcurrencyUtilization', {
  error:
    'must be "ProvisionedConcurrencyUtilization": what processors and GPUs do is not measured for each function here',
});
const tracking = z.strictObject({
  name,
  startTime: time.optional(),
  endTime: time.optional(),
  metricType,
  metricTarget: z.number().gt(0).max(1),
  minCapacity: target,
  maxCapacity: target.min(1),
  timeZone: timeZone.optional(),
});

const provisionConfig = z.strictObject({
  defaultTarget: target.optional(),
  target: target.optional(),
  alwaysAllocateCPU: z.boolean().optional(),
  scheduledActions: z.array(scheduled).max(MAX_RULES).default([]),
  targetTrackingPolicies: z.array(tracking).max(MAX_RULES).default([]),
});

const scalingConfig = z.strictObject({
  minInstances: target.default(0),
  enableOnDemandScaling: z.boolean().default(true),
  scheduledPolicies: z.array(scheduled).max(MAX_RULES).default([]),
  horizontalScalingPolicies: z
    .array(
      tracking
        .omit({ minCapacity: true, maxCapacity: true })
        .extend({ minInstances: target, maxInstances: target.min(1) }),
    )
    .max(MAX_RULES)
    .default([]),
});

/** What is kept, and the rules it comes to. */
export interface Checked<T> {
  readonly config: T;
  readonly rules: Rules;
}

/** Throws `InvalidArgument`. */
export function checkProvisionConfig(given: ProvisionConfig): Checked<ProvisionConfig> {
  const call = 'putProvisionConfig';
  const { target: oldName = 0, defaultTarget = oldName, ...rest } = parse(provisionConfig, given, call);
  const config = { ...rest, defaultTarget };
  const tracked = config.targetTrackingPolicies.map((policy, at) =>
    readTracking(`${call}: targetTrackingPolicies.${at}`, policy, policy.minCapacity, policy.maxCapacity),
  );
  const actions = config.scheduledActions.map((action, at) => readScheduled(`${call}: scheduledActions.${at}`, action));
  return { config, rules: { target: defaultTarget, scheduled: actions, tracked } };
}

/** Throws `InvalidArgument`. */
export function checkScalingConfig(given: ScalingConfig): Checked<ScalingConfig> {
  const call = 'putScalingConfig';
  const config = parse(scalingConfig, given, call);
  const tracked = config.horizontalScalingPolicies.map((policy, at) =>
    readTracking(`${call}: horizontalScalingPolicies.${at}`, policy, policy.minInstances, policy.maxInstances),
  );
  const actions = config.scheduledPolicies.map((action, at) =>
    readScheduled(`${call}: scheduledPolicies.${at}`, action),
  );
  return { config, rules: { target: config.minInstances, scheduled: actions, tracked } };
}

function readScheduled(where: string, action: z.output<typeof scheduled>): ScheduledTarget {
  const { startTime, endTime, scheduleExpression, timeZone: zone = 'Etc/UTC' } = action;
  return explained(where, () => ({
    firing: parseFiring(scheduleExpression, parseWindow(startTime, endTime, zone), zone),
    target: action.target,
  }));
}

type Tracking = Pick<z.output<typeof tracking>, 'startTime' | 'endTime' | 'timeZone' | 'metricTarget'>;

function readTracking(where: string, policy: Tracking, min: number, max: number): TrackedTarget {
  const { startTime, endTime, timeZone: zone = 'Etc/UTC', metricTarget } = policy;
  return explained(where, () => {
    if (min > max) throw new Error(`the least (${min}) is more than the most (${max})`);
    return { window: parseWindow(startTime, endTime, zone), metricTarget, min, max };
  });
}

function explained<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new IsopodError('InvalidArgument', `${where}: ${(error as Error).message}`);
  }
}
