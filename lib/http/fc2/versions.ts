/**
 * Versions and aliases of services. A version of a service is a version of each of its functions; an alias of a service is
 * an alias of the same name of each function its version has, so that calls are spread as everywhere else.
 */
import { IsopodError } from '../../errors.ts';
import { type Catalog, documents } from '../../store/catalog.ts';
import { Changes } from '../../store/changes.ts';
import type { Tenant } from '../../tenant/tenants.ts';
import type { ApiFunctions } from '../functions.ts';
import { type AliasWish, type ApiVersions, LATEST } from '../versions.ts';
import { joined, type Services } from './services.ts';

const VERSION = 'service-version';
const ALIAS = 'service-alias';

export interface ServiceVersion {
  readonly versionId: string;
  readonly description: string;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
  /** Function -> its own version. */
  readonly functions: Readonly<Record<string, string>>;
}

export interface ServiceAlias {
  readonly aliasName: string;
  readonly versionId: string;
  readonly description: string;
  readonly additionalVersionWeight: Readonly<Record<string, number>>;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
}

const keyOf = (tenant: Tenant, service: string, rest = ''): string => `${tenant.name}:${service}:${rest}`;
/** Zeros in front, so that numbers sort as numbers. */
const padded = (versionId: string): string => versionId.padStart(12, '0');

export class ServiceVersions {
  readonly #catalog: Catalog;
  readonly #aliases: Changes<ServiceAlias>;
  readonly #services: Services;
  readonly #functions: ApiFunctions;
  readonly #versions: ApiVersions;

  constructor(catalog: Catalog, services: Services, functions: ApiFunctions, versions: ApiVersions) {
    this.#catalog = catalog;
    this.#aliases = new Changes(catalog, ALIAS);
    this.#services = services;
    this.#functions = functions;
    this.#versions = versions;
  }

