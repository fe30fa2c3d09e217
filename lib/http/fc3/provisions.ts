/** Function Compute 3.0: instances kept by configuration, in the older and the newer form. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import type { ProvisionConfig, ProvisionInfo, ScalingConfig, ScalingInfo } from '../../types.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';
import { LATEST } from '../versions.ts';
import { placeOf } from './functions.ts';

type Call = ApiCall<{ readonly qualifier?: string | undefined } | undefined, unknown>;
type Place = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>;

const qualified = z.object({ qualifier: z.string().min(1).max(128).optional() });

/** Function Compute keeps instances for LATEST or an alias only: versions come and go below one. */
function targetOf({ host, tenant, params, query }: Call) {
  const { name } = host.functions.get(tenant, params.functionName as string);
  const qualifier = query?.qualifier ?? LATEST;
  if (/^\d+$/.test(qualifier)) {
    throw new IsopodError('InvalidArgument', `qualifier: must be LATEST or an alias, not the version ${qualifier}`);
  }
  return { name, qualifier, full: nameIn(tenant.name, name) };
}

const arnOf = (call: Place, { functionName, qualifier }: { functionName: string; qualifier: string }): string =>
  functionArn(placeOf(call as Call), functionName, qualifier);

const rule = z.looseObject({ name: z.string(), startTime: z.string().optional(), endTime: z.string().optional() });
const scheduled = z
  .array(rule.extend({ target: z.number(), scheduleExpression: z.string(), timeZone: z.string().optional() }))
  .nullish();
const tracked = rule.extend({ metricType: z.string(), metricTarget: z.number(), timeZone: z.string().optional() });

export const provisionInput = z
  .object({
    defaultTarget: z.number().nullish().describe('Instances while no rule says otherwise.'),
    target: z.number().nullish().describe('The old name of defaultTarget.'),
    alwaysAllocateCPU: z
      .boolean()
      .nullish()
      .describe('Timers of the kept instances go on between calls; else they wait for the next one.'),
    scheduledActions: scheduled,
    targetTrackingPolicies: z.array(tracked.extend({ minCapacity: z.number(), maxCapacity: z.number() })).nullish(),
  })
  .meta({ id: 'PutProvisionConfigInput' });
const provisionModel = z
  .looseObject({
    functionArn: z.string(),
    target: z.number(),
    current: z.number(),
    currentError: z.string().optional(),
  })
  .meta({ id: 'ProvisionConfig' });

const scalingInput = z
  .object({
    minInstances: z.number().nullish().describe('Instances while no policy says otherwise.'),
    enableOnDemandScaling: z.boolean().nullish().describe('Whether calls may start others beside them; default true.'),
    scheduledPolicies: scheduled,
    horizontalScalingPolicies: z
      .array(tracked.extend({ minInstances: z.number(), maxInstances: z.number() }))
      .nullish(),
  })
  .meta({ id: 'PutScalingConfigInput' });
const scalingModel = z
  .looseObject({ functionArn: z.string(), targetInstances: z.number(), currentInstances: z.number() })
  .meta({ id: 'ScalingConfigStatus' });

/** Clients send null for what they leave out. */
export const withoutNulls = <T extends object>(value: T): object =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null && field !== undefined));

function provisionOf(call: Place, info: ProvisionInfo) {
  const { functionName, qualifier, lastModifiedTime: _, ...config } = info;
  return { functionArn: arnOf(call, { functionName, qualifier }), ...config };
}

function scalingOf(call: Place, info: ScalingInfo) {
  const { functionName, qualifier, target, current, lastModifiedTime: _, ...config } = info;
  return {
    functionArn: arnOf(call, { functionName, qualifier }),
    ...config,
    targetInstances: target,
    currentInstances: current,
  };
}

const provisionPath = '/functions/:functionName/provision-config';
const scalingPath = '/functions/:functionName/scaling-config';
const listQuery = z.object({ ...pageQuery, functionName: z.string().optional() });

