/** Function Compute 3.0: the instances of a function that there are. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import type { InstanceInfo } from '../../types.ts';
import { operation } from '../call.ts';
import { LATEST } from '../versions.ts';

/** Lists in a query are JSON texts. */
function listIn(text: string | undefined, name: string): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    throw new IsopodError('InvalidArgument', `${name}: must be a JSON list of texts`);
  }
}

const STATUS = 'Running';

/** Function Compute writes LATEST's version as 0. What it has no name for comes besides. */
const instanceOf = (info: InstanceInfo, qualifier: string) => ({
  instanceId: info.instanceId,
  versionId: info.versionId === LATEST ? '0' : info.versionId,
  qualifier,
  status: STATUS,
  resourceMode: info.resourceMode,
  createdTimeMs: info.createdTime,
  lane: info.lane,
  openRequests: info.open,
  memoryBytes: info.bytes,
});

export const instanceOperations = [
  operation({
    name: 'ListInstances',
    method: 'GET',
    path: '/functions/:functionName/instances',
    summary: 'Lists the instances that run, provisioned ones first.',
    role: 'deploy',
    query: z.object({
      qualifier: z.string().optional(),
      withAllActive: z.string().optional(),
      instanceIds: z.string().optional().describe('A JSON list: only these.'),
      instanceStatus: z.string().optional().describe('A JSON list of states; only Running ones are known here.'),
      startTimeMs: z.coerce.number().optional().describe('Those that ran at or after.'),
      endTimeMs: z.coerce.number().optional().describe('Those that ran before.'),
      startKey: z.string().optional().describe('The last instance id of the page before.'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    reply: z.looseObject({
      instances: z.array(z.looseObject({ instanceId: z.string(), status: z.string(), resourceMode: z.string() })),
      requestId: z.string(),
    }),
    run({ host, tenant, params, query, requestId }) {
      const { name } = host.functions.get(tenant, params.functionName as string);
      const { qualifier, startKey, limit, endTimeMs = Number.POSITIVE_INFINITY } = query;
      const ids = listIn(query.instanceIds, 'instanceIds');
      const isWanted = listIn(query.instanceStatus, 'instanceStatus')?.includes(STATUS) ?? true;
      const all = host.engine
        .listInstances(nameIn(tenant.name, name), { qualifier })
        .filter((one) => isWanted && (ids?.includes(one.instanceId) ?? true) && one.createdTime < endTimeMs);
      const from = startKey === undefined ? 0 : all.findIndex(({ instanceId }) => instanceId === startKey) + 1;
      const instances = all.slice(from, from + limit).map((one) => instanceOf(one, qualifier ?? one.versionId));
      return { instances, requestId };
    },
  }),
];
