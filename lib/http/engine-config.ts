/** From what the API declares of a function to what the engine takes. */
import { IsopodError } from '../errors.ts';
import { FC_RUNTIMES, LAMBDA_RUNTIMES } from '../function/runtimes.ts';
import type { CodeSource, FunctionConfig, Isolation, Runtime } from '../types.ts';

/** A function as its owner declared it: Function Compute 3.0's fields without name, code and tags. */
export interface ApiConfig {
  readonly runtime: string;
  readonly handler: string;
  readonly description?: string | undefined;
  readonly memorySize?: number | undefined;
  readonly timeout?: number | undefined;
  readonly instanceConcurrency?: number | undefined;
  readonly environmentVariables?: Readonly<Record<string, string>> | undefined;
  readonly internetAccess?: boolean | undefined;
  readonly instanceLifecycleConfig?: LifecycleConfig | undefined;
  readonly layers?: readonly string[] | undefined;
  readonly [field: string]: unknown;
}

interface LifecycleConfig {
  readonly initializer?: Hook | undefined;
  readonly preStop?: Hook | undefined;
  readonly [field: string]: unknown;
}

export interface Hook {
  readonly handler?: string | undefined;
  readonly timeout?: number | undefined;
  readonly [field: string]: unknown;
}

export interface HostRules {
  readonly isolation: Isolation;
  /** Functions that do not say `internetAccess: false` may reach public hosts. */
  readonly internet: boolean;
}

/** MB of heap an isolate can have here; a function may declare more, and is told what it declared. */
const MOST_MEMORY_MB = 4_096;
const DEFAULT_MEMORY_MB = 512;

const OWN: readonly string[] = ['isopod', ...FC_RUNTIMES, ...LAMBDA_RUNTIMES];

/** Throws `InvalidArgument` for a runtime nothing here can stand for. */
export function engineRuntime(runtime: string): Runtime {
  if (OWN.includes(runtime)) return runtime as Runtime;
  const old = /^nodejs(\d+)(\.x)?$/.exec(runtime);
  if (old !== null) {
    const major = Number(old[1]);
    const known = old[2] === undefined ? FC_RUNTIMES : LAMBDA_RUNTIMES;
    const first = known[0];
    const last = known.at(-1) as Runtime;
    return major < Number(/\d+/.exec(first)?.[0]) ? first : last;
  }
  throw new IsopodError(
    'InvalidArgument',
    `The runtime '${runtime}' cannot run here; this host runs JavaScript and TypeScript: ${OWN.join(', ')}`,
  );
}

const REFUSED: Readonly<Record<string, string>> = {
  customContainerConfig: 'containers cannot run here',
  customRuntimeConfig: 'programs of other languages cannot run here',
  gpuConfig: 'isolates have no GPU',
};

/** Throws `InvalidArgument` for what would be a promise nobody keeps. */
export function checkSupported(config: Readonly<Record<string, unknown>>): void {
  for (const [field, why] of Object.entries(REFUSED)) {
    const value = config[field];
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) continue;
    throw new IsopodError('InvalidArgument', `${field} is not supported: ${why}`);
  }
}

const hookOf = (hook: Hook | undefined) =>
  hook?.handler === undefined || hook.handler === ''
    ? undefined
    : { handler: hook.handler, timeout: hook.timeout ?? 3 };

/** Everything but the name. */
export function engineConfig(
  config: ApiConfig,
  code: CodeSource,
  { isolation, internet }: HostRules,
): Omit<FunctionConfig, 'functionName'> {
  checkSupported(config);
  const { initializer, preStop } = config.instanceLifecycleConfig ?? {};
  return {
    code,
    handler: config.handler,
    runtime: engineRuntime(config.runtime),
    description: config.description ?? '',
    memorySize: Math.min(config.memorySize ?? DEFAULT_MEMORY_MB, MOST_MEMORY_MB),
    timeout: config.timeout ?? 3,
    instanceConcurrency: config.instanceConcurrency ?? 1,
    environmentVariables: config.environmentVariables ?? {},
    instanceLifecycleConfig: { initializer: hookOf(initializer), preStop: hookOf(preStop) },
    network: internet && config.internetAccess !== false ? { allow: ['*'] } : undefined,
    isolation,
  };
}
