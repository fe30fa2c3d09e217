/**
 * Follows a catalog other engines write to: what they create, change and delete is so here too, a moment later. Each change is
 * made in its function's turn, after those of this engine that are under way, and only when it is newer.
 */
import type { EngineLogger } from '../options.ts';
import type { Catalog, Change } from '../store/catalog.ts';
import type { AliasInfo } from '../types.ts';
import type { Deployer } from './deployer.ts';
import type { Functions } from './functions.ts';
import { ALIAS, FUNCTION, type Keeper, type KeptFunction, type KeptVersion, nameIn, VERSION } from './keeper.ts';
import { Plan } from './plan.ts';

export interface FollowerOptions {
  readonly catalog: Catalog;
  readonly functions: Functions;
  readonly keeper: Keeper;
  readonly deployer: Deployer;
  readonly logger: EngineLogger | undefined;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #unwatch: readonly (() => void)[];
  /** Changes told before everything that was kept is declared. */
  #early: (() => void)[] | undefined = [];
  #closed = false;

  /** Follows from here on; what it is told before `begin` waits. */
  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#unwatch = [
      this.#watch<KeptFunction>(
        FUNCTION,
        (key) => key,
        (name, change) => this.#function(name, change),
      ),
      this.#watch<KeptVersion>(VERSION, nameIn, (name, change) => this.#version(name, change)),
      this.#watch<AliasInfo>(ALIAS, nameIn, (name, change) => this.#alias(name, change)),
    ];
  }

  #watch<T>(
    kind: string,
    nameOf: (key: string) => string,
    apply: (functionName: string, change: Change<T>) => Promise<void> | void,
  ): () => void {
    const { catalog, functions, keeper, logger } = this.#options;
    return catalog.watch<T>(kind, '', (change) => {
      const functionName = nameOf(change.key);
      const follow = (): void => {
        functions.turns
          .take(functionName, async () => {
            const { key, revision, value } = change;
            if (this.#closed || revision <= keeper.revisionOf(kind, key)) return;
            keeper.goBy(kind, key, value === undefined ? 0 : revision);
            await apply(functionName, change);
          })
          .catch((error: unknown) => logger?.error('A change of the cluster is not followed', { functionName, error }));
      };
      if (this.#early === undefined) follow();
      else this.#early.push(follow);
    });
  }

  /** Everything that was kept is declared. */
  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const follow of early) follow();
  }

  async #function(functionName: string, { value }: Change<KeptFunction>): Promise<void> {
    const { functions } = this.#options;
    if (value !== undefined) return functions.adopt(functionName, new Plan(value.plan), value.nextVersion);
    if (functions.find(functionName)?.latest.plan.isPlain === true) await functions.abandon(functionName);
  }

  #version(functionName: string, { key, value }: Change<KeptVersion>): void {
    const { functions, deployer } = this.#options;
    const entry = functions.find(functionName);
    if (entry === undefined) return;
    const versionId = key.slice(functionName.length + 1);
    const before = entry.versions.get(versionId);
    if (before !== undefined) void deployer.endSoon(before.deployment);
    if (value === undefined) entry.versions.delete(versionId);
    else {
      const deployment = deployer.restore(new Plan(value.plan), versionId);
      entry.versions.set(versionId, { info: Object.freeze(value.info), deployment });
    }
  }

  #alias(functionName: string, { key, value }: Change<AliasInfo>): void {
    const entry = this.#options.functions.find(functionName);
    if (value === undefined) entry?.aliases.delete(key.slice(functionName.length + 1));
    else entry?.aliases.set(value.aliasName, Object.freeze(value));
  }

  close(): void {
    this.#closed = true;
    for (const unwatch of this.#unwatch) unwatch();
  }
}
