/** Sync calls of the API in progress, so that all of a function can be given up. */
import { nameIn, type Tenant } from '../tenant/tenants.ts';

export class Ongoing {
  readonly #calls = new Map<string, Set<AbortController>>();

  add(full: string, call: AbortController): void {
    const calls = this.#calls.get(full);
    if (calls === undefined) this.#calls.set(full, new Set([call]));
    else calls.add(call);
  }

  remove(full: string, call: AbortController): void {
    const calls = this.#calls.get(full);
    calls?.delete(call);
    if (calls?.size === 0) this.#calls.delete(full);
  }

  abort(tenant: Tenant, name: string, reason: string): void {
    for (const call of this.#calls.get(nameIn(tenant.name, name)) ?? []) call.abort(new Error(reason));
  }
}
