/** Function Compute 2.0: versions and aliases of services. */
import { z } from 'zod';
import { operation } from '../call.ts';
import { page } from '../paging.ts';
import { anything } from './models.ts';
import type { ServiceVersion } from './versions.ts';

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
  startKey: z.string().optional(),
  prefix: z.string().default(''),
  direction: z.enum(['FORWARD', 'BACKWARD']).default('BACKWARD'),
});

const aliasInput = z.looseObject({
  versionId: z.string().optional(),
  description: z.string().max(256).optional(),
  additionalVersionWeight: z.record(z.string(), z.number()).optional(),
});

const shown = ({ functions: _, ...version }: ServiceVersion) => version;
const service = '/services/:service';

export const versionOperations = [
  operation({
    name: 'PublishServiceVersion',
    method: 'POST',
    path: `${service}/versions`,
    summary: 'Keeps all functions of a service as they are now under the next number.',
    role: 'deploy',
    body: z.looseObject({ description: z.string().max(256).default('') }),
    reply: anything,
    run: async ({ host, tenant, params, body }) =>
      shown(await host.serviceVersions.publish(tenant, params.service as string, body.description)),
  }),
  operation({
    name: 'ListServiceVersions',
    method: 'GET',
    path: `${service}/versions`,
    summary: 'Lists versions of a service.',
    role: 'deploy',
    query: listQuery,
    reply: anything,
    async run({ host, tenant, params, query }) {
      const all = await host.serviceVersions.list(tenant, params.service as string);
      const order = ({ versionId }: ServiceVersion): string =>
        String(query.direction === 'FORWARD' ? Number(versionId) : 999_999_999_999 - Number(versionId)).padStart(
          12,
          '0',
        );
      const { items, nextToken } = page(all, order, query);
      const { direction } = query;
      return { versions: items.map(shown), direction, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'DeleteServiceVersion',
    method: 'DELETE',
    path: `${service}/versions/:versionId`,
    summary: 'Removes a version no alias points to.',
    role: 'deploy',
    run: ({ host, tenant, params }) =>
      host.serviceVersions.delete(tenant, params.service as string, params.versionId as string),
  }),
  operation({
    name: 'CreateAlias',
    method: 'POST',
    path: `${service}/aliases`,
    summary: 'Gives a version of a service a name.',
    role: 'deploy',
    body: aliasInput.extend({ aliasName: z.string() }),
    reply: anything,
    run: ({ host, tenant, params, body: { aliasName, ...wish } }) =>
      host.serviceVersions.createAlias(tenant, params.service as string, aliasName, wish),
  }),
  operation({
    name: 'GetAlias',
    method: 'GET',
    path: `${service}/aliases/:aliasName`,
    summary: 'Tells where an alias points.',
    role: 'deploy',
    reply: anything,
    run: ({ host, tenant, params }) =>
      host.serviceVersions.getAlias(tenant, params.service as string, params.aliasName as string),
  }),
  operation({
    name: 'UpdateAlias',
    method: 'PUT',
    path: `${service}/aliases/:aliasName`,
    summary: 'Points an alias elsewhere, or changes its weights.',
    role: 'deploy',
    body: aliasInput,
    reply: anything,
    run: ({ host, tenant, params, body }) =>
      host.serviceVersions.updateAlias(tenant, params.service as string, params.aliasName as string, body),
  }),
  operation({
    name: 'DeleteAlias',
    method: 'DELETE',
    path: `${service}/aliases/:aliasName`,
    summary: 'Removes an alias; its versions stay.',
    role: 'deploy',
    run: ({ host, tenant, params }) =>
      host.serviceVersions.deleteAlias(tenant, params.service as string, params.aliasName as string),
  }),
  operation({
    name: 'ListAliases',
    method: 'GET',
    path: `${service}/aliases`,
    summary: 'Lists aliases of a service.',
    role: 'deploy',
    query: listQuery,
    reply: anything,
    async run({ host, tenant, params, query }) {
      const all = (await host.serviceVersions.listAliases(tenant, params.service as string)).filter(({ aliasName }) =>
        aliasName.startsWith(query.prefix),
      );
      const { items, nextToken } = page(all, ({ aliasName }) => aliasName, query);
      return { aliases: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
