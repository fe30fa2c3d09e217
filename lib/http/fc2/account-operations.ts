/** Function Compute 2.0: tags, on-demand configs, and what an account has: kept and told beside services and functions. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { documents } from '../../store/catalog.ts';
import { Changes } from '../../store/changes.ts';
import { type ApiCall, operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';
import { asked } from './asked.ts';
import { anything, qualified } from './models.ts';
import { joined, resourceOf } from './services.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>;
type Tags = Readonly<Record<string, string>>;

/** Of services, and of their functions; with what is before it in an ARN or without. */
const RESOURCE = /(?:^|:)services\/([\w-]+)(?:\/functions\/([\w-]+))?$/;

/** Changes the tags of a service or a function; tells them as they are then. Rejects with `ServiceNotFound` or `FunctionNotFound`. */
async function tagged({ host, tenant }: Call, resourceArn: string, change: (tags: Tags) => Tags): Promise<Tags> {
  const [, service, functionName] = RESOURCE.exec(resourceArn) ?? [];
  if (service === undefined) {
    throw new IsopodError(
      'InvalidArgument',
      `resourceArn: must end in services/{service} or services/{service}/functions/{function}, not "${resourceArn}"`,
    );
  }
  if (functionName === undefined) return (await host.services.tag(tenant, service, change)).tags ?? {};
  const name = joined(service, functionName);
  await host.functions.annotate(tenant, name, ({ tags }) => ({ tags: change(tags) }));
  return host.functions.get(tenant, name).tags;
}

const tagOperations = [
  operation({
    name: 'TagResource',
    method: 'POST',
    path: '/tag',
    summary: 'Adds tags to a service or a function.',
    role: 'deploy',
    body: z.looseObject({
      resourceArn: z.string(),
      tags: z.record(z.string().min(1).max(128), z.string().max(128)),
    }),
    async run(call) {
      const { resourceArn, tags } = call.body;
      await tagged(call, resourceArn, (before) => ({ ...before, ...tags }));
    },
  }),
  operation({
    name: 'UntagResource',
    method: 'DELETE',
    path: '/tag',
    summary: 'Takes tags from a service or a function.',
    role: 'deploy',
    body: z.looseObject({
      resourceArn: z.string(),
      tagKeys: z.array(z.string()).nullish(),
      all: z.boolean().nullish(),
    }),
    async run(call) {
      const { resourceArn, tagKeys, all } = call.body;
      await tagged(call, resourceArn, (before) =>
        all === true ? {} : Object.fromEntries(Object.entries(before).filter(([key]) => !tagKeys?.includes(key))),
      );
    },
  }),
  operation({
    name: 'GetResourceTags',
    method: 'GET',
    path: '/tag',
    summary: 'Tells the tags of a service or a function.',
    role: 'deploy',
    query: z.object({ resourceArn: z.string() }),
    reply: anything,
    async run(call) {
      const { resourceArn } = call.query;
      return { resourceArn, tags: await tagged(call, resourceArn, (tags) => tags) };
    },
  }),
];

const KIND = 'on-demand-config';

interface OnDemandConfig {
  readonly resource: string;
  readonly maximumInstanceCount: number;
}

const onDemandPath = '/services/:service/functions/:function/on-demand-config';

/** Where the config of a qualifier is kept, and what it is told with. Rejects as `asked`. */
async function placeOf(call: Call & Parameters<typeof asked>[0]): Promise<{ key: string; resource: string }> {
  const { service, functionName, qualifier } = await asked(call);
  const resource = resourceOf(call.tenant, service, qualifier, functionName);
  return { key: `${call.tenant.name}:${resource}`, resource };
}

const onDemandOperations = [
  operation({
    name: 'PutOnDemandConfig',
    method: 'PUT',
    path: onDemandPath,
    summary: 'Keeps how many instances a qualifier is to have at most; it has no effect here.',
    role: 'deploy',
    query: qualified,
    body: z.looseObject({ maximumInstanceCount: z.number().int().min(0).max(1_000_000) }),
    reply: anything,
    async run(call) {
      const { key, resource } = await placeOf(call);
      const { maximumInstanceCount } = call.body;
      const { catalog } = call.host;
      return new Changes<OnDemandConfig>(catalog, KIND).make(key, () => ({ resource, maximumInstanceCount }));
    },
  }),
  operation({
    name: 'GetOnDemandConfig',
    method: 'GET',
    path: onDemandPath,
    summary: 'Tells that config.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    async run(call) {
      const { key, resource } = await placeOf(call);
      const found = await call.host.catalog.get<OnDemandConfig>(KIND, key);
      if (found === undefined)
        throw new IsopodError('ConcurrencyConfigNotFound', `${resource} has no on-demand config`);
      return found.value;
    },
  }),
  operation({
    name: 'DeleteOnDemandConfig',
    method: 'DELETE',
    path: onDemandPath,
    summary: 'Removes that config.',
    role: 'deploy',
    query: qualified,
    async run(call) {
      const { key } = await placeOf(call);
      await new Changes<OnDemandConfig>(call.host.catalog, KIND).remove(key);
    },
  }),
  operation({
    name: 'ListOnDemandConfigs',
    method: 'GET',
    path: '/on-demand-configs',
    summary: 'Lists such configs.',
    role: 'deploy',
    query: z.object({ ...pageQuery, prefix: z.string().default(''), startKey: z.string().default('') }),
    reply: anything,
    async run({ host, tenant, query }) {
      const found: OnDemandConfig[] = [];
      for await (const { value } of documents<OnDemandConfig>(host.catalog, KIND, `${tenant.name}:`)) {
        if (value.resource.startsWith(query.prefix) && value.resource >= query.startKey) found.push(value);
      }
      const { items, nextToken } = page(found, ({ resource }) => resource, query);
      return { configs: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];

export const accountOperations = [
  ...tagOperations,
  ...onDemandOperations,
  operation({
    name: 'GetAccountSettings',
    method: 'GET',
    path: '/account-settings',
    summary: 'Tells the zones there are: one.',
    role: 'deploy',
    reply: anything,
    run: ({ host }) => ({ availableAZs: [`${host.settings.region}-a`], defaultRole: '' }),
  }),
  operation({
    name: 'ListReservedCapacities',
    method: 'GET',
    path: '/reservedCapacities',
    summary: 'Lists what was paid for in advance: nothing.',
    role: 'deploy',
    reply: anything,
    run: () => ({ reservedCapacities: [] }),
  }),
];
