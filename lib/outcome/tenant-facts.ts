/** What whoever has tenants knows of them; the engine itself knows only what stands before the slash of a function's name. */
import { shortName, tenantOf } from '../function/name.ts';
import type { Source } from './record.ts';

export interface TenantFacts {
  /** In ARNs. */
  readonly region: string;
  /** The account in ARNs; `tenant`: undefined for functions of no tenant. */
  accountIdOf(tenant: string | undefined): string;
  /** Accepted events its functions may have together that have not ended; undefined: as many as there is room for. */
  backlogOf(tenant: string | undefined): number | undefined;
}

/** Where there are no accounts tenants go by their names. */
export const namedTenants = (region: string): TenantFacts => ({
  region,
  accountIdOf: (tenant) => tenant ?? '',
  backlogOf: () => undefined,
});

export function functionArn({ region, accountIdOf }: TenantFacts, { functionName, qualifier }: Source): string {
  const account = accountIdOf(tenantOf(functionName));
  const plain = `acs:fc:${region}:${account}:functions/${shortName(functionName)}`;
  return qualifier === 'LATEST' ? plain : `${plain}/${qualifier}`;
}
