/** Checks what a user declares, names field, value and bound of what is wrong, and fills in the defaults. */
import { z } from 'zod';
import { isSchema } from '../binding/schema.ts';
import { IsopodError } from '../errors.ts';
import type { DeclaredNetwork } from '../outbound/function-network.ts';
import type {
  BindingMethod,
  Bindings,
  CodeSource,
  FunctionConfig,
  HostFunction,
  Isolation,
  LaneSetting,
  Runtime,
  StandardSchema,
} from '../types.ts';
import { asyncConfig, type DeclaredAsync } from './async-config.ts';
import { fullName } from './name.ts';
import { defaultTimeoutMs, network } from './network.ts';
import { FC_RUNTIMES, LAMBDA_RUNTIMES } from './runtimes.ts';
import { checkTogether } from './together.ts';

export interface Hook {
  readonly handler: string;
  /** Seconds. */
  readonly timeout: number;
}

/** A declaration that was checked; every default filled in. */
export interface DeclaredFunction {
  /** The full name. */
  readonly functionName: string;
  readonly code: CodeSource;
  readonly handler: string;
  readonly runtime: Runtime;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: number;
  readonly cpuMs: number | undefined;
  readonly instanceConcurrency: number;
  readonly maxInstances: number;
  readonly minInstances: number;
  readonly idleTimeout: number;
  readonly spareInstances: number | 'auto';
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly initializer: Hook | undefined;
  readonly preStop: Hook | undefined;
  readonly bindings: Bindings;
  readonly network: DeclaredNetwork | undefined;
  readonly isolation: Isolation;
  readonly lane: LaneSetting;
  readonly snapshot: 'auto' | 'never' | 'always';
  /** JSON text of the example event; undefined when there is none. */
  readonly warmUpEvent: string | undefined;
  readonly webAssembly: boolean;
  readonly sharedMemory: boolean;
  readonly dynamicCode: boolean;
  readonly clockResolutionMs: number;
  readonly freshInstance: boolean;
  readonly asyncInvokeConfig: DeclaredAsync;
}

/** `file.export`: letters, digits and `_ $ - /`, one dot before the export. */
const handlerName = z
  .string()
  .max(128)
  .regex(/^[\w$@/.-]+\.[\w$]+$/, 'must look like "file.export", for example "index.handler"');

const hook = (maxSeconds: number) =>
  z.strictObject({ handler: handlerName, timeout: z.number().min(0.001).max(maxSeconds).default(3) }).optional();

