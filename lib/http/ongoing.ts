/** Sync calls of the API in progress, so that all of a function can be given up. */
import { nameIn, type Tenant } from '../tenant/tenants.ts';

/** Ends one call. */
export type GiveUp = (reason: unknown) => void;

export class Ongoing {
  /** By full name. */
  readonly #calls = new Map<string, Set<GiveUp>>();

  add(full: string, giveUp: GiveUp): void {
    const calls = this.#calls.get(full);
    if (calls === undefined) this.#calls.set(full, new Set([giveUp]));
    else calls.add(giveUp);
  }

  remove(full: string, giveUp: GiveUp): void {
    const calls = this.#calls.get(full);
    calls?.delete(giveUp);
    if (calls?.size === 0) this.#calls.delete(full);
  }

  countOf(full: string): number {
    return this.#calls.get(full)?.size ?? 0;
  }

  abort(tenant: Tenant, name: string, reason: string): void {
    const calls = [...(this.#calls.get(nameIn(tenant.name, name)) ?? [])];
    for (const giveUp of calls) giveUp(new Error(reason));
  }
}
