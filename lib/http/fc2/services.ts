/** Services of Function Compute 2.0: a name functions have in common. A function of one is `service$function` elsewhere. */
import { hash, randomUUID } from 'node:crypto';
import { IsopodError } from '../../errors.ts';
import { type Catalog, documents } from '../../store/catalog.ts';
import { Changes } from '../../store/changes.ts';
import type { Tenant } from '../../tenant/tenants.ts';

const KIND = 'service';

export interface Service {
  readonly serviceName: string;
  readonly serviceId: string;
  /** What its owner declared: description, role, logConfig and the like; kept and given back. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly createdTime: string;
  readonly lastModifiedTime: string;
  /** Number of the newest version; 0 when there was none. */
  readonly lastVersion?: number | undefined;
}

const keyOf = (tenant: Tenant, name: string): string => `${tenant.name}:${name}`;

export const etagOf = (value: unknown): string => hash('sha256', JSON.stringify(value), 'hex').slice(0, 32);

/** The name a function of a service has in the engine and in Function Compute 3.0. */
export const joined = (service: string, functionName: string): string => `${service}$${functionName}`;

export interface Reference {
  readonly service: string;
  readonly functionName: string;
  readonly qualifier: string;
}

/** 2016-08-15 has the qualifier behind the service's name, 2021-04-06 in the query. */
export function referenceOf(params: Readonly<Record<string, string>>, query: unknown): Reference {
  const [service = '', glued] = (params.service ?? '').split('.', 2);
  const { qualifier } = (query ?? {}) as { qualifier?: string };
  return { service, functionName: params.function ?? '', qualifier: glued || qualifier || 'LATEST' };
}

export class Services {
  readonly #catalog: Catalog;
  readonly #changes: Changes<Service>;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#changes = new Changes(catalog, KIND);
  }

  /** Rejects with `ServiceNotFound`. */
  async get(tenant: Tenant, name: string): Promise<Service> {
    const found = await this.#catalog.get<Service>(KIND, keyOf(tenant, name));
    return there(name, found?.value);
  }

  async list(tenant: Tenant): Promise<Service[]> {
    const found: Service[] = [];
    for await (const { value } of documents<Service>(this.#catalog, KIND, keyOf(tenant, ''))) found.push(value);
    return found;
  }

  /** Rejects with `ServiceAlreadyExists`. */
  async create(tenant: Tenant, serviceName: string, config: Service['config']): Promise<Service> {
    const now = new Date().toISOString();
    const service: Service = { serviceName, serviceId: randomUUID(), config, createdTime: now, lastModifiedTime: now };
    try {
      await this.#catalog.put(KIND, keyOf(tenant, serviceName), service, 0);
    } catch (error) {
      if (!(error instanceof IsopodError) || error.code !== 'ConcurrentUpdateError') throw error;
      throw new IsopodError('ServiceAlreadyExists', `service '${serviceName}' already exists`);
    }
    return service;
  }

  /** Rejects with `ServiceNotFound`, `PreconditionFailed` or `ConcurrentUpdateError`. */
  update(tenant: Tenant, name: string, config: Service['config'], ifMatch?: string): Promise<Service> {
    return this.#changes.make(keyOf(tenant, name), (found) => {
      const before = there(name, found);
      if (ifMatch !== undefined && ifMatch !== etagOf(before)) {
        throw new IsopodError('PreconditionFailed', 'the resource being modified has been changed');
      }
      const lastModifiedTime = new Date().toISOString();
      return { ...before, config: { ...before.config, ...config }, lastModifiedTime };
    });
  }

  /** Rejects with `ServiceNotFound` or `ConcurrentUpdateError`. */
  tag(tenant: Tenant, name: string, change: (tags: NonNullable<Service['tags']>) => Service['tags']): Promise<Service> {
    return this.#changes.make(keyOf(tenant, name), (found) => {
      const service = there(name, found);
      return { ...service, tags: change(service.tags ?? {}) };
    });
  }

  /** Numbers of versions are not given twice. Rejects as `update`. */
  async takeVersionNumber(tenant: Tenant, name: string): Promise<number> {
    const { lastVersion } = await this.#changes.make(keyOf(tenant, name), (found) => {
      const service = there(name, found);
      return { ...service, lastVersion: (service.lastVersion ?? 0) + 1 };
    });
    return lastVersion as number;
  }

  async delete(tenant: Tenant, name: string): Promise<void> {
    await this.get(tenant, name);
    await this.#catalog.delete(KIND, keyOf(tenant, name));
  }
}

function there(name: string, found: Service | undefined): Service {
  if (found !== undefined) return found;
  throw new IsopodError('ServiceNotFound', `service '${name}' does not exist`);
}

/** How provision and on-demand configs name what they are of. */
export const resourceOf = (tenant: Tenant, service: string, qualifier: string, functionName: string): string =>
  `${tenant.accountId}#${service}#${qualifier}#${functionName}`;
