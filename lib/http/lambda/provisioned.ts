/** Lambda: provisioned concurrency of a version or an alias. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import type { ProvisionInfo } from '../../types.ts';
import { lambdaArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import { page } from '../paging.ts';
import { referenceOf } from './reference.ts';

type Call = ApiCall<unknown, unknown>;

const PATH = '/2019-09-30/functions/:name/provisioned-concurrency';

const model = z
  .looseObject({
    RequestedProvisionedConcurrentExecutions: z.number(),
    AllocatedProvisionedConcurrentExecutions: z.number(),
    AvailableProvisionedConcurrentExecutions: z.number(),
    Status: z.enum(['IN_PROGRESS', 'READY', 'FAILED']),
    LastModified: z.string(),
  })
  .meta({ id: 'LambdaProvisionedConcurrencyConfig' });

/** One that is not met and cannot start says why. */
function statusOf({ target, current, currentError }: ProvisionInfo): 'IN_PROGRESS' | 'READY' | 'FAILED' {
  if (current >= target) return 'READY';
  return currentError === undefined ? 'IN_PROGRESS' : 'FAILED';
}

function modelOf(info: ProvisionInfo) {
  const { target, current, currentError, lastModifiedTime } = info;
  return {
    RequestedProvisionedConcurrentExecutions: target,
    AllocatedProvisionedConcurrentExecutions: current,
    AvailableProvisionedConcurrentExecutions: current,
    Status: statusOf(info),
    ...(currentError !== undefined && { StatusReason: currentError }),
    LastModified: lastModifiedTime.replace('Z', '+0000'),
  };
}

/** Lambda's rule: `$LATEST` has none. */
function targetOf(call: Call): { name: string; full: string; qualifier: string } {
  const { name, qualifier } = referenceOf(call);
  if (qualifier === undefined) {
    throw new IsopodError('InvalidArgument', 'Qualifier: provisioned concurrency is for a version or an alias');
  }
  call.host.functions.get(call.tenant, name);
  return { name, full: nameIn(call.tenant.name, name), qualifier };
}

export const provisionedOperations = [
  operation({
    name: 'PutProvisionedConcurrencyConfig',
    method: 'PUT',
    path: PATH,
    summary: 'Keeps so many instances of a version or an alias started.',
    role: 'deploy',
    status: 202,
    query: z.object({ Qualifier: z.string().optional() }),
    body: z.looseObject({ ProvisionedConcurrentExecutions: z.number().int().min(1).max(10_000) }),
    reply: model,
    async run(call) {
      const { name, qualifier } = targetOf(call);
      const config = { defaultTarget: call.body.ProvisionedConcurrentExecutions };
      return modelOf(await call.host.provisions.put(call.tenant, name, config, qualifier));
    },
  }),
  operation({
    name: 'GetProvisionedConcurrencyConfig',
    method: 'GET',
    path: PATH,
    summary: 'Tells how many there are; with List=ALL, of all versions and aliases.',
    role: 'deploy',
    query: z.object({
      Qualifier: z.string().optional(),
      List: z.enum(['ALL']).optional(),
      Marker: z.string().optional(),
      MaxItems: z.coerce.number().int().min(1).max(50).default(50),
    }),
    reply: z.looseObject({}),
    run(call) {
      const { List, Marker, MaxItems: limit } = call.query;
      if (List === undefined) {
        const { full, qualifier } = targetOf(call);
        return modelOf(call.host.engine.getProvisionConfig(full, { qualifier }));
      }
      const { name } = referenceOf(call);
      call.host.functions.get(call.tenant, name);
      const all = call.host.provisions.list(call.tenant, name);
      const { items, nextToken } = page(all, ({ qualifier }) => qualifier, { limit, nextToken: Marker });
      return {
        ProvisionedConcurrencyConfigs: items.map((info) => ({
          FunctionArn: lambdaArn(placeOf(call), name, info.qualifier),
          ...modelOf(info),
        })),
        ...(nextToken !== undefined && { NextMarker: nextToken }),
      };
    },
  }),
  operation({
    name: 'DeleteProvisionedConcurrencyConfig',
    method: 'DELETE',
    path: PATH,
    summary: 'Lets them go.',
    role: 'deploy',
    query: z.object({ Qualifier: z.string().optional() }),
    run(call) {
      const { full, qualifier } = targetOf(call);
      return call.host.engine.deleteProvisionConfig(full, { qualifier });
    },
  }),
];