const schema = z.custom<StandardSchema>(isSchema, 'must be a Standard Schema (zod, valibot, arktype, ...)');
const bytesLimit = z.number().int().min(2).max(268_435_456).optional();
const quota = z.strictObject({
  callsPerInvocation: z.number().int().min(1).max(1_000_000_000).optional(),
  inFlight: z.number().int().min(1).max(1_000).optional(),
  maxArgBytes: bytesLimit,
  maxResultBytes: bytesLimit,
  timeoutMs: z.number().min(1).max(86_400_000).optional(),
});
const isFunction = (value: unknown): boolean => typeof value === 'function';
const describedMethod = z.strictObject({
  call: z.custom<BindingMethod['call']>(isFunction, 'must be a function'),
  args: z.union([schema, z.array(schema)], 'must be a Standard Schema, or a list of them').optional(),
  result: schema.optional(),
  quota: quota.optional(),
  description: z.string().max(1_024).optional(),
});
/** Told apart by hand, so that the mistake inside a described method is what is told. */
const hostMethod = z.unknown().transform((value, context): HostFunction | BindingMethod => {
  if (typeof value === 'function') return value as HostFunction;
  if (typeof value !== 'object' || value === null) {
    context.addIssue({ code: 'custom', message: 'must be a function, or an object with a function "call"' });
    return z.NEVER;
  }
  const checked = describedMethod.safeParse(value);
  if (checked.success) return checked.data;
  for (const { path, message } of checked.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be a Uint8Array or a path');

const code = z.union(
  [
    z.strictObject({
      source: z.string(),
      language: z.enum(['js', 'ts', 'jsx', 'tsx']).optional(),
      resolveDir: z.string().optional(),
    }),
    z.strictObject({ dir: z.string().min(1) }),
    z.strictObject({ zipFile: z.union([z.string().min(1), bytes]) }),
    z.strictObject({ url: z.string().min(1) }),
  ],
  { error: 'must be exactly one of { source }, { dir }, { zipFile } or { url }' },
);

/** Environment variables may hold 4 KB in all (Function Compute API). */
const MAX_ENVIRONMENT_BYTES = 4_096;
const environment = z
  .record(z.string().regex(/^[A-Za-z_]\w*$/, 'names are letters, digits and _, not starting with a digit'), z.string())
  .refine(
    (values) => Buffer.byteLength(JSON.stringify(values)) <= MAX_ENVIRONMENT_BYTES,
    'must be at most 4 KB in all',
  );

const declaration = z.strictObject({
  functionName: fullName,
  code,
  handler: handlerName.default('index.handler'),
  runtime: z.enum(['isopod', ...FC_RUNTIMES, ...LAMBDA_RUNTIMES]).default('isopod'),
  description: z.string().max(256).default(''),
  memorySize: z.number().int().min(8).max(4_096).default(128),
  timeout: z.number().min(0.001).max(86_400).default(3),
  cpuMs: z.number().min(1).max(86_400_000).optional(),
  instanceConcurrency: z.number().int().min(1).max(200).default(1),
  maxInstances: z.number().int().min(1).max(10_000).default(100),
  minInstances: z.number().int().min(0).max(10_000).default(0),
  idleTimeout: z.number().min(0).max(86_400).default(60),
  spareInstances: z.union([z.literal('auto'), z.number().int().min(0).max(100)]).optional(),
  environmentVariables: environment.default({}),
  instanceLifecycleConfig: z
    .strictObject({ initializer: hook(300), preStop: hook(90) })
    .partial()
    .default({}),
  bindings: z.record(z.string().min(1), z.record(z.string().min(1), hostMethod)).default({}),
  network: network.optional(),
  isolation: z.enum(['thread', 'process', 'jailed']).default('thread'),
  lane: z.enum(['auto', 'direct', 'worker']).default('auto'),
  snapshot: z.enum(['auto', 'never', 'always']).default('auto'),
  warmUpEvent: z.unknown().optional(),
  webAssembly: z.boolean().default(false),
  sharedMemory: z.boolean().default(false),
  dynamicCode: z.boolean().default(true),
  clockResolutionMs: z.number().min(0).max(60_000).default(0),
  freshInstance: z.boolean().default(false),
  asyncInvokeConfig: asyncConfig.default({}),
});

/** Spares of a function whose calls each take one. */
const FRESH_SPARES = 2;

/** Checks a declaration. Throws `InvalidArgument`, naming every wrong field. */
export function declare(config: FunctionConfig): DeclaredFunction {
  const checked = parse(declaration, config, 'createFunction');
  const { instanceLifecycleConfig, warmUpEvent, ...rest } = checked;
  checkTogether(rest);
  return deepFreeze({
    ...rest,
    spareInstances: rest.spareInstances ?? (rest.freshInstance ? FRESH_SPARES : 0),
    network: rest.network && { ...rest.network, timeoutMs: rest.network.timeoutMs ?? defaultTimeoutMs(checked) },
    warmUpEvent: warmUpEvent === undefined ? undefined : jsonText(warmUpEvent),
    initializer: instanceLifecycleConfig.initializer,
    preStop: instanceLifecycleConfig.preStop,
  } as DeclaredFunction);
}

function jsonText(event: unknown): string {
  try {
    const text = JSON.stringify(event);
    if (text !== undefined) return text;
  } catch {
    // Told below.
  }
  throw new IsopodError('InvalidArgument', 'createFunction: warmUpEvent: must be a JSON value');
}

/** Checks `value` against `schema`; throws `InvalidArgument` naming field, value and bound. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, call: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    const given = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    return `${path === '' ? 'argument' : path}: ${issue.message}, got ${path.includes('secrets') ? 'a value that is not shown' : show(given)}`;
  });
  throw new IsopodError('InvalidArgument', `${call}: ${problems.join('; ')}`);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (key, inner: unknown) => (key === 'secrets' ? '(not shown)' : inner));
  } catch {
    text = undefined;
  }
  if (text === undefined) return `a ${typeof value}`;
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function deepFreeze<T>(value: T): T {
  // Schemas are their library's: some fill parts of themselves in later.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !isSchema(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
