/**
 * Keeps functions with their versions and aliases in the catalog, and reads them at start. What the embedding program's own
 * functions belong to cannot be kept: that is its to declare at each start.
 */
import type { EngineLogger } from '../options.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import type { AliasInfo, VersionInfo } from '../types.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { Deployment } from './deployment.ts';
import { Plan, type PlanFacts } from './plan.ts';

const FUNCTION = 'function';
const VERSION = 'version';
const ALIAS = 'alias';

interface KeptFunction {
  readonly plan: PlanFacts;
  readonly nextVersion: number;
}

interface KeptVersion {
  readonly info: VersionInfo;
  readonly plan: PlanFacts;
}

/** Sorts after its function's name and before that of every other: no name contains a colon. */
const keyOf = (functionName: string, part: string): string => `${functionName}:${part}`;
const nameIn = (key: string): string => key.slice(0, key.lastIndexOf(':'));

export interface Restored {
  readonly functionName: string;
  readonly latest: Plan;
  readonly nextVersion: number;
  readonly versions: readonly { readonly info: VersionInfo; readonly plan: Plan }[];
  readonly aliases: readonly AliasInfo[];
}

export class Keeper {
  readonly #catalog: Catalog | undefined;
  readonly #logger: EngineLogger | undefined;

  /** Without a catalog nothing is kept. */
  constructor(catalog: Catalog | undefined, logger: EngineLogger | undefined) {
    this.#catalog = catalog;
    this.#logger = logger;
  }

  /** Before calls go to `latest`. Rejects with `StoreFailed`. */
  async keep(
    { functionName }: { readonly functionName: string },
    latest: Deployment,
    nextVersion: number,
  ): Promise<void> {
    if (this.#catalog === undefined) return;
    if (latest.plan.isPlain) {
      await this.#catalog.put<KeptFunction>(FUNCTION, functionName, { plan: latest.plan.facts, nextVersion });
      return;
    }
    this.#logger?.warn('A function with host functions is not kept: declare it at each start', { functionName });
    await this.forget(functionName);
  }

  async keepVersion(entry: DeployedFunction, info: VersionInfo, { plan }: Deployment): Promise<void> {
    if (this.#catalog === undefined || !entry.latest.plan.isPlain) return;
    await this.keep(entry, entry.latest, entry.nextVersion);
    await this.#catalog.put<KeptVersion>(VERSION, keyOf(entry.functionName, info.versionId), {
      info,
      plan: plan.facts,
    });
  }

  async forgetVersion({ functionName }: DeployedFunction, versionId: string): Promise<void> {
    await this.#catalog?.delete(VERSION, keyOf(functionName, versionId));
  }

  async keepAlias({ functionName, latest }: DeployedFunction, alias: AliasInfo): Promise<void> {
    if (latest.plan.isPlain) await this.#catalog?.put(ALIAS, keyOf(functionName, alias.aliasName), alias);
  }

  async forgetAlias({ functionName }: DeployedFunction, aliasName: string): Promise<void> {
    await this.#catalog?.delete(ALIAS, keyOf(functionName, aliasName));
  }

  /** The function goes first: what is left of it without it is removed at the next start. */
  async forget(functionName: string): Promise<void> {
    if ((await this.#catalog?.delete(FUNCTION, functionName)) === true) await this.#forgetParts(functionName);
  }

  async #forgetParts(functionName: string): Promise<void> {
    if (this.#catalog === undefined) return;
    for (const kind of [VERSION, ALIAS]) {
      const parts = documents(this.#catalog, kind, keyOf(functionName, ''));
      for await (const { key } of parts) await this.#catalog.delete(kind, key);
    }
  }

  async *restore(): AsyncGenerator<Restored> {
    const catalog = this.#catalog;
    if (catalog === undefined) return;
    const versions = await this.#byFunction<KeptVersion>(VERSION);
    const aliases = await this.#byFunction<AliasInfo>(ALIAS);
    for await (const { key: functionName, value } of documents<KeptFunction>(catalog, FUNCTION)) {
      yield {
        functionName,
        latest: new Plan(value.plan),
        nextVersion: value.nextVersion,
        versions: (versions.get(functionName) ?? []).map(({ info, plan }) => ({ info, plan: new Plan(plan) })),
        aliases: aliases.get(functionName) ?? [],
      };
      versions.delete(functionName);
      aliases.delete(functionName);
    }
    for (const functionName of new Set([...versions.keys(), ...aliases.keys()])) await this.#forgetParts(functionName);
  }

  async #byFunction<T>(kind: string): Promise<Map<string, T[]>> {
    const found = new Map<string, T[]>();
    if (this.#catalog === undefined) return found;
    for await (const { key, value } of documents<T>(this.#catalog, kind)) {
      const name = nameIn(key);
      found.set(name, [...(found.get(name) ?? []), value]);
    }
    return found;
  }
}
