/** Function Compute 3.0: functions and their code. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { nameIn } from '../../tenant/tenants.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { type CodePackage, codePackage, fromBase64 } from '../code-package.ts';
import type { ApiConfig } from '../engine-config.ts';
import type { Described } from '../functions.ts';
import { page, pageQuery } from '../paging.ts';
import {
  createFunctionInput,
  type FunctionModel,
  functionCodeOutput,
  functionModel,
  listFunctionsOutput,
  updateFunctionInput,
} from './models.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>;

/** Full name of the function a path names. Throws `FunctionNotFound`. */
export const fullOf = ({
  host,
  tenant,
  params,
}: Pick<ApiCall<unknown, unknown>, 'host' | 'tenant' | 'params'>): string =>
  nameIn(tenant.name, host.functions.get(tenant, params.functionName as string).name);

export const placeOf = ({ host, tenant }: Call) => ({ region: host.settings.region, accountId: tenant.accountId });

/** A function as the API shows it; lists leave the state out. */
export function modelOf(call: Call, described: Described, withState = true): FunctionModel {
  const { name, config, functionId, codeChecksum, codeSize, createdTime, lastModifiedTime, tags, restriction } =
    described;
  const { layers, lambda: _, ...declared } = config;
  return {
    ...declared,
    functionName: name,
    functionArn: functionArn(placeOf(call), name),
    functionId,
    codeChecksum,
    codeSize,
    createdTime,
    lastModifiedTime,
    ...(layers !== undefined && { layers: layers.map((arn) => ({ arn })) }),
    ...(Object.keys(tags).length > 0 && { tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    ...(restriction !== undefined && { invocationRestriction: { ...restriction } }),
    ...(withState && { state: 'Active' as const, lastUpdateStatus: 'Successful' as const }),
  };
}

interface CodeInput {
  readonly zipFile?: string | undefined;
  readonly ossBucketName?: string | undefined;
  readonly ossObjectName?: string | undefined;
  readonly checksum?: string | undefined;
}

export async function packageOf({ host, tenant }: Call, code: CodeInput): Promise<CodePackage> {
  const { zipFile, ossBucketName, ossObjectName, checksum } = code;
  if (zipFile !== undefined) return codePackage(fromBase64(zipFile, 'code.zipFile'), checksum);
  if (ossBucketName === undefined || ossObjectName === undefined) {
    throw new IsopodError('InvalidArgument', 'code: must hold zipFile, or ossBucketName and ossObjectName');
  }
  return codePackage(await host.objects.get(tenant, ossBucketName, ossObjectName), checksum);
}

const tagsOf = (
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> =>
  Object.fromEntries(tags.filter(({ Key }) => Key !== undefined).map(({ Key, Value = '' }) => [Key as string, Value]));

/** Seconds and MB. */
const DEFAULTS = { timeout: 3, memorySize: 512, instanceConcurrency: 1 };

const createFunction = operation({
  name: 'CreateFunction',
  method: 'POST',
  path: '/functions',
  summary: 'Declares a function.',
  role: 'deploy',
  carriesCode: true,
  body: createFunctionInput,
  reply: functionModel,
  async run(call) {
    const { functionName, code, tags, ...config } = call.body;
    const made = await call.host.functions.create(
      call.tenant,
      functionName,
      { ...DEFAULTS, ...config } as ApiConfig,
      await packageOf(call, code),
      tagsOf(tags),
    );
    return modelOf(call, made);
  },
});

const getFunction = operation({
  name: 'GetFunction',
  method: 'GET',
  path: '/functions/:functionName',
  summary: 'Tells what a function was declared as.',
  role: 'deploy',
  query: z.object({ qualifier: z.string().optional() }),
  reply: functionModel,
  run: async (call) => {
    const { host, tenant, params, query } = call;
    return modelOf(call, await host.versions.get(tenant, params.functionName as string, query.qualifier));
  },
});

const updateFunction = operation({
  name: 'UpdateFunction',
  method: 'PUT',
  path: '/functions/:functionName',
  summary: 'Changes what the body names, and leaves the rest.',
  role: 'deploy',
  carriesCode: true,
  body: updateFunctionInput,
  reply: functionModel,
  async run(call) {
    const { code, ...config } = call.body;
    const name = call.params.functionName as string;
    call.host.functions.get(call.tenant, name);
    const made = await call.host.functions.update(call.tenant, name, {
      config: config as Partial<ApiConfig>,
      code: code && (await packageOf(call, code)),
      ifMatch: call.headers['if-match'],
    });
    return modelOf(call, made);
  },
});

const deleteFunction = operation({
  name: 'DeleteFunction',
  method: 'DELETE',
  path: '/functions/:functionName',
  summary: 'Removes a function with its versions.',
  role: 'deploy',
  run: ({ host, tenant, params }) => host.deleteFunction(tenant, params.functionName as string),
});

const listFunctions = operation({
  name: 'ListFunctions',
  method: 'GET',
  path: '/functions',
  summary: 'Lists functions by name.',
  role: 'deploy',
  query: z.object({
    ...pageQuery,
    prefix: z.string().optional(),
    functionName: z.string().optional().describe('Part of the name.'),
    description: z.string().optional().describe('Part of the description.'),
    runtime: z.string().optional(),
    gpuType: z.string().optional().describe('No function here has one.'),
    fcVersion: z.enum(['v2', 'v3']).optional().describe('`v2`: functions of services.'),
    resourceGroupId: z.string().optional(),
    tags: z.string().optional().describe('JSON: a list of {Key, Value}, all of which a function must have.'),
  }),
  reply: listFunctionsOutput,
  run(call) {
    const {
      prefix = '',
      functionName = '',
      description = '',
      runtime,
      gpuType,
      fcVersion,
      resourceGroupId,
    } = call.query;
    const tags = wantedTags(call.query.tags);
    const found = call.host.functions
      .list(call.tenant)
      .filter(({ name }) => name.startsWith(prefix) && name.includes(functionName))
      .filter(({ config }) => (config.description ?? '').includes(description))
      .filter(({ config }) => runtime === undefined || config.runtime === runtime)
      .filter(({ config }) => resourceGroupId === undefined || config.resourceGroupId === resourceGroupId)
      .filter(({ name }) => fcVersion === undefined || name.includes('$') === (fcVersion === 'v2'))
      .filter(() => gpuType === undefined)
      .filter((of) => tags.every(({ Key, Value }) => of.tags[Key] === Value));
    const { items, nextToken } = page(found, ({ name }) => name, call.query);
    return {
      functions: items.map((item) => modelOf(call, item, false)),
      ...(nextToken !== undefined && { nextToken }),
    };
  },
});

function wantedTags(text: string | undefined): { Key: string; Value: string }[] {
  if (text === undefined) return [];
  const checked = z.array(z.object({ Key: z.string(), Value: z.string().default('') })).safeParse(json(text));
  if (checked.success) return checked.data;
  throw new IsopodError('InvalidArgument', 'tags: must be a JSON list of {Key, Value}');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const getFunctionCode = operation({
  name: 'GetFunctionCode',
  method: 'GET',
  path: '/functions/:functionName/code',
  summary: 'Tells where the code package can be fetched for ten minutes.',
  role: 'deploy',
  query: z.object({ qualifier: z.string().optional() }),
  reply: functionCodeOutput,
  async run({ host, tenant, params, query, origin }) {
    const found = await host.versions.get(tenant, params.functionName as string, query.qualifier);
    return { checksum: found.codeChecksum, url: host.downloads.urlOf(origin, found) };
  },
});

export const functionOperations = [
  getFunctionCode,
  createFunction,
  getFunction,
  updateFunction,
  deleteFunction,
  listFunctions,
];
