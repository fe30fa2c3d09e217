/** The tenants of a host: their names, account numbers and quotas. The default tenant is always there. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import { type Catalog, documents } from '../store/catalog.ts';
import { Changes } from '../store/changes.ts';

const KIND = 'tenant';

/** Its functions have plain names, those of every other tenant are `tenant/name`. */
export const DEFAULT_TENANT = 'default';

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const rate = z.number().gt(0).max(1_000_000_000_000);

/** What a tenant may have and use; what is left out is not limited, except by the engine as a whole. */
export const quotas = z
  .strictObject({
    /** Functions. */
    functions: amount.int().optional(),
    /** Bytes of code packages in all. */
    codeBytes: amount.optional(),
    /** Sync calls in progress or waiting. */
    concurrency: amount.int().optional(),
    /** API requests. */
    requestsPerSecond: rate.optional(),
    /** Requests that may come at once; default: those of one second. */
    requestBurst: rate.optional(),
    /** Milliseconds of running per second: 1,000 is one core's worth. */
    cpuMsPerSecond: rate.optional(),
    /** Milliseconds that may be saved up; default: those of ten seconds. */
    cpuBurstMs: rate.optional(),
    /** Instances that configs may keep, by the most their rules can come to. */
    provisionedInstances: amount.int().optional(),
    /** Accepted async events that have not ended. */
    asyncBacklog: amount.int().optional(),
    /** Bytes of answers per second. */
    egressBytesPerSecond: rate.optional(),
    /** Bytes that may be saved up; default: those of ten seconds. */
    egressBurstBytes: rate.optional(),
  })
  .readonly();
export type Quotas = z.output<typeof quotas>;

const tenantName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be 1-63 lower-case letters, digits or -, a letter first');

const created = z.strictObject({
  name: tenantName,
  accountId: z
    .string()
    .regex(/^\d{12,16}$/, 'must have 12 to 16 digits')
    .optional(),
  quotas: quotas.default({}),
});
export type NewTenant = z.input<typeof created>;

const stored = z.object({ accountId: z.string(), quotas, createdTime: z.string() });

export interface Tenant {
  readonly name: string;
  /** Stands for the tenant in ARNs: 16 digits, unless it was given. */
  readonly accountId: string;
  readonly quotas: Quotas;
  readonly createdTime: string;
}

export class Tenants {
  readonly #changes: Changes<Omit<Tenant, 'name'>>;
  readonly #tenants = new Map<string, Tenant>();

  private constructor(catalog: Catalog) {
    this.#changes = new Changes(catalog, KIND);
    const first = { accountId: accountIdOf(DEFAULT_TENANT), quotas: {}, createdTime: new Date().toISOString() };
    this.#tenants.set(DEFAULT_TENANT, { name: DEFAULT_TENANT, ...first });
  }

  static async open(catalog: Catalog): Promise<Tenants> {
    const tenants = new Tenants(catalog);
    const remember = (name: string, value: unknown): void =>
      void tenants.#tenants.set(name, { name, ...stored.parse(value) });
    for await (const { key, value } of documents(catalog, KIND)) remember(key, value);
    catalog.watch(KIND, '', ({ key, value }) => {
      if (value === undefined) tenants.#tenants.delete(key);
      else remember(key, value);
    });
    return tenants;
  }

  find(name: string): Tenant | undefined {
    return this.#tenants.get(name);
  }

  /** Throws `TenantNotFound`. */
  get(name: string): Tenant {
    const tenant = this.#tenants.get(name);
    if (tenant === undefined) throw new IsopodError('TenantNotFound', `There is no tenant '${name.slice(0, 64)}'`);
    return tenant;
  }

  list(): Tenant[] {
    return [...this.#tenants.values()];
  }

  /** Rejects with `InvalidArgument`, `TenantAlreadyExists` or `ConcurrentUpdateError`. */
  async create(config: NewTenant): Promise<Tenant> {
    const { name, accountId = accountIdOf(config.name), quotas } = parse(created, config, 'createTenant');
    await this.#changes.make(name, () => {
      if (this.#tenants.has(name)) throw new IsopodError('TenantAlreadyExists', `There is a tenant '${name}' already`);
      return { accountId, quotas, createdTime: new Date().toISOString() };
    });
    return this.get(name);
  }

  /** Replaces the quotas. Rejects with `TenantNotFound` or `ConcurrentUpdateError`. */
  async setQuotas(name: string, changes: Quotas): Promise<Tenant> {
    const next = parse(quotas, changes, 'updateTenant');
    await this.#changes.make(name, () => {
      const { name: _, ...before } = this.get(name);
      return { ...before, quotas: next };
    });
    return this.get(name);
  }

  /** Removes the tenant alone; its functions and keys are the caller's to remove first. */
  async remove(name: string): Promise<void> {
    this.get(name);
    if (name === DEFAULT_TENANT) throw new IsopodError('InvalidArgument', 'The default tenant cannot be removed');
    await this.#changes.remove(name);
  }
}

/** Sixteen digits that are always the same for a name. */
function accountIdOf(name: string): string {
  const number = BigInt(`0x${hash('sha256', `isopod tenant ${name}`, 'hex').slice(0, 16)}`);
  return String(1_000_000_000_000_000n + (number % 9_000_000_000_000_000n));
}

/**
 * The engine's name of a tenant's function. Throws `FunctionNotFound` for what would be a name in another tenant: no
 * function can be called so.
 */
export function nameIn(tenant: string, functionName: string): string {
  if (functionName.includes('/')) {
    throw new IsopodError('FunctionNotFound', `function '${functionName.slice(0, 160)}' does not exist`);
  }
  return tenant === DEFAULT_TENANT ? functionName : `${tenant}/${functionName}`;
}

/** The inverse of `nameIn`. */
export function splitName(full: string): { readonly tenant: string; readonly functionName: string } {
  const at = full.indexOf('/');
  if (at === -1) return { tenant: DEFAULT_TENANT, functionName: full };
  return { tenant: full.slice(0, at), functionName: full.slice(at + 1) };
}
