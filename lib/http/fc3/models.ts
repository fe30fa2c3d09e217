/**
 * What Function Compute 3.0's requests and answers look like. One file because these schemas check what comes in, and the
 * OpenAPI document is made from them. Fields nobody here knows are kept and given back: clients are newer than servers.
 */
import { z } from 'zod';

const text = z.string().max(4_096);
const time = z.string().describe('RFC 3339, UTC.');
const map = z.record(z.string().max(256), z.string().max(4_096));

export const functionName = z
  .string()
  .regex(
    /^[A-Za-z_][\w-]{0,63}(\$[A-Za-z_][\w-]{0,127})?$/,
    'must be 1-64 letters, digits, _ or -, a letter or _ first',
  );

const handler = z.string().min(1).max(128).describe('`file.export`.');

const lifecycleHook = (maxSeconds: number) =>
  z.looseObject({
    handler: handler.optional(),
    timeout: z.number().int().min(1).max(maxSeconds).optional().describe('Seconds.'),
    command: z.array(text).optional(),
  });

const code = z
  .looseObject({
    zipFile: z.string().optional().describe('A zip archive in Base64.'),
    ossBucketName: z.string().optional(),
    ossObjectName: z.string().optional(),
    checksum: z.string().optional().describe('CRC-64 of the archive, decimal.'),
  })
  .describe('Either zipFile, or the bucket and name of an object uploaded before.');

const tag = z.looseObject({ Key: text.optional(), Value: text.optional() });

/** What is stored and given back, and has no effect here. */
const echoed = {
  cpu: z.number().min(0.05).max(16).optional(),
  diskSize: z.number().int().optional(),
  role: text.optional(),
  resourceGroupId: text.optional(),
  idleTimeout: z.number().optional(),
  logConfig: z.looseObject({}).optional(),
  vpcConfig: z.looseObject({}).optional(),
  nasConfig: z.looseObject({}).optional(),
  ossMountConfig: z.looseObject({}).optional(),
  polarFsConfig: z.looseObject({}).optional(),
  juiceFsConfig: z.looseObject({}).optional(),
  customDNS: z.looseObject({}).optional(),
  tracingConfig: z.looseObject({}).optional(),
  sessionAffinity: text.optional(),
  sessionAffinityConfig: text.optional(),
  instanceIsolationMode: text.optional(),
  disableInjectCredentials: text.optional(),
  disableOndemand: z.boolean().optional(),
  enableLongLiving: z.boolean().optional(),
};

/** Refused when they say anything, because a function would not do what it was declared to. */
const refused = {
  customContainerConfig: z.looseObject({}).optional().describe('Refused: containers cannot run here.'),
  customRuntimeConfig: z.looseObject({}).optional().describe('Refused: programs of other languages cannot run here.'),
  gpuConfig: z.looseObject({}).optional().describe('Refused: isolates have no GPU.'),
};

const declared = {
  description: z.string().max(256).optional(),
  memorySize: z.number().int().min(64).max(32_768).optional().describe('MB.'),
  timeout: z.number().int().min(1).max(86_400).optional().describe('Seconds; default 3.'),
  instanceConcurrency: z.number().int().min(1).max(200).optional(),
  environmentVariables: map.optional(),
  internetAccess: z.boolean().optional(),
  instanceLifecycleConfig: z
    .looseObject({ initializer: lifecycleHook(300).optional(), preStop: lifecycleHook(90).optional() })
    .optional(),
  layers: z.array(text).max(5).optional().describe('ARNs of layer versions; files of earlier ones win.'),
};

export const createFunctionInput = z
  .looseObject({
    functionName,
    runtime: z.string().min(1).max(64),
    handler,
    code,
    tags: z.array(tag).max(20).optional(),
    ...declared,
    ...echoed,
    ...refused,
  })
  .meta({ id: 'CreateFunctionInput' });
export type CreateFunctionInput = z.output<typeof createFunctionInput>;

export const updateFunctionInput = z
  .looseObject({
    runtime: z.string().min(1).max(64).optional(),
    handler: handler.optional(),
    code: code.optional(),
    ...declared,
    ...echoed,
    ...refused,
  })
  .meta({ id: 'UpdateFunctionInput' });
export type UpdateFunctionInput = z.output<typeof updateFunctionInput>;

const layerReference = z.looseObject({ arn: z.string(), size: z.number().optional() });

export const functionModel = z
  .looseObject({
    functionName: z.string(),
    functionArn: z.string(),
    functionId: z.string(),
    runtime: z.string(),
    handler: z.string(),
    codeChecksum: z.string(),
    codeSize: z.number().describe('Bytes.'),
    createdTime: time,
    lastModifiedTime: time,
    ...declared,
    ...echoed,
    layers: z.array(layerReference).optional(),
    tags: z.array(tag).optional(),
    state: z.enum(['Active', 'Inactive']).optional(),
    stateReason: z.string().optional(),
    stateReasonCode: z.string().optional(),
    lastUpdateStatus: z.enum(['Successful']).optional(),
    invocationRestriction: z
      .looseObject({ disable: z.boolean(), reason: z.string().optional(), lastModifiedTime: time.optional() })
      .optional(),
  })
  .meta({ id: 'Function' });
export type FunctionModel = z.output<typeof functionModel>;

export const listFunctionsOutput = z
  .looseObject({ functions: z.array(functionModel), nextToken: z.string().optional() })
  .meta({ id: 'ListFunctionsOutput' });

export const functionCodeOutput = z
  .looseObject({ checksum: z.string(), url: z.string().describe('Where the archive can be fetched for a while.') })
  .meta({ id: 'OutputFuncCode' });

export const errorModel = z
  .looseObject({
    RequestId: z.string(),
    Code: z.string(),
    Message: z.string(),
    ErrorCode: z.string().describe('As Code, for clients of 2016-08-15.'),
    ErrorMessage: z.string(),
  })
  .meta({ id: 'Error' });
