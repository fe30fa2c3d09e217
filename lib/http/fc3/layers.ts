/** Function Compute 3.0: layers. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { layerArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import type { Layer, LayerVersion } from '../layers.ts';
import { page, pageQuery } from '../paging.ts';
import { packageOf, placeOf } from './functions.ts';

type Call = ApiCall<unknown, unknown>;

const layerModel = z
  .looseObject({
    layerName: z.string(),
    version: z.number(),
    layerVersionArn: z.string(),
    codeChecksum: z.string(),
    codeSize: z.number().describe('Bytes.'),
    compatibleRuntime: z.array(z.string()),
    acl: z.string().describe('`1`: every tenant of the host may use it.'),
    createTime: z.string(),
  })
  .meta({ id: 'Layer' });

const createInput = z
  .looseObject({
    code: z.looseObject({
      zipFile: z.string().optional().describe('A zip archive in Base64.'),
      ossBucketName: z.string().optional(),
      ossObjectName: z.string().optional(),
      checksum: z.string().optional(),
    }),
    compatibleRuntime: z.array(z.string().max(64)).max(20).optional(),
    description: z.string().max(256).optional(),
    license: z.string().max(512).optional(),
  })
  .meta({ id: 'CreateLayerVersionInput' });

function modelOf(call: Call, { codeSha256, ...version }: LayerVersion, isPublic: boolean) {
  return {
    ...version,
    layerVersionArn: layerArn(placeOf(call), version.layerName, version.version),
    // Of 2.0.
    arn: layerArn(placeOf(call), version.layerName, version.version),
    acl: isPublic ? '1' : '0',
    code: { repositoryType: 'OSS', location: call.host.downloads.urlOf(call.origin, { codeSha256 }) },
  };
}

const layerOf = (call: Call): string => call.params.layerName as string;

function versionOf({ params }: Call): number {
  const version = Number(params.version);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new IsopodError('InvalidArgument', `version: must be a number, got ${params.version}`);
}

const shown = async (call: Call, version: LayerVersion) =>
  modelOf(call, version, await call.host.layers.isPublic(call.tenant.name, version.layerName));

const versions = '/layers/:layerName/versions';

export const layerOperations = [
  operation({
    name: 'CreateLayerVersion',
    method: 'POST',
    path: versions,
    summary: 'Publishes an archive that functions can have below /opt.',
    role: 'deploy',
    carriesCode: true,
    body: createInput,
    reply: layerModel,
    async run(call) {
      const { code, ...more } = call.body;
      const made = await packageOf(call, code);
      await call.host.functions.checkRoom(call.tenant, made.size);
      return shown(call, await call.host.layers.publish(call.tenant, layerOf(call), made, more));
    },
  }),
  operation({
    name: 'GetLayerVersion',
    method: 'GET',
    path: `${versions}/:version`,
    summary: 'Tells of one version of a layer.',
    role: 'deploy',
    reply: layerModel,
    run: async (call) => shown(call, await call.host.layers.get(call.tenant, layerOf(call), versionOf(call))),
  }),
  operation({
    name: 'DeleteLayerVersion',
    method: 'DELETE',
    path: `${versions}/:version`,
    summary: 'Forgets a version; functions that have it keep it.',
    role: 'deploy',
    run: (call) => call.host.layers.delete(call.tenant, layerOf(call), versionOf(call)),
  }),
  operation({
    name: 'ListLayerVersions',
    method: 'GET',
    path: versions,
    summary: 'Lists the versions of a layer, the newest first.',
    role: 'deploy',
    query: z.object({ limit: pageQuery.limit, startVersion: z.coerce.number().int().min(1).optional() }),
    reply: z.looseObject({ layers: z.array(layerModel), nextVersion: z.number().optional() }),
    async run(call) {
      const { limit, startVersion = Number.POSITIVE_INFINITY } = call.query;
      const all = (await call.host.layers.versions(call.tenant, layerOf(call)))
        .reverse()
        .filter(({ version }) => version <= startVersion);
      const next = all[limit]?.version;
      return {
        layers: await Promise.all(all.slice(0, limit).map((one) => shown(call, one))),
        ...(next !== undefined && { nextVersion: next }),
      };
    },
  }),
  operation({
    name: 'ListLayers',
    method: 'GET',
    path: '/layers',
    summary: 'Lists layers, each by its newest version.',
    role: 'deploy',
    query: z.object({
      ...pageQuery,
      prefix: z.string().optional(),
      public: z.stringbool().optional().describe('Those that other tenants may use.'),
      official: z.stringbool().optional().describe('There are none.'),
    }),
    reply: z.looseObject({ layers: z.array(layerModel), nextToken: z.string().optional() }),
    async run(call) {
      const { prefix = '', public: isPublic, official } = call.query;
      const all: readonly Layer[] = official === true ? [] : await call.host.layers.list(call.tenant);
      const wanted = all.filter(
        (one) => one.newest.layerName.startsWith(prefix) && (isPublic === undefined || one.isPublic === isPublic),
      );
      const { items, nextToken } = page(wanted, ({ newest }) => newest.layerName, call.query);
      return {
        layers: items.map((one) => modelOf(call, one.newest, one.isPublic)),
        ...(nextToken !== undefined && { nextToken }),
      };
    },
  }),
  operation({
    name: 'GetLayerVersionByArn',
    method: 'GET',
    path: '/layerarn/:arn',
    summary: 'Tells of a version of a layer by its ARN.',
    role: 'deploy',
    reply: layerModel,
    run: async (call) => shown(call, await call.host.layers.find(call.tenant, call.params.arn as string)),
  }),
  operation({
    name: 'PutLayerACL',
    method: 'PUT',
    path: '/layers/:layerName/acl',
    summary: 'Says whether other tenants of the host may use a layer.',
    role: 'deploy',
    query: z.object({ public: z.stringbool().optional(), acl: z.enum(['0', '1']).optional() }),
    run: (call) => call.host.layers.share(call.tenant, layerOf(call), call.query.public ?? call.query.acl === '1'),
  }),
];
