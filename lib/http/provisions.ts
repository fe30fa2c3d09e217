/** Instances kept by configuration as the API shows them: each tenant's own, within its quota. */
import type { Engine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import { nameIn, splitName, type Tenant } from '../tenant/tenants.ts';
import type { ProvisionConfig, ProvisionInfo, ProvisionStatus, ScalingConfig, ScalingInfo } from '../types.ts';

export class Provisions {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Rejects with what the engine finds wrong, or `LimitExceeded` over the tenant's quota. */
  put(tenant: Tenant, name: string, config: ProvisionConfig, qualifier: string): Promise<ProvisionInfo> {
    this.#checkQuota(tenant, name, qualifier, mostProvisioned(config));
    return this.#engine.putProvisionConfig(nameIn(tenant.name, name), config, { qualifier });
  }

  putScaling(tenant: Tenant, name: string, config: ScalingConfig, qualifier: string): Promise<ScalingInfo> {
    this.#checkQuota(tenant, name, qualifier, mostScaled(config));
    return this.#engine.putScalingConfig(nameIn(tenant.name, name), config, { qualifier });
  }

  /** What its rules may come to counts, not what they come to now: an accepted config is met at any hour. */
  #checkQuota(tenant: Tenant, name: string, qualifier: string, most: number): void {
    const { provisionedInstances: quota } = tenant.quotas;
    if (quota === undefined) return;
    const isOther = (one: ProvisionStatus): boolean => one.functionName !== name || one.qualifier !== qualifier;
    const provisioned = this.list(tenant).filter(isOther).map(mostProvisioned);
    const scaled = this.listScaling(tenant).filter(isOther).map(mostScaled);
    const others = [...provisioned, ...scaled].reduce((sum, one) => sum + one, 0);
    if (others + most <= quota) return;
    throw new IsopodError(
      'LimitExceeded',
      `${most} provisioned instances beside ${others} of other configs are more than the tenant's quota of ${quota}`,
    );
  }

  /** With the names the tenant has for its functions. */
  list(tenant: Tenant, name?: string): ProvisionInfo[] {
    return own(tenant, this.#engine.listProvisionConfigs(name && nameIn(tenant.name, name)));
  }

  listScaling(tenant: Tenant, name?: string): ScalingInfo[] {
    return own(tenant, this.#engine.listScalingConfigs(name && nameIn(tenant.name, name)));
  }

  /** Before a function goes, where the API lets it go with everything it has. */
  async forget(tenant: Tenant, name: string): Promise<void> {
    const full = nameIn(tenant.name, name);
    for (const { qualifier } of this.list(tenant, name)) await this.#engine.deleteProvisionConfig(full, { qualifier });
    for (const { qualifier } of this.listScaling(tenant, name)) {
      await this.#engine.deleteScalingConfig(full, { qualifier });
    }
  }
}

function own<T extends { readonly functionName: string }>(tenant: Tenant, infos: readonly T[]): T[] {
  return infos
    .map((info) => ({ info, of: splitName(info.functionName) }))
    .filter(({ of }) => of.tenant === tenant.name)
    .map(({ info, of }) => ({ ...info, functionName: of.functionName }));
}

function mostProvisioned({ defaultTarget, target, scheduledActions, targetTrackingPolicies }: ProvisionConfig): number {
  return Math.max(
    defaultTarget ?? target ?? 0,
    ...(scheduledActions ?? []).map((action) => action.target),
    ...(targetTrackingPolicies ?? []).map(({ maxCapacity }) => maxCapacity),
  );
}

function mostScaled({ minInstances, scheduledPolicies, horizontalScalingPolicies }: ScalingConfig): number {
  return Math.max(
    minInstances ?? 0,
    ...(scheduledPolicies ?? []).map(({ target }) => target),
    ...(horizontalScalingPolicies ?? []).map(({ maxInstances }) => maxInstances),
  );
}