  async publish(tenant: Tenant, service: string, description: string): Promise<ServiceVersion> {
    const versionId = String(await this.#services.takeVersionNumber(tenant, service));
    const functions: Record<string, string> = {};
    for (const { name } of this.#functions.list(tenant)) {
      if (!name.startsWith(`${service}$`)) continue;
      const { versionId: own } = await this.#versions.publish(tenant, name, description);
      functions[name.slice(service.length + 1)] = own;
    }
    const now = new Date().toISOString();
    const version: ServiceVersion = { versionId, description, createdTime: now, lastModifiedTime: now, functions };
    await this.#catalog.put(VERSION, keyOf(tenant, service, padded(versionId)), version);
    return version;
  }

  /** Oldest first. */
  async list(tenant: Tenant, service: string): Promise<ServiceVersion[]> {
    await this.#services.get(tenant, service);
    return this.#all<ServiceVersion>(VERSION, tenant, service);
  }

  async #all<T>(kind: string, tenant: Tenant, service: string): Promise<T[]> {
    const found: T[] = [];
    for await (const { value } of documents<T>(this.#catalog, kind, keyOf(tenant, service))) found.push(value);
    return found;
  }

  async get(tenant: Tenant, service: string, versionId: string): Promise<ServiceVersion> {
    const found = await this.#catalog.get<ServiceVersion>(VERSION, keyOf(tenant, service, padded(versionId)));
    if (found !== undefined) return found.value;
    throw new IsopodError('VersionNotFound', `version '${versionId}' does not exist in service '${service}'`);
  }

  async delete(tenant: Tenant, service: string, versionId: string): Promise<void> {
    const { functions } = await this.get(tenant, service, versionId);
    const user = (await this.listAliases(tenant, service)).find(
      (alias) => alias.versionId === versionId || Object.hasOwn(alias.additionalVersionWeight, versionId),
    );
    if (user !== undefined) {
      throw new IsopodError('VersionInUse', `the alias '${user.aliasName}' uses version '${versionId}'`);
    }
    await this.#catalog.delete(VERSION, keyOf(tenant, service, padded(versionId)));
    for (const [name, own] of Object.entries(functions)) {
      await ignoringMissing(this.#versions.delete(tenant, joined(service, name), own));
    }
  }

  async createAlias(tenant: Tenant, service: string, aliasName: string, wish: AliasWish): Promise<ServiceAlias> {
    const createdTime = new Date().toISOString();
    const { versionId = LATEST, description = '', additionalVersionWeight = {} } = wish;
    return this.#aliases.make(keyOf(tenant, service, aliasName), (before) => {
      if (before !== undefined) {
        throw new IsopodError('AliasAlreadyExists', `alias '${aliasName}' already exists in service '${service}'`);
      }
      return this.#apply(tenant, service, {
        aliasName,
        versionId,
        description,
        additionalVersionWeight,
        createdTime,
        lastModifiedTime: createdTime,
      });
    });
  }

  async getAlias(tenant: Tenant, service: string, aliasName: string): Promise<ServiceAlias> {
    const found = await this.#catalog.get<ServiceAlias>(ALIAS, keyOf(tenant, service, aliasName));
    if (found !== undefined) return found.value;
    throw new IsopodError('AliasNotFound', `alias '${aliasName}' does not exist in service '${service}'`);
  }

  async updateAlias(tenant: Tenant, service: string, aliasName: string, wish: AliasWish): Promise<ServiceAlias> {
    return this.#aliases.make(keyOf(tenant, service, aliasName), async (found) => {
      const before = found ?? (await this.getAlias(tenant, service, aliasName));
      return this.#apply(tenant, service, {
        ...before,
        versionId: wish.versionId ?? before.versionId,
        description: wish.description ?? before.description,
        additionalVersionWeight: wish.additionalVersionWeight ?? before.additionalVersionWeight,
        lastModifiedTime: new Date().toISOString(),
      });
    });
  }

  async deleteAlias(tenant: Tenant, service: string, aliasName: string): Promise<void> {
    await this.getAlias(tenant, service, aliasName);
    for (const name of this.#functionsOf(tenant, service)) {
      await ignoringMissing(this.#versions.deleteAlias(tenant, name, aliasName));
    }
    await this.#catalog.delete(ALIAS, keyOf(tenant, service, aliasName));
  }

  async listAliases(tenant: Tenant, service: string): Promise<ServiceAlias[]> {
    await this.#services.get(tenant, service);
    return this.#all<ServiceAlias>(ALIAS, tenant, service);
  }

  #functionsOf(tenant: Tenant, service: string): string[] {
    return this.#functions
      .list(tenant)
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${service}$`));
  }

  /** Every function the alias' version has gets an alias of that name. */
  async #apply(tenant: Tenant, service: string, alias: ServiceAlias): Promise<ServiceAlias> {
    const { aliasName, versionId, additionalVersionWeight } = alias;
    const main = versionId === LATEST ? undefined : (await this.get(tenant, service, versionId)).functions;
    const others = new Map<string, ServiceVersion>();
    for (const id of Object.keys(additionalVersionWeight)) others.set(id, await this.get(tenant, service, id));
    for (const name of this.#functionsOf(tenant, service)) {
      const short = name.slice(service.length + 1);
      const own = main === undefined ? LATEST : main[short];
      if (own === undefined) {
        await ignoringMissing(this.#versions.deleteAlias(tenant, name, aliasName));
        continue;
      }
      const weights: Record<string, number> = {};
      for (const [id, version] of others) {
        const other = version.functions[short];
        if (other !== undefined && other !== own) weights[other] = additionalVersionWeight[id] as number;
      }
      const wish = { versionId: own, additionalVersionWeight: weights };
      const has = this.#versions.listAliases(tenant, name).some((known) => known.aliasName === aliasName);
      if (has) await this.#versions.updateAlias(tenant, name, aliasName, wish);
      else await this.#versions.createAlias(tenant, name, { aliasName, ...wish });
    }
    return alias;
  }

  /** A service's qualifier as one of a function. */
  async qualifierFor(tenant: Tenant, service: string, functionName: string, qualifier: string): Promise<string> {
    if (!/^\d+$/.test(qualifier)) return qualifier;
    const own = (await this.get(tenant, service, qualifier)).functions[functionName];
    if (own !== undefined) return own;
    throw new IsopodError(
      'FunctionNotFound',
      `function '${functionName}' does not exist in version '${qualifier}' of service '${service}'`,
    );
  }

  /** The other way round; what no version of the service has stays as it is. */
  async qualifierOf(tenant: Tenant, service: string, functionName: string, own: string): Promise<string> {
    if (!/^\d+$/.test(own)) return own;
    const versions = await this.#all<ServiceVersion>(VERSION, tenant, service);
    return versions.find(({ functions }) => functions[functionName] === own)?.versionId ?? own;
  }

  /** After the service itself. */
  async forget(tenant: Tenant, service: string): Promise<void> {
    for (const kind of [VERSION, ALIAS]) {
      for await (const { key } of documents(this.#catalog, kind, keyOf(tenant, service))) {
        await this.#catalog.delete(kind, key);
      }
    }
  }
}

/** What is gone already need not be removed. */
async function ignoringMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (error instanceof IsopodError && error.status === 404) return;
    throw error;
  }
}
