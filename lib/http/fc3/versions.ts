/** Function Compute 3.0: versions, aliases, and switching a function's invocations off. */
import { z } from 'zod';
import { operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';

const versionModel = z
  .looseObject({
    versionId: z.string(),
    description: z.string(),
    createdTime: z.string(),
    lastModifiedTime: z.string(),
  })
  .meta({ id: 'Version' });

const weights = z
  .record(z.string(), z.number())
  .describe('Version -> share of the calls, 0-1; the main version gets the rest.');

const aliasModel = z
  .looseObject({
    aliasName: z.string(),
    versionId: z.string(),
    description: z.string(),
    additionalVersionWeight: weights,
    createdTime: z.string(),
    lastModifiedTime: z.string(),
  })
  .meta({ id: 'Alias' });

const aliasInput = z.object({
  versionId: z.string().optional(),
  description: z.string().max(256).optional(),
  additionalVersionWeight: weights.optional(),
});
const createAliasInput = aliasInput
  .extend({ aliasName: z.string(), versionId: z.string() })
  .meta({ id: 'CreateAliasInput' });

const functionPath = '/functions/:functionName';

/** Zeros in front, so that numbers sort as numbers. */
const sortable = (versionId: string): string => versionId.padStart(12, '0');
const reversed = (versionId: string): string => String(999_999_999_999 - Number(versionId)).padStart(12, '0');

export const versionOperations = [
  operation({
    name: 'PublishFunctionVersion',
    method: 'POST',
    path: `${functionPath}/versions`,
    summary: 'Keeps code and configuration as they are now under the next number.',
    role: 'deploy',
    body: z.object({ description: z.string().max(256).optional() }),
    reply: versionModel,
    run: ({ host, tenant, params, body }) =>
      host.versions.publish(tenant, params.functionName as string, body.description),
  }),
  operation({
    name: 'ListFunctionVersions',
    method: 'GET',
    path: `${functionPath}/versions`,
    summary: 'Lists versions, newest first unless the direction is FORWARD.',
    role: 'deploy',
    query: z.object({ ...pageQuery, direction: z.enum(['FORWARD', 'BACKWARD']).default('BACKWARD') }),
    reply: z.looseObject({ direction: z.string(), versions: z.array(versionModel), nextToken: z.string().optional() }),
    run({ host, tenant, params, query }) {
      const { direction } = query;
      const order = direction === 'FORWARD' ? sortable : reversed;
      const all = host.versions.list(tenant, params.functionName as string);
      const { items, nextToken } = page(all, ({ versionId }) => order(versionId), query);
      return { direction, versions: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'DeleteFunctionVersion',
    method: 'DELETE',
    path: `${functionPath}/versions/:versionId`,
    summary: 'Removes a version no alias points to.',
    role: 'deploy',
    run: ({ host, tenant, params }) =>
      host.versions.delete(tenant, params.functionName as string, params.versionId as string),
  }),
  operation({
    name: 'CreateAlias',
    method: 'POST',
    path: `${functionPath}/aliases`,
    summary: 'Gives a version a name.',
    role: 'deploy',
    body: createAliasInput,
    reply: aliasModel,
    run: ({ host, tenant, params, body }) => host.versions.createAlias(tenant, params.functionName as string, body),
  }),
  operation({
    name: 'GetAlias',
    method: 'GET',
    path: `${functionPath}/aliases/:aliasName`,
    summary: 'Tells where an alias points.',
    role: 'deploy',
    reply: aliasModel,
    run: ({ host, tenant, params }) =>
      host.versions.getAlias(tenant, params.functionName as string, params.aliasName as string),
  }),
  operation({
    name: 'UpdateAlias',
    method: 'PUT',
    path: `${functionPath}/aliases/:aliasName`,
    summary: 'Points an alias elsewhere, or changes its weights.',
    role: 'deploy',
    body: aliasInput.meta({ id: 'UpdateAliasInput' }),
    reply: aliasModel,
    run: ({ host, tenant, params, body }) =>
      host.versions.updateAlias(tenant, params.functionName as string, params.aliasName as string, body),
  }),
  operation({
    name: 'DeleteAlias',
    method: 'DELETE',
    path: `${functionPath}/aliases/:aliasName`,
    summary: 'Removes an alias; its versions stay.',
    role: 'deploy',
    run: ({ host, tenant, params }) =>
      host.versions.deleteAlias(tenant, params.functionName as string, params.aliasName as string),
  }),
  operation({
    name: 'ListAliases',
    method: 'GET',
    path: `${functionPath}/aliases`,
    summary: 'Lists aliases by name.',
    role: 'deploy',
    query: z.object({ ...pageQuery, prefix: z.string().default('') }),
    reply: z.looseObject({ aliases: z.array(aliasModel), nextToken: z.string().optional() }),
    run({ host, tenant, params, query }) {
      const all = host.versions
        .listAliases(tenant, params.functionName as string)
        .filter(({ aliasName }) => aliasName.startsWith(query.prefix));
      const { items, nextToken } = page(all, ({ aliasName }) => aliasName, query);
      return { aliases: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'DisableFunctionInvocation',
    method: 'POST',
    path: `${functionPath}/invoke/disable`,
    summary: 'Refuses calls of a function until they are enabled again.',
    role: 'deploy',
    body: z.object({ reason: z.string().max(256).default(''), abortOngoingRequest: z.boolean().default(false) }),
    reply: z.looseObject({ success: z.boolean() }),
    async run({ host, tenant, params, body }) {
      const name = params.functionName as string;
      const restriction = { disable: true, reason: body.reason, lastModifiedTime: new Date().toISOString() };
      await host.functions.annotate(tenant, name, () => ({ restriction }));
      if (body.abortOngoingRequest) host.ongoing.abort(tenant, name, `Invocations of ${name} were disabled`);
      return { success: true };
    },
  }),
  operation({
    name: 'EnableFunctionInvocation',
    method: 'POST',
    path: `${functionPath}/invoke/enable`,
    summary: 'Takes calls again.',
    role: 'deploy',
    reply: z.looseObject({ success: z.boolean() }),
    async run({ host, tenant, params }) {
      const restriction = { disable: false, reason: '', lastModifiedTime: new Date().toISOString() };
      await host.functions.annotate(tenant, params.functionName as string, () => ({ restriction }));
      return { success: true };
    },
  }),
];
