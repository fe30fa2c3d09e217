/** A function as it is told to those who ask: every default filled in, no secrets. */
import type { DeclaredFunction } from '../function/declaration.ts';
import type { FunctionInfo, NetworkInfo } from '../types.ts';
import type { PlanFacts } from './plan.ts';

export function functionInfo(declared: DeclaredFunction, facts: PlanFacts, versionId: string): FunctionInfo {
  const { code, image, createdTime, lastModifiedTime } = facts;
  return Object.freeze({
    functionName: declared.functionName,
    versionId,
    handler: declared.handler,
    runtime: declared.runtime,
    description: declared.description,
    memorySize: declared.memorySize,
    timeout: declared.timeout,
    cpuMs: declared.cpuMs,
    instanceConcurrency: declared.instanceConcurrency,
    maxInstances: declared.maxInstances,
    idleTimeout: declared.idleTimeout,
    lane: declared.lane,
    isolation: declared.isolation,
    freshInstance: declared.freshInstance,
    environmentVariables: declared.environmentVariables,
    network: networkInfo(declared),
    codeHash: code.hash,
    codeSize: code.size,
    packages: code.packages,
    warnings: code.warnings,
    image,
    createdTime,
    lastModifiedTime,
  });
}

/** Values of secrets stay out of what is told of a function. */
function networkInfo({ network }: DeclaredFunction): NetworkInfo | undefined {
  if (network === undefined) return undefined;
  const secrets = Object.entries(network.secrets).map(([name, { hosts }]) => [name, hosts] as const);
  return Object.freeze({ ...network, secrets: Object.freeze(Object.fromEntries(secrets)) });
}
