/** What Lambda's requests and answers look like, and how its functions are told in Function Compute 3.0's words. */
import { z } from 'zod';
import { lambdaArn, type Place } from '../arn.ts';
import type { ApiConfig } from '../engine-config.ts';
import type { Described } from '../functions.ts';

const code = z.looseObject({
  ZipFile: z.string().optional().describe('A zip archive in Base64.'),
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
  ImageUri: z.string().optional().describe('Refused: images cannot run here.'),
});

const declared = {
  Runtime: z.string().min(1).max(64).optional(),
  Role: z.string().max(2_048).optional(),
  Handler: z.string().min(1).max(128).optional(),
  Description: z.string().max(256).optional(),
  Timeout: z.number().int().min(1).max(86_400).optional().describe('Seconds; default 3.'),
  MemorySize: z.number().int().min(64).max(32_768).optional().describe('MB; default 128.'),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.string()).optional() }).optional(),
  Layers: z.array(z.string()).max(5).optional(),
};

const functionName = z.string().min(1).max(256).describe('Name, partial or full ARN.');

export const createFunctionInput = z
  .looseObject({
    FunctionName: functionName,
    Code: code,
    Publish: z.boolean().optional(),
    Tags: z.record(z.string(), z.string()).optional(),
    ...declared,
  })
  .meta({ id: 'LambdaCreateFunctionRequest' });

export const updateCodeInput = code
  .extend({
    Publish: z.boolean().optional(),
    DryRun: z.boolean().optional(),
    RevisionId: z.string().optional(),
  })
  .meta({ id: 'LambdaUpdateFunctionCodeRequest' });

export const updateConfigurationInput = z
  .looseObject({ RevisionId: z.string().optional(), ...declared })
  .meta({ id: 'LambdaUpdateFunctionConfigurationRequest' });

export const configurationModel = z
  .looseObject({
    FunctionName: z.string(),
    FunctionArn: z.string(),
    Runtime: z.string(),
    Handler: z.string(),
    CodeSize: z.number(),
    CodeSha256: z.string(),
    Version: z.string(),
    LastModified: z.string(),
    RevisionId: z.string(),
    State: z.string(),
    LastUpdateStatus: z.string(),
  })
  .meta({ id: 'LambdaFunctionConfiguration' });

/** Fields that have a place in 3.0's words; everything else is kept as it is, under `lambda`. */
type Input = Readonly<Record<string, unknown>> & {
  readonly Runtime?: string | undefined;
  readonly Role?: string | undefined;
  readonly Handler?: string | undefined;
  readonly Description?: string | undefined;
  readonly Timeout?: number | undefined;
  readonly MemorySize?: number | undefined;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly Layers?: readonly string[] | undefined;
};

export function toConfig(input: Input, before?: ApiConfig): Partial<ApiConfig> {
  const { Runtime, Role, Handler, Description, Timeout, MemorySize, Environment, Layers, ...rest } = input;
  const lambda = { ...(before?.lambda as object | undefined), ...rest };
  const config = {
    runtime: Runtime,
    role: Role,
    handler: Handler,
    description: Description,
    timeout: Timeout,
    memorySize: MemorySize,
    environmentVariables: Environment === undefined ? undefined : (Environment.Variables ?? {}),
    layers: Layers,
    lambda: Object.keys(lambda).length > 0 ? lambda : undefined,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<ApiConfig>;
}

/** `version`: `$LATEST` or a number. */
export function toConfiguration(place: Place, described: Described, version = '$LATEST', qualifier?: string) {
  const { name, config, codeSha256, codeSize, lastModifiedTime, etag } = described;
  const { environmentVariables = {}, layers, lambda } = config;
  return {
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    TracingConfig: { Mode: 'PassThrough' },
    EphemeralStorage: { Size: 512 },
    ...(lambda as object | undefined),
    FunctionName: name,
    FunctionArn: lambdaArn(place, name, qualifier ?? (version === '$LATEST' ? undefined : version)),
    Runtime: config.runtime,
    Role: (config.role as string | undefined) ?? '',
    Handler: config.handler,
    CodeSize: codeSize,
    Description: config.description ?? '',
    Timeout: config.timeout ?? 3,
    MemorySize: config.memorySize ?? 128,
    LastModified: lastModifiedTime.replace('Z', '+0000'),
    CodeSha256: Buffer.from(codeSha256, 'hex').toString('base64'),
    Version: version,
    Environment: { Variables: environmentVariables },
    ...(layers !== undefined && { Layers: layers.map((Arn) => ({ Arn })) }),
    RevisionId: uuidForm(etag),
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

export function uuidForm(etag: string): string {
  const hex = etag.padEnd(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
