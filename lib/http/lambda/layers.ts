/** Lambda: layers. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { lambdaLayerArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { placeOf } from '../fc3/functions.ts';
import type { LayerVersion } from '../layers.ts';
import { page } from '../paging.ts';
import { packageOf } from './functions.ts';

type Call = ApiCall<unknown, unknown>;

const ROOT = '/2018-10-31/layers';
const versions = `${ROOT}/:layer/versions`;
const versionModel = z
  .looseObject({ LayerVersionArn: z.string(), Version: z.number(), CreatedDate: z.string() })
  .meta({ id: 'LambdaLayerVersion' });

/** As lists show it; `withContent`: and where its archive can be fetched. */
function modelOf(call: Call, layer: LayerVersion, withContent: boolean) {
  const arn = lambdaLayerArn(placeOf(call), layer.layerName, layer.version);
  return {
    LayerArn: arn.slice(0, arn.lastIndexOf(':')),
    LayerVersionArn: arn,
    Version: layer.version,
    Description: layer.description,
    CreatedDate: layer.createTime.replace('Z', '+0000'),
    CompatibleRuntimes: layer.compatibleRuntime,
    ...(layer.license !== '' && { LicenseInfo: layer.license }),
    ...(withContent && {
      Content: {
        Location: call.host.downloads.urlOf(call.origin, layer),
        CodeSha256: Buffer.from(layer.codeSha256, 'hex').toString('base64'),
        CodeSize: layer.codeSize,
      },
    }),
  };
}

/** A name, or the ARN of a layer without its version. */
const layerOf = ({ params }: Call): string => (params.layer as string).split(':').at(-1) as string;
const listQuery = z.object({
  Marker: z.string().optional(),
  MaxItems: z.coerce.number().int().min(1).max(50).default(50),
});
const pageOf = ({ MaxItems, Marker }: z.output<typeof listQuery>) => ({ limit: MaxItems, nextToken: Marker });
/** Newest first, as text that sorts. */
const newestFirst = ({ version }: LayerVersion): string => String(Number.MAX_SAFE_INTEGER - version).padStart(16, '0');

export const lambdaLayerOperations = [
  operation({
    name: 'PublishLayerVersion',
    method: 'POST',
    path: versions,
    summary: 'Publishes an archive that functions can have below /opt.',
    role: 'deploy',
    status: 201,
    carriesCode: true,
    body: z.looseObject({
      Content: z.looseObject({
        ZipFile: z.string().optional(),
        S3Bucket: z.string().optional(),
        S3Key: z.string().optional(),
      }),
      Description: z.string().max(256).optional(),
      CompatibleRuntimes: z.array(z.string().max(64)).max(15).optional(),
      LicenseInfo: z.string().max(512).optional(),
    }),
    reply: versionModel,
    async run(call) {
      const {
        Content,
        Description: description,
        CompatibleRuntimes: compatibleRuntime,
        LicenseInfo: license,
      } = call.body;
      const code = await packageOf(call, Content);
      await call.host.functions.checkRoom(call.tenant, code.size);
      const more = { description, compatibleRuntime, license };
      return modelOf(call, await call.host.layers.publish(call.tenant, layerOf(call), code, more), true);
    },
  }),
  operation({
    name: 'ListLayerVersions',
    method: 'GET',
    path: versions,
    summary: 'Lists the versions of a layer, the newest first.',
    role: 'deploy',
    query: listQuery,
    reply: z.looseObject({ LayerVersions: z.array(versionModel), NextMarker: z.string().optional() }),
    async run(call) {
      const all = await call.host.layers.versions(call.tenant, layerOf(call));
      const { items, nextToken } = page(all, newestFirst, pageOf(call.query));
      const LayerVersions = items.map((one) => modelOf(call, one, false));
      return { LayerVersions, ...(nextToken !== undefined && { NextMarker: nextToken }) };
    },
  }),
  operation({
    name: 'GetLayerVersion',
    method: 'GET',
    path: `${versions}/:version`,
    summary: 'Tells of one version of a layer.',
    role: 'deploy',
    reply: versionModel,
    run: async (call) =>
      modelOf(call, await call.host.layers.get(call.tenant, layerOf(call), Number(call.params.version)), true),
  }),
  operation({
    name: 'DeleteLayerVersion',
    method: 'DELETE',
    path: `${versions}/:version`,
    summary: 'Forgets a version; functions that have it keep it.',
    role: 'deploy',
    run: (call) => call.host.layers.delete(call.tenant, layerOf(call), Number(call.params.version)),
  }),
  operation({
    name: 'ListLayers',
    method: 'GET',
    path: ROOT,
    summary: 'Lists layers, each by its newest version; with `find=LayerVersion` tells of the one `Arn` names.',
    role: 'deploy',
    query: z.object({ ...listQuery.shape, find: z.string().optional(), Arn: z.string().optional() }),
    reply: z.looseObject({ Layers: z.array(z.looseObject({})).optional(), NextMarker: z.string().optional() }),
    async run(call) {
      const { find, Arn } = call.query;
      if (find !== undefined) {
        if (find !== 'LayerVersion' || Arn === undefined) {
          throw new IsopodError('InvalidArgument', 'find: must be LayerVersion, with the Arn of one');
        }
        return modelOf(call, await call.host.layers.find(call.tenant, Arn), true);
      }
      const all = await call.host.layers.list(call.tenant);
      const { items, nextToken } = page(all, ({ newest }) => newest.layerName, pageOf(call.query));
      const Layers = items.map(({ newest }) => {
        const LatestMatchingVersion = modelOf(call, newest, false);
        return { LayerName: newest.layerName, LayerArn: LatestMatchingVersion.LayerArn, LatestMatchingVersion };
      });
      return { Layers, ...(nextToken !== undefined && { NextMarker: nextToken }) };
    },
  }),
];
