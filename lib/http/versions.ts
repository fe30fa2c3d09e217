/** Versions and aliases as the API shows them: the engine's, beside what each version was declared as. */
import type { Engine } from '../engine.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { nameIn, type Tenant } from '../tenant/tenants.ts';
import type { AliasChanges, AliasConfig, AliasInfo, VersionInfo } from '../types.ts';
import type { ApiFunction, ApiFunctions, Described } from './functions.ts';

/** Key: full name, `:`, number of the version. */
const KIND = 'api-version';

/** Changes to an alias; what is undefined stays. */
export interface AliasWish {
  readonly versionId?: string | undefined;
  readonly description?: string | undefined;
  readonly additionalVersionWeight?: Readonly<Record<string, number>> | undefined;
}

export const LATEST = 'LATEST';

const keyOf = (full: string, versionId: string): string => `${full}:${versionId}`;

export class ApiVersions {
  readonly #engine: Engine;
  readonly #catalog: Catalog;
  readonly #functions: ApiFunctions;

  constructor(engine: Engine, functions: ApiFunctions) {
    this.#engine = engine;
    this.#catalog = engine.home.catalog;
    this.#functions = functions;
  }

  /** A function as one of its versions, or the version an alias points to, was declared. Rejects when there is none. */
  async get(tenant: Tenant, name: string, qualifier: string = LATEST): Promise<Described> {
    const latest = this.#functions.get(tenant, name);
    const versionId = this.versionOf(tenant, name, qualifier);
    if (versionId === LATEST) return latest;
    const kept = await this.#catalog.get<ApiFunction>(KIND, keyOf(nameIn(tenant.name, name), versionId));
    return kept === undefined ? latest : { name, ...kept.value };
  }

  /** The version a qualifier stands for; of an alias, its main one. Throws when there is none. */
  versionOf(tenant: Tenant, name: string, qualifier: string): string {
    if (qualifier === LATEST) return LATEST;
    const full = nameIn(tenant.name, name);
    if (!/^\d+$/.test(qualifier)) return this.#engine.getAlias(full, qualifier).versionId;
    this.#engine.getFunction(full, { qualifier });
    return qualifier;
  }

  async publish(tenant: Tenant, name: string, description: string | undefined): Promise<VersionInfo> {
    const { name: _, ...head } = this.#functions.get(tenant, name);
    const full = nameIn(tenant.name, name);
    const info = await this.#engine.publishVersion(full, { description });
    await this.#catalog.put<ApiFunction>(KIND, keyOf(full, info.versionId), head);
    return info;
  }

  /** Oldest first. */
  list(tenant: Tenant, name: string): VersionInfo[] {
    this.#functions.get(tenant, name);
    return this.#engine.listVersions(nameIn(tenant.name, name));
  }

  async delete(tenant: Tenant, name: string, versionId: string): Promise<void> {
    this.#functions.get(tenant, name);
    const full = nameIn(tenant.name, name);
    await this.#engine.deleteVersion(full, versionId);
    await this.#catalog.delete(KIND, keyOf(full, versionId));
  }

  /** After the function itself: nothing is left of its versions. */
  async forget(tenant: Tenant, name: string): Promise<void> {
    const prefix = keyOf(nameIn(tenant.name, name), '');
    for await (const { key } of documents(this.#catalog, KIND, prefix)) await this.#catalog.delete(KIND, key);
  }

  createAlias(tenant: Tenant, name: string, config: AliasConfig): Promise<AliasInfo> {
    return this.#engine.createAlias(this.#named(tenant, name), config);
  }

  getAlias(tenant: Tenant, name: string, aliasName: string): AliasInfo {
    return this.#engine.getAlias(this.#named(tenant, name), aliasName);
  }

  updateAlias(tenant: Tenant, name: string, aliasName: string, changes: AliasWish): Promise<AliasInfo> {
    const named = Object.entries(changes).filter(([, value]) => value !== undefined);
    return this.#engine.updateAlias(this.#named(tenant, name), aliasName, Object.fromEntries(named) as AliasChanges);
  }

  deleteAlias(tenant: Tenant, name: string, aliasName: string): Promise<void> {
    return this.#engine.deleteAlias(this.#named(tenant, name), aliasName);
  }

  /** By name. */
  listAliases(tenant: Tenant, name: string): AliasInfo[] {
    return this.#engine.listAliases(this.#named(tenant, name));
  }

  /** The full name; throws `FunctionNotFound` in the API's words. */
  #named(tenant: Tenant, name: string): string {
    this.#functions.get(tenant, name);
    return nameIn(tenant.name, name);
  }
}