export const provisionOperations = [
  operation({
    name: 'PutProvisionConfig',
    method: 'PUT',
    path: provisionPath,
    summary: 'Keeps instances of LATEST or an alias started, by a number, schedules and use.',
    role: 'deploy',
    query: qualified,
    body: provisionInput,
    reply: provisionModel,
    async run(call) {
      const { name, qualifier } = targetOf(call);
      const config = withoutNulls(call.body) as ProvisionConfig;
      const info = await call.host.provisions.put(call.tenant, name, config, qualifier);
      return provisionOf(call, { ...info, functionName: name });
    },
  }),
  operation({
    name: 'GetProvisionConfig',
    method: 'GET',
    path: provisionPath,
    summary: 'Tells that config and how many instances are there; without one the ARN is empty.',
    role: 'deploy',
    query: qualified,
    reply: provisionModel,
    run(call) {
      const { name, qualifier } = targetOf(call);
      const info = call.host.provisions.list(call.tenant, name).find((one) => one.qualifier === qualifier);
      return info === undefined ? { functionArn: '', target: 0, current: 0 } : provisionOf(call, info);
    },
  }),
  operation({
    name: 'DeleteProvisionConfig',
    method: 'DELETE',
    path: provisionPath,
    summary: 'Lets those instances go.',
    role: 'deploy',
    query: qualified,
    run(call) {
      const { full, qualifier } = targetOf(call);
      return call.host.engine.deleteProvisionConfig(full, { qualifier });
    },
  }),
  operation({
    name: 'ListProvisionConfigs',
    method: 'GET',
    path: '/provision-configs',
    summary: 'Lists such configs.',
    role: 'deploy',
    query: listQuery,
    reply: z.looseObject({ provisionConfigs: z.array(provisionModel), nextToken: z.string().optional() }),
    run(call) {
      const all = call.host.provisions.list(call.tenant, call.query.functionName);
      const { items, nextToken } = page(all, (info) => arnOf(call, info), call.query);
      const provisionConfigs = items.map((info) => provisionOf(call, info));
      return { provisionConfigs, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'PutScalingConfig',
    method: 'PUT',
    path: scalingPath,
    summary: 'Keeps a least number of instances, and says whether calls may start others.',
    role: 'deploy',
    query: qualified,
    body: scalingInput,
    reply: scalingModel,
    async run(call) {
      const { name, qualifier } = targetOf(call);
      const config = withoutNulls(call.body) as ScalingConfig;
      const info = await call.host.provisions.putScaling(call.tenant, name, config, qualifier);
      return scalingOf(call, { ...info, functionName: name });
    },
  }),
  operation({
    name: 'GetScalingConfig',
    method: 'GET',
    path: scalingPath,
    summary: 'Tells that config and how many instances are there; without one the ARN is empty.',
    role: 'deploy',
    query: qualified,
    reply: scalingModel,
    run(call) {
      const { name, qualifier } = targetOf(call);
      const info = call.host.provisions.listScaling(call.tenant, name).find((one) => one.qualifier === qualifier);
      if (info !== undefined) return scalingOf(call, info);
      return { functionArn: '', minInstances: 0, targetInstances: 0, currentInstances: 0 };
    },
  }),
  operation({
    name: 'DeleteScalingConfig',
    method: 'DELETE',
    path: scalingPath,
    summary: 'Takes it away.',
    role: 'deploy',
    query: qualified,
    run(call) {
      const { full, qualifier } = targetOf(call);
      return call.host.engine.deleteScalingConfig(full, { qualifier });
    },
  }),
  operation({
    name: 'ListScalingConfigs',
    method: 'GET',
    path: '/scaling-configs',
    summary: 'Lists such configs.',
    role: 'deploy',
    query: listQuery,
    reply: z.looseObject({ scalingConfigs: z.array(scalingModel), nextToken: z.string().optional() }),
    run(call) {
      const all = call.host.provisions.listScaling(call.tenant, call.query.functionName);
      const { items, nextToken } = page(all, (info) => arnOf(call, info), call.query);
      const scalingConfigs = items.map((info) => scalingOf(call, info));
      return { scalingConfigs, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
