/** What Function Compute 2.0's requests and answers look like, and how its functions are told in 3.0's words. */
import { z } from 'zod';
import { Answer } from '../call.ts';
import type { ApiConfig } from '../engine-config.ts';
import type { Described } from '../functions.ts';

const name = (what: string) =>
  z.string().regex(/^[A-Za-z_][\w-]{0,127}$/, `${what}: must be 1-128 letters, digits, _ or -, a letter or _ first`);

export const serviceInput = z.looseObject({ description: z.string().max(256).optional() });
export const createServiceInput = serviceInput.extend({ serviceName: name('serviceName') });

const code = z.looseObject({
  zipFile: z.string().optional(),
  ossBucketName: z.string().optional(),
  ossObjectName: z.string().optional(),
});
const hook = z.looseObject({ handler: z.string().optional(), timeout: z.number().optional() }).nullish();

const declared = {
  description: z.string().max(256).nullish(),
  memorySize: z.number().int().min(64).max(32_768).nullish(),
  timeout: z.number().int().min(1).max(86_400).nullish(),
  initializer: z.string().max(128).nullish(),
  initializationTimeout: z.number().int().min(1).max(300).nullish(),
  instanceConcurrency: z.number().int().min(1).max(200).nullish(),
  environmentVariables: z.record(z.string(), z.string()).nullish(),
  instanceLifecycleConfig: z.looseObject({ preFreeze: hook, preStop: hook }).nullish(),
  layers: z.array(z.string()).nullish(),
  customContainerConfig: z.looseObject({}).nullish(),
  customRuntimeConfig: z.looseObject({}).nullish(),
};

export const createFunctionInput = z.looseObject({
  functionName: name('functionName'),
  runtime: z.string().min(1).max(64),
  handler: z.string().min(1).max(128),
  code,
  ...declared,
});

export const updateFunctionInput = z.looseObject({
  runtime: z.string().min(1).max(64).nullish(),
  handler: z.string().min(1).max(128).nullish(),
  code: code.nullish(),
  ...declared,
});

export const anything = z.looseObject({});

export const qualified = z.object({ qualifier: z.string().optional() });
export const listQuery = qualified.extend({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
  prefix: z.string().default(''),
  startKey: z.string().default(''),
});

export const withEtag = (value: unknown, etag: string, checksum?: string): Answer =>
  new Answer(
    200,
    { 'content-type': 'application/json', etag, ...(checksum !== undefined && { 'x-fc-code-checksum': checksum }) },
    JSON.stringify(value),
  );

type Input = Readonly<Record<string, unknown>> & {
  readonly initializer?: string | null | undefined;
  readonly initializationTimeout?: number | null | undefined;
  readonly instanceLifecycleConfig?: Readonly<Record<string, unknown>> | null | undefined;
};

/** 3.0 has the initializer among the hooks; `before`: what the function has already. */
export function toConfig(input: Input, before?: ApiConfig): Partial<ApiConfig> {
  const { initializer, initializationTimeout, instanceLifecycleConfig, ...rest } = input;
  const config: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(rest)) if (value !== null && value !== undefined) config[field] = value;
  const known = before?.instanceLifecycleConfig ?? {};
  const hooks: Record<string, unknown> = { ...known, ...instanceLifecycleConfig };
  if (typeof initializer === 'string' || typeof initializationTimeout === 'number') {
    hooks.initializer = {
      handler: initializer ?? known.initializer?.handler ?? '',
      timeout: initializationTimeout ?? known.initializer?.timeout ?? 3,
    };
  }
  if (Object.keys(hooks).length > 0) config.instanceLifecycleConfig = hooks;
  return config as Partial<ApiConfig>;
}

/** A function of a service as 2.0 shows it. */
export function toFunction({
  name: full,
  config,
  functionId,
  codeChecksum,
  codeSize,
  createdTime,
  lastModifiedTime,
}: Described) {
  const { lambda: _, instanceLifecycleConfig, ...rest } = config;
  const { initializer, ...hooks } = instanceLifecycleConfig ?? {};
  return {
    ...rest,
    functionId,
    functionName: full.slice(full.indexOf('$') + 1),
    initializer: initializer?.handler ?? '',
    initializationTimeout: initializer?.timeout ?? 3,
    instanceLifecycleConfig: hooks,
    codeChecksum,
    codeSize,
    createdTime,
    lastModifiedTime,
  };
}
