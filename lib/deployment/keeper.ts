/**
 * Keeps functions with their versions and aliases in the catalog, and reads them at start. What the embedding program's own
 * functions belong to cannot be kept: that is its to declare at each start. In a catalog other engines write to as well, a
 * document is changed only as long as it is the one this engine goes by.
 */
import { toIsopodError } from '../errors.ts';
import type { EngineLogger } from '../options.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import type { AliasInfo, VersionInfo } from '../types.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { Deployment } from './deployment.ts';
import { Plan, type PlanFacts } from './plan.ts';

export const FUNCTION = 'function';
export const VERSION = 'version';
export const ALIAS = 'alias';

export interface KeptFunction {
  readonly plan: PlanFacts;
  readonly nextVersion: number;
}

export interface KeptVersion {
  readonly info: VersionInfo;
  readonly plan: PlanFacts;
}

/** Sorts after its function's name and before that of every other: no name contains a colon. */
const keyOf = (functionName: string, part: string): string => `${functionName}:${part}`;
/** The function's name in the key of one of its parts. */
export const nameIn = (key: string): string => key.slice(0, key.lastIndexOf(':'));

export interface Restored {
  readonly functionName: string;
  readonly latest: Plan;
  readonly nextVersion: number;
  readonly versions: readonly { readonly info: VersionInfo; readonly plan: Plan }[];
  readonly aliases: readonly AliasInfo[];
}

export interface KeeperOptions {
  /** Without one nothing is kept. */
  readonly catalog: Catalog | undefined;
  /** Others write to the catalog too. */
  readonly isShared: boolean;
  readonly logger: EngineLogger | undefined;
}

export class Keeper {
  readonly #catalog: Catalog | undefined;
  readonly #logger: EngineLogger | undefined;
  /** Revisions this engine goes by; undefined where it is the only one to write. */
  readonly #revisions: Map<string, number> | undefined;

  constructor({ catalog, isShared, logger }: KeeperOptions) {
    this.#catalog = catalog;
    this.#logger = logger;
    this.#revisions = isShared ? new Map() : undefined;
  }

  /** The revision of a document this engine goes by; 0 when there is none. */
  revisionOf(kind: string, key: string): number {
    return this.#revisions?.get(`${kind} ${key}`) ?? 0;
  }

  /** From now on this engine goes by this revision; 0: there is no document. */
  goBy(kind: string, key: string, revision: number): void {
    if (revision === 0) this.#revisions?.delete(`${kind} ${key}`);
    else this.#revisions?.set(`${kind} ${key}`, revision);
  }

  async #put<T>(kind: string, key: string, value: T): Promise<void> {
    if (this.#catalog === undefined) return;
    const expected = this.#revisions === undefined ? undefined : this.revisionOf(kind, key);
    const { revision } = await this.#catalog.put<T>(kind, key, value, expected);
    this.goBy(kind, key, revision);
  }

  async #delete(kind: string, key: string): Promise<boolean> {
    const expected = this.#revisions === undefined ? undefined : this.revisionOf(kind, key);
    const wasThere = (await this.#catalog?.delete(kind, key, expected)) ?? false;
    this.goBy(kind, key, 0);
    return wasThere;
  }

  /** Before calls go to `latest`. Rejects with `StoreFailed` or `ConcurrentUpdateError`. */
  async keep(
    { functionName }: { readonly functionName: string },
    latest: Deployment,
    nextVersion: number,
  ): Promise<void> {
    if (this.#catalog === undefined) return;
    if (latest.plan.isPlain) {
      await this.#put<KeptFunction>(FUNCTION, functionName, { plan: latest.plan.facts, nextVersion });
      return;
    }
    this.#logger?.warn('A function with host functions is not kept: declare it at each start', { functionName });
    await this.forget(functionName);
  }

  async keepVersion(entry: DeployedFunction, info: VersionInfo, { plan }: Deployment): Promise<void> {
    if (this.#catalog === undefined || !entry.latest.plan.isPlain) return;
    await this.keep(entry, entry.latest, entry.nextVersion);
    await this.#put<KeptVersion>(VERSION, keyOf(entry.functionName, info.versionId), { info, plan: plan.facts });
  }

  async forgetVersion({ functionName }: DeployedFunction, versionId: string): Promise<void> {
    await this.#delete(VERSION, keyOf(functionName, versionId));
  }

  async keepAlias({ functionName, latest }: DeployedFunction, alias: AliasInfo): Promise<void> {
    if (latest.plan.isPlain) await this.#put(ALIAS, keyOf(functionName, alias.aliasName), alias);
  }

  async forgetAlias({ functionName }: DeployedFunction, aliasName: string): Promise<void> {
    await this.#delete(ALIAS, keyOf(functionName, aliasName));
  }

  /** The function goes first: what is left of it without it is removed at the next start. */
  async forget(functionName: string): Promise<void> {
    if (await this.#delete(FUNCTION, functionName)) await this.#forgetParts(functionName);
  }

  async #forgetParts(functionName: string): Promise<void> {
    if (this.#catalog === undefined) return;
    for (const kind of [VERSION, ALIAS]) {
      const parts = documents(this.#catalog, kind, keyOf(functionName, ''));
      for await (const { key, revision } of parts) {
        this.goBy(kind, key, 0);
        // A part that was changed meanwhile is of a function that was made again.
        await this.#catalog.delete(kind, key, revision).catch((error: unknown) => {
          if (toIsopodError(error).code !== 'ConcurrentUpdateError') throw error;
        });
      }
    }
  }

  async *restore(): AsyncGenerator<Restored> {
    const catalog = this.#catalog;
    if (catalog === undefined) return;
    const versions = await this.#byFunction<KeptVersion>(VERSION);
    const aliases = await this.#byFunction<AliasInfo>(ALIAS);
    for await (const { key: functionName, value, revision } of documents<KeptFunction>(catalog, FUNCTION)) {
      this.goBy(FUNCTION, functionName, revision);
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
    // In a shared catalog they may be of a function that has just been made.
    if (this.#revisions !== undefined) return;
    for (const functionName of new Set([...versions.keys(), ...aliases.keys()])) await this.#forgetParts(functionName);
  }

  async #byFunction<T>(kind: string): Promise<Map<string, T[]>> {
    const found = new Map<string, T[]>();
    if (this.#catalog === undefined) return found;
    for await (const { key, value, revision } of documents<T>(this.#catalog, kind)) {
      this.goBy(kind, key, revision);
      const name = nameIn(key);
      found.set(name, [...(found.get(name) ?? []), value]);
    }
    return found;
  }
}
