/** Lambda: versions and aliases. */
import { z } from 'zod';
import type { AliasInfo } from '../../types.ts';
import { lambdaArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import type { Described } from '../functions.ts';
import { page } from '../paging.ts';
import { LATEST } from '../versions.ts';

import { configurationModel, toConfiguration } from './models.ts';
import { checkRevision, referenceOf } from './reference.ts';

type Call = ApiCall<unknown, unknown>;
type Place = Pick<Call, 'host' | 'tenant'>;

const PATH = '/2015-03-31/functions/:name';

/** A version of the code as it is now: a new one, or the last when nothing has changed since. */
export async function publish(
  { host, tenant }: Place,
  name: string,
  description?: string,
): Promise<{ described: Described; version: string }> {
  const described = host.functions.get(tenant, name);
  const last = host.versions.list(tenant, name).at(-1);
  const before = last && (await host.versions.get(tenant, name, last.versionId));
  if (last !== undefined && before?.etag === described.etag) return { described, version: last.versionId };
  const { versionId } = await host.versions.publish(tenant, name, description);
  return { described, version: versionId };
}

const lambdaVersion = (versionId: string): string => (versionId === LATEST ? '$LATEST' : versionId);
const ourVersion = (version: string): string => (version === '$LATEST' ? LATEST : version);

const routing = z.looseObject({ AdditionalVersionWeights: z.record(z.string(), z.number()).optional() }).nullish();
const aliasModel = z.looseObject({ AliasArn: z.string(), Name: z.string(), FunctionVersion: z.string() });

function aliasOf(call: Place, name: string, alias: AliasInfo) {
  const { aliasName, versionId, description, additionalVersionWeight } = alias;
  return {
    AliasArn: lambdaArn(placeOf(call as Call), name, aliasName),
    Name: aliasName,
    FunctionVersion: lambdaVersion(versionId),
    Description: description,
    ...(Object.keys(additionalVersionWeight).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: additionalVersionWeight },
    }),
    RevisionId: alias.lastModifiedTime,
  };
}

const listQuery = z.object({
  Marker: z.string().optional(),
  MaxItems: z.coerce.number().int().min(1).max(10_000).default(50),
  FunctionVersion: z.string().optional(),
});

export const lambdaVersionOperations = [
  operation({
    name: 'PublishVersion',
    method: 'POST',
    path: `${PATH}/versions`,
    summary: 'Keeps code and configuration as they are now under the next number.',
    role: 'deploy',
    status: 201,
    body: z.looseObject({ Description: z.string().optional(), RevisionId: z.string().optional() }),
    reply: configurationModel,
    async run(call) {
      const { name } = referenceOf(call);
      checkRevision(call, name, call.body.RevisionId);
      const { described, version } = await publish(call, name, call.body.Description);
      return toConfiguration(placeOf(call), described, version);
    },
  }),
  operation({
    name: 'ListVersionsByFunction',
    method: 'GET',
    path: `${PATH}/versions`,
    summary: 'Lists $LATEST and the versions.',
    role: 'deploy',
    query: listQuery,
    reply: z.looseObject({ Versions: z.array(configurationModel), NextMarker: z.string().optional() }),
    async run(call) {
      const { host, tenant, query } = call;
      const { name } = referenceOf(call);
      const all = [LATEST, ...host.versions.list(tenant, name).map(({ versionId }) => versionId)];
      const key = (versionId: string): string => (versionId === LATEST ? '0' : versionId).padStart(12, '0');
      const { items, nextToken } = page(all, key, { limit: Math.min(query.MaxItems, 50), nextToken: query.Marker });
      const Versions = await Promise.all(
        items.map(async (versionId) =>
          toConfiguration(placeOf(call), await host.versions.get(tenant, name, versionId), lambdaVersion(versionId)),
        ),
      );
      return { Versions, ...(nextToken !== undefined && { NextMarker: nextToken }) };
    },
  }),
  operation({
    name: 'CreateAlias',
    method: 'POST',
    path: `${PATH}/aliases`,
    summary: 'Gives a version a name.',
    role: 'deploy',
    status: 201,
    body: z.looseObject({
      Name: z.string(),
      FunctionVersion: z.string(),
      Description: z.string().max(256).optional(),
      RoutingConfig: routing,
    }),
    reply: aliasModel,
    async run(call) {
      const { name } = referenceOf(call);
      const { Name, FunctionVersion, Description, RoutingConfig } = call.body;
      const alias = await call.host.versions.createAlias(call.tenant, name, {
        aliasName: Name,
        versionId: ourVersion(FunctionVersion),
        description: Description,
        additionalVersionWeight: RoutingConfig?.AdditionalVersionWeights,
      });
      return aliasOf(call, name, alias);
    },
  }),
  operation({
    name: 'GetAlias',
    method: 'GET',
    path: `${PATH}/aliases/:alias`,
    summary: 'Tells where an alias points.',
    role: 'deploy',
    reply: aliasModel,
    run(call) {
      const { name } = referenceOf(call);
      return aliasOf(call, name, call.host.versions.getAlias(call.tenant, name, call.params.alias as string));
    },
  }),
  operation({
    name: 'UpdateAlias',
    method: 'PUT',
    path: `${PATH}/aliases/:alias`,
    summary: 'Points an alias elsewhere, or changes its weights.',
    role: 'deploy',
    body: z.looseObject({
      FunctionVersion: z.string().optional(),
      Description: z.string().max(256).optional(),
      RoutingConfig: routing,
    }),
    reply: aliasModel,
    async run(call) {
      const { name } = referenceOf(call);
      const { FunctionVersion, Description, RoutingConfig } = call.body;
      const alias = await call.host.versions.updateAlias(call.tenant, name, call.params.alias as string, {
        versionId: FunctionVersion === undefined ? undefined : ourVersion(FunctionVersion),
        description: Description,
        additionalVersionWeight:
          RoutingConfig === undefined ? undefined : (RoutingConfig?.AdditionalVersionWeights ?? {}),
      });
      return aliasOf(call, name, alias);
    },
  }),
  operation({
    name: 'DeleteAlias',
    method: 'DELETE',
    path: `${PATH}/aliases/:alias`,
    summary: 'Removes an alias; its versions stay.',
    role: 'deploy',
    run(call) {
      return call.host.versions.deleteAlias(call.tenant, referenceOf(call).name, call.params.alias as string);
    },
  }),
  operation({
    name: 'ListAliases',
    method: 'GET',
    path: `${PATH}/aliases`,
    summary: 'Lists aliases by name.',
    role: 'deploy',
    query: listQuery,
    reply: z.looseObject({ Aliases: z.array(aliasModel), NextMarker: z.string().optional() }),
    run(call) {
      const { name } = referenceOf(call);
      const { FunctionVersion, MaxItems, Marker } = call.query;
      const all = call.host.versions
        .listAliases(call.tenant, name)
        .filter(({ versionId }) => FunctionVersion === undefined || versionId === ourVersion(FunctionVersion));
      const { items, nextToken } = page(all, ({ aliasName }) => aliasName, {
        limit: Math.min(MaxItems, 50),
        nextToken: Marker,
      });
      const Aliases = items.map((alias) => aliasOf(call, name, alias));
      return { Aliases, ...(nextToken !== undefined && { NextMarker: nextToken }) };
    },
  }),
];
