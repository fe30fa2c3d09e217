/** Lambda: functions, their code and configuration. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { parseLambdaName } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { type CodePackage, codePackage, fromBase64 } from '../code-package.ts';
import type { ApiConfig } from '../engine-config.ts';
import { placeOf } from '../fc3/functions.ts';
import type { Described } from '../functions.ts';
import { page } from '../paging.ts';
import { LATEST } from '../versions.ts';
import {
  configurationModel,
  createFunctionInput,
  toConfig,
  toConfiguration,
  updateCodeInput,
  updateConfigurationInput,
} from './models.ts';
import { checkRevision, referenceOf } from './reference.ts';
import { publish } from './versions.ts';

type Call = ApiCall<unknown, unknown>;

const MOST_LISTED = 50;

interface CodeInput {
  readonly ZipFile?: string | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly ImageUri?: string | undefined;
}

export async function packageOf(
  { host, tenant }: Pick<Call, 'host' | 'tenant'>,
  code: CodeInput,
): Promise<CodePackage> {
  const { ZipFile, S3Bucket, S3Key, ImageUri } = code;
  if (ImageUri !== undefined)
    throw new IsopodError('InvalidArgument', 'ImageUri is not supported: images cannot run here');
  if (ZipFile !== undefined) return codePackage(fromBase64(ZipFile, 'ZipFile'));
  if (S3Bucket === undefined || S3Key === undefined) {
    throw new IsopodError('InvalidArgument', 'Code must hold ZipFile, or S3Bucket and S3Key');
  }
  return codePackage(await host.objects.get(tenant, S3Bucket, S3Key));
}

/** A function that was just changed; published besides, when that was asked for. */
async function told(call: Call, made: Described, wantsVersion: boolean | undefined) {
  if (wantsVersion !== true) return toConfiguration(placeOf(call), made);
  const { described, version } = await publish(call, made.name);
  return toConfiguration(placeOf(call), described, version);
}

/** A function as its qualifier has it. */
async function qualifiedFunction(call: Call) {
  const { name, qualifier } = referenceOf(call);
  const found = await call.host.versions.get(call.tenant, name, qualifier);
  const versionId = call.host.versions.versionOf(call.tenant, name, qualifier ?? LATEST);
  const version = versionId === LATEST ? '$LATEST' : versionId;
  return { found, configuration: toConfiguration(placeOf(call), found, version, qualifier) };
}

const qualified = z.object({ Qualifier: z.string().optional() });
const PATH = '/2015-03-31/functions';

export const lambdaFunctionOperations = [
  operation({
    name: 'CreateFunction',
    method: 'POST',
    path: PATH,
    summary: 'Declares a function.',
    role: 'deploy',
    carriesCode: true,
    status: 201,
    body: createFunctionInput,
    reply: configurationModel,
    async run(call) {
      const { FunctionName, Code, Tags, Publish, ...input } = call.body;
      const { Runtime, Handler } = input;
      if (Runtime === undefined || Handler === undefined) {
        throw new IsopodError(
          'InvalidArgument',
          'Runtime and Handler are mandatory parameters for functions created from .zip archives',
        );
      }
      const { name } = parseLambdaName(FunctionName);
      const config = toConfig({ MemorySize: 128, ...input }) as ApiConfig;
      const made = await call.host.functions.create(call.tenant, name, config, await packageOf(call, Code), Tags);
      return told(call, made, Publish);
    },
  }),
  operation({
    name: 'ListFunctions',
    method: 'GET',
    path: PATH,
    summary: 'Lists functions by name.',
    role: 'deploy',
    query: z.object({
      Marker: z.string().optional(),
      MaxItems: z.coerce.number().int().min(1).max(10_000).default(MOST_LISTED),
    }),
    reply: z.looseObject({ Functions: z.array(configurationModel), NextMarker: z.string().optional() }),
    run(call) {
      const { MaxItems, Marker } = call.query;
      const wanted = { limit: Math.min(MaxItems, MOST_LISTED), nextToken: Marker };
      const { items, nextToken } = page(call.host.functions.list(call.tenant), ({ name }) => name, wanted);
      const Functions = items.map((item) => toConfiguration(placeOf(call), item));
      return { Functions, ...(nextToken !== undefined && { NextMarker: nextToken }) };
    },
  }),
  operation({
    name: 'GetFunction',
    method: 'GET',
    path: `${PATH}/:name`,
    summary: 'Tells what a function was declared as, and where its code is.',
    role: 'deploy',
    query: qualified,
    reply: z.looseObject({ Configuration: configurationModel }),
    async run(call) {
      const { found, configuration } = await qualifiedFunction(call);
      return {
        Configuration: configuration,
        Code: { RepositoryType: 'S3', Location: call.host.downloads.urlOf(call.origin, found) },
        ...(Object.keys(found.tags).length > 0 && { Tags: found.tags }),
      };
    },
  }),
  operation({
    name: 'GetFunctionConfiguration',
    method: 'GET',
    path: `${PATH}/:name/configuration`,
    summary: 'Tells what a function was declared as.',
    role: 'deploy',
    query: qualified,
    reply: configurationModel,
    run: async (call) => (await qualifiedFunction(call)).configuration,
  }),
  operation({
    name: 'UpdateFunctionCode',
    method: 'PUT',
    path: `${PATH}/:name/code`,
    summary: 'Replaces the code.',
    role: 'deploy',
    carriesCode: true,
    body: updateCodeInput,
    reply: configurationModel,
    async run(call) {
      const { name } = referenceOf(call);
      const found = call.host.functions.get(call.tenant, name);
      checkRevision(call, name, call.body.RevisionId);
      const code = await packageOf(call, call.body);
      if (call.body.DryRun === true) return toConfiguration(placeOf(call), found);
      const made = await call.host.functions.update(call.tenant, name, { config: {}, code });
      return told(call, made, call.body.Publish);
    },
  }),
  operation({
    name: 'UpdateFunctionConfiguration',
    method: 'PUT',
    path: `${PATH}/:name/configuration`,
    summary: 'Changes what the body names.',
    role: 'deploy',
    body: updateConfigurationInput,
    reply: configurationModel,
    async run(call) {
      const { name } = referenceOf(call);
      const { RevisionId, ...input } = call.body;
      const found = call.host.functions.get(call.tenant, name);
      checkRevision(call, name, RevisionId);
      const config = toConfig(input, found.config);
      return toConfiguration(placeOf(call), await call.host.functions.update(call.tenant, name, { config }));
    },
  }),
  operation({
    name: 'DeleteFunction',
    method: 'DELETE',
    path: `${PATH}/:name`,
    summary: 'Removes a function.',
    role: 'deploy',
    query: qualified,
    async run(call) {
      const { name, qualifier } = referenceOf(call);
      if (qualifier === undefined) {
        await call.host.provisions.forget(call.tenant, name);
        await call.host.deleteFunction(call.tenant, name);
      } else await call.host.versions.delete(call.tenant, name, qualifier);
    },
  }),
];
