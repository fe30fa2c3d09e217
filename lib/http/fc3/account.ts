/** Function Compute 3.0: tags, reserved concurrency, bindings to networks, regions: what is kept beside a function. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';
import { fullOf, placeOf } from './functions.ts';

type Call = ApiCall<unknown, unknown>;

const tag = z.object({ Key: z.string().min(1).max(128), Value: z.string().max(128).default('') });
const FUNCTION = /(?:^|functions\/|function:)([\w$-]+)$/;

/** A resource is told by its ARN, or by its name alone. */
function functionIn(resource: string): string {
  const name = FUNCTION.exec(resource)?.[1];
  if (name === undefined) throw new IsopodError('InvalidArgument', `ResourceId: ${resource} is no function`);
  return name;
}

/** Lists in a query are JSON texts. */
function listIn<T extends z.ZodType>(text: string | undefined, schema: T, name: string): z.output<T>[] {
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = [text];
  }
  const checked = z.array(schema).safeParse(value);
  if (checked.success) return checked.data;
  throw new IsopodError('InvalidArgument', `${name}: must be a JSON list`);
}

const tagOperations = [
  operation({
    name: 'TagResources',
    method: 'POST',
    path: '/tags-v2',
    summary: 'Adds tags to functions.',
    role: 'deploy',
    body: z.looseObject({ ResourceId: z.array(z.string()).min(1), Tag: z.array(tag).min(1).max(20) }),
    async run({ host, tenant, body }) {
      const added = Object.fromEntries(body.Tag.map(({ Key, Value }) => [Key, Value]));
      const names = body.ResourceId.map(functionIn);
      for (const name of names) host.functions.get(tenant, name);
      for (const name of names)
        await host.functions.annotate(tenant, name, ({ tags }) => ({ tags: { ...tags, ...added } }));
    },
  }),
  operation({
    name: 'UntagResources',
    method: 'DELETE',
    path: '/tags-v2',
    summary: 'Takes tags from functions.',
    role: 'deploy',
    query: z.object({
      ResourceType: z.string().optional(),
      ResourceId: z.string().optional(),
      TagKey: z.string().optional(),
      All: z.string().optional(),
    }),
    async run({ host, tenant, query }) {
      const keys = listIn(query.TagKey, z.string(), 'TagKey');
      for (const resource of listIn(query.ResourceId, z.string(), 'ResourceId')) {
        await host.functions.annotate(tenant, functionIn(resource), ({ tags }) => ({
          tags:
            query.All === 'true' ? {} : Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
        }));
      }
    },
  }),
  operation({
    name: 'ListTagResources',
    method: 'GET',
    path: '/tags-v2',
    summary: 'Lists the tags of functions.',
    role: 'deploy',
    query: z.object({
      ResourceType: z.string().optional(),
      ResourceId: z.string().optional(),
      Tag: z.string().optional(),
      Limit: pageQuery.limit,
      NextToken: z.string().optional(),
    }),
    reply: z.looseObject({ TagResources: z.array(z.looseObject({})), NextToken: z.string().optional() }),
    run(call) {
      const { host, tenant, query, requestId } = call;
      const ids = listIn(query.ResourceId, z.string(), 'ResourceId').map(functionIn);
      const wanted = listIn(query.Tag, z.object({ Key: z.string(), Value: z.string().optional() }), 'Tag');
      const all = host.functions
        .list(tenant)
        .filter(({ name }) => ids.length === 0 || ids.includes(name))
        .filter(({ tags }) =>
          wanted.every(({ Key, Value }) => Key in tags && (Value === undefined || tags[Key] === Value)),
        )
        .flatMap(({ name, tags }) =>
          Object.entries(tags).map(([TagKey, TagValue]) => ({
            ResourceId: functionArn(placeOf(call), name),
            ResourceType: 'ALIYUN::FC:FUNCTION',
            TagKey,
            TagValue,
          })),
        );
      const { Limit: limit, NextToken: token } = query;
      const { items, nextToken } = page(all, (one) => `${one.ResourceId} ${one.TagKey}`, { limit, nextToken: token });
      return { RequestId: requestId, TagResources: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
  }),
];

const concurrencyModel = z
  .looseObject({ functionArn: z.string(), reservedConcurrency: z.number() })
  .meta({ id: 'ConcurrencyConfig' });

const concurrencyOf = (call: Pick<Call, 'host' | 'tenant'>, name: string, reservedConcurrency: number) => ({
  functionArn: functionArn(placeOf(call), name),
  reservedConcurrency,
});
const concurrencyPath = '/functions/:functionName/concurrency';

const concurrencyOperations = [
  operation({
    name: 'PutConcurrencyConfig',
    method: 'PUT',
    path: concurrencyPath,
    summary: 'Limits how many sync calls of a function run at once.',
    role: 'deploy',
    body: z.looseObject({ reservedConcurrency: z.number().int().min(0).max(1_000_000) }),
    reply: concurrencyModel,
    async run(call) {
      await call.host.reservations.put(fullOf(call), call.body.reservedConcurrency);
      return concurrencyOf(call, call.params.functionName as string, call.body.reservedConcurrency);
    },
  }),
  operation({
    name: 'GetConcurrencyConfig',
    method: 'GET',
    path: concurrencyPath,
    summary: 'Tells that limit.',
    role: 'deploy',
    reply: concurrencyModel,
    run(call) {
      const limit = call.host.reservations.of(fullOf(call));
      const name = call.params.functionName as string;
      if (limit === undefined)
        throw new IsopodError('ConcurrencyConfigNotFound', `function '${name}' has no concurrency config`);
      return concurrencyOf(call, name, limit);
    },
  }),
  operation({
    name: 'DeleteConcurrencyConfig',
    method: 'DELETE',
    path: concurrencyPath,
    summary: 'Takes the limit away.',
    role: 'deploy',
    run: (call) => call.host.reservations.remove(fullOf(call)),
  }),
  operation({
    name: 'ListConcurrencyConfigs',
    method: 'GET',
    path: '/concurrency-configs',
    summary: 'Lists such limits.',
    role: 'deploy',
    query: z.object({ ...pageQuery, functionName: z.string().optional() }),
    reply: z.looseObject({ configs: z.array(concurrencyModel), nextToken: z.string().optional() }),
    run(call) {
      const { host, tenant, query } = call;
      const all = host.functions.list(tenant).flatMap(({ name }) => {
        const limit = host.reservations.of(nameIn(tenant.name, name));
        const isWanted = limit !== undefined && (query.functionName === undefined || query.functionName === name);
        return isWanted ? [concurrencyOf(call, name, limit)] : [];
      });
      const { items, nextToken } = page(all, (one) => one.functionArn, query);
      return { configs: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];

const vpcPath = '/functions/:functionName/vpc-bindings';
const otherOperations = [
  operation({
    name: 'CreateVpcBinding',
    method: 'POST',
    path: vpcPath,
    summary: 'Keeps the id of a network; it has no effect here.',
    role: 'deploy',
    body: z.looseObject({ vpcId: z.string().min(1).max(64) }),
    run: ({ host, tenant, params, body }) =>
      host.functions.annotate(tenant, params.functionName as string, ({ vpcIds = [] }) => ({
        vpcIds: [...new Set([...vpcIds, body.vpcId])],
      })) as Promise<unknown>,
  }),
  operation({
    name: 'ListVpcBindings',
    method: 'GET',
    path: vpcPath,
    summary: 'Lists such ids.',
    role: 'deploy',
    reply: z.looseObject({ vpcIds: z.array(z.string()) }),
    run: ({ host, tenant, params }) => ({
      vpcIds: host.functions.get(tenant, params.functionName as string).vpcIds ?? [],
    }),
  }),
  operation({
    name: 'DeleteVpcBinding',
    method: 'DELETE',
    path: `${vpcPath}/:vpcId`,
    summary: 'Forgets such an id.',
    role: 'deploy',
    run: ({ host, tenant, params }) =>
      host.functions.annotate(tenant, params.functionName as string, ({ vpcIds = [] }) => ({
        vpcIds: vpcIds.filter((id) => id !== params.vpcId),
      })) as Promise<unknown>,
  }),
  operation({
    name: 'ChangeResourceGroup',
    method: 'PUT',
    path: '/resource-groups',
    summary: 'Keeps the group a function belongs to; it selects in lists.',
    role: 'deploy',
    body: z.looseObject({ NewResourceGroupId: z.string().min(1).max(64), ResourceId: z.string() }),
    reply: z.looseObject({ ResourceId: z.string(), OldResourceGroupId: z.string(), NewResourceGroupId: z.string() }),
    async run({ host, tenant, body: { ResourceId, NewResourceGroupId } }) {
      const name = functionIn(ResourceId);
      const before = host.functions.get(tenant, name).config.resourceGroupId;
      await host.functions.update(tenant, name, { config: { resourceGroupId: NewResourceGroupId } });
      return { ResourceId, OldResourceGroupId: String(before ?? ''), NewResourceGroupId };
    },
  }),
  operation({
    name: 'DescribeRegions',
    method: 'GET',
    path: '/regions',
    summary: 'Tells the one region there is.',
    role: 'invoke',
    reply: z.looseObject({ Regions: z.looseObject({}) }),
    run: ({ host }) => ({ Regions: { Region: [{ RegionId: host.settings.region, LocalName: host.settings.region }] } }),
  }),
];

export const accountOperations = [...tagOperations, ...concurrencyOperations, ...otherOperations];
