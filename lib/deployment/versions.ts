/** Versions, which never change, and aliases, which point to them: Function Compute 3.0's. */
import { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import type { AliasChanges, AliasConfig, AliasInfo, VersionInfo } from '../types.ts';
import { type DeployedFunction, LATEST } from './deployed-function.ts';
import type { Deployer } from './deployer.ts';
import type { Functions } from './functions.ts';
import type { Keeper } from './keeper.ts';

const description = z.string().max(256);
const publishOptions = z.strictObject({ description: description.default('') });
const weights = z
  .record(z.string().regex(/^[1-9]\d*$/, 'is a version number'), z.number().min(0).max(1))
  .refine((shares) => Object.values(shares).reduce((sum, share) => sum + share, 0) <= 1, 'must add up to at most 1');
const aliasChanges = z.strictObject({
  versionId: z.string().min(1).optional(),
  description: description.optional(),
  additionalVersionWeight: weights.optional(),
});
const aliasConfig = aliasChanges.extend({
  aliasName: z
    .string()
    .regex(/^[A-Za-z_][\w-]{0,127}$/, 'must be 1-128 letters, digits, _ or -, starting with a letter or _')
    .refine((name) => name !== LATEST, 'must not be LATEST'),
  versionId: z.string().min(1),
});

export class Versions {
  readonly #functions: Functions;
  readonly #deployer: Deployer;
  readonly #keeper: Keeper;

  constructor(functions: Functions, deployer: Deployer, keeper: Keeper) {
    this.#functions = functions;
    this.#deployer = deployer;
    this.#keeper = keeper;
  }

  #change<T>(functionName: string, change: (entry: DeployedFunction) => Promise<T>): Promise<T> {
    return this.#functions.turns.take(functionName, () => change(this.#functions.get(functionName)));
  }

  async publish(
    functionName: string,
    options: { readonly description?: string | undefined } = {},
  ): Promise<VersionInfo> {
    const checked = parse(publishOptions, options, 'publishVersion');
    return this.#change(functionName, async (entry) => {
      const versionId = String(entry.nextVersion++);
      const now = new Date().toISOString();
      const info = Object.freeze({ versionId, ...checked, createdTime: now, lastModifiedTime: now });
      const deployment = this.#deployer.copy(entry.latest, versionId);
      await this.#keeper.keepVersion(entry, info, deployment).catch(async (error: unknown) => {
        await this.#deployer.end(deployment, 0);
        throw error;
      });
      entry.versions.set(versionId, { info, deployment });
      return info;
    });
  }

  list(functionName: string): VersionInfo[] {
    return [...this.#functions.get(functionName).versions.values()].map(({ info }) => info);
  }

  async delete(functionName: string, versionId: string): Promise<void> {
    const drained = await this.#change(functionName, async (entry) => {
      const { deployment } = entry.version(versionId);
      const user = [...entry.aliases.values()].find((alias) => usesVersion(alias, versionId));
      if (user !== undefined) {
        throw new IsopodError(
          'VersionInUse',
          `The alias "${user.aliasName}" of ${functionName} uses version ${versionId}; change the alias first`,
        );
      }
      await this.#keeper.forgetVersion(entry, versionId);
      entry.versions.delete(versionId);
      return deployment;
    });
    await this.#deployer.endSoon(drained);
  }

  async createAlias(functionName: string, config: AliasConfig): Promise<AliasInfo> {
    const { description = '', additionalVersionWeight = {}, ...rest } = parse(aliasConfig, config, 'createAlias');
    return this.#change(functionName, async (entry) => {
      if (entry.aliases.has(rest.aliasName)) {
        throw new IsopodError(
          'AliasAlreadyExists',
          `${functionName} has an alias "${rest.aliasName}" already; use updateAlias`,
        );
      }
      const createdTime = new Date().toISOString();
      return this.#keep(entry, {
        ...rest,
        description,
        additionalVersionWeight,
        createdTime,
        lastModifiedTime: createdTime,
      });
    });
  }

  getAlias(functionName: string, aliasName: string): AliasInfo {
    return this.#functions.get(functionName).alias(aliasName);
  }

  listAliases(functionName: string): AliasInfo[] {
    const { aliases } = this.#functions.get(functionName);
    return [...aliases.values()].sort((a, b) => (a.aliasName < b.aliasName ? -1 : 1));
  }

  /** Calls from then on follow it; those in progress stay where they are. */
  async updateAlias(functionName: string, aliasName: string, changes: AliasChanges): Promise<AliasInfo> {
    const checked = parse(aliasChanges, changes, 'updateAlias');
    return this.#change(functionName, async (entry) => {
      const before = entry.alias(aliasName);
      const { versionId = before.versionId, description = before.description } = checked;
      const { additionalVersionWeight = before.additionalVersionWeight } = checked;
      const lastModifiedTime = new Date().toISOString();
      return this.#keep(entry, { ...before, versionId, description, additionalVersionWeight, lastModifiedTime });
    });
  }

  async deleteAlias(functionName: string, aliasName: string): Promise<void> {
    await this.#change(functionName, async (entry) => {
      entry.alias(aliasName);
      await this.#keeper.forgetAlias(entry, aliasName);
      entry.aliases.delete(aliasName);
    });
  }

  async #keep(entry: DeployedFunction, alias: AliasInfo): Promise<AliasInfo> {
    if (alias.versionId !== LATEST) entry.version(alias.versionId);
    for (const versionId of Object.keys(alias.additionalVersionWeight)) {
      if (versionId === alias.versionId) {
        throw new IsopodError(
          'AdditionalVersionContainsMajorVersion',
          `additionalVersionWeight names version ${versionId}, which is the alias' versionId; name another, or leave it out`,
        );
      }
      entry.version(versionId);
    }
    const weights = Object.freeze({ ...alias.additionalVersionWeight });
    const kept = Object.freeze({ ...alias, additionalVersionWeight: weights });
    await this.#keeper.keepAlias(entry, kept);
    entry.aliases.set(kept.aliasName, kept);
    return kept;
  }
}

const usesVersion = (alias: AliasInfo, versionId: string): boolean =>
  alias.versionId === versionId || Object.hasOwn(alias.additionalVersionWeight, versionId);
