/** The function of a service that a request of Function Compute 2.0 is about. */
import { nameIn } from '../../tenant/tenants.ts';
import type { ApiCall } from '../call.ts';
import { joined, type Reference, referenceOf } from './services.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant' | 'params' | 'query'>;

export interface Asked extends Reference {
  /** The function's name in 3.0, and in the engine. */
  readonly name: string;
  readonly full: string;
  /** The engine's qualifier. */
  readonly own: string;
}

/** Rejects with `FunctionNotFound` or what a version of a service is refused with. */
export async function asked({ host, tenant, params, query }: Call): Promise<Asked> {
  const reference = referenceOf(params, query);
  const { service, functionName, qualifier } = reference;
  const own = await host.serviceVersions.qualifierFor(tenant, service, functionName, qualifier);
  const name = joined(service, functionName);
  host.functions.get(tenant, name);
  return { ...reference, name, full: nameIn(tenant.name, name), own };
}
