/** Decides which versions get how many of the instances that are asked for a qualifier. */
import { type DeployedFunction, LATEST } from '../deployment/deployed-function.ts';
import type { Deployment } from '../deployment/deployment.ts';

export interface Share {
  readonly deployment: Deployment;
  readonly target: number;
}

/** An alias shares them out by its weights, rounded up. None while what it names is not declared. */
export function sharesOf(entry: DeployedFunction | undefined, qualifier: string, target: number): Share[] {
  if (entry === undefined) return [];
  if (qualifier === LATEST) return [{ deployment: entry.latest, target }];
  const version = entry.versions.get(qualifier);
  if (version !== undefined) return [{ deployment: version.deployment, target }];
  const alias = entry.aliases.get(qualifier);
  if (alias === undefined) return [];
  const shares: Share[] = [];
  let rest = 1;
  for (const [versionId, weight] of Object.entries(alias.additionalVersionWeight)) {
    rest -= weight;
    const deployment = entry.versions.get(versionId)?.deployment;
    if (deployment !== undefined) shares.push({ deployment, target: Math.ceil(target * weight) });
  }
  const main = alias.versionId === LATEST ? entry.latest : entry.versions.get(alias.versionId)?.deployment;
  if (main !== undefined) shares.push({ deployment: main, target: Math.ceil(target * Math.max(0, rest)) });
  return shares;
}
