/**
 * Whose events are handed out next. Tenants take turns, and within a tenant its queues; so nobody waits behind the backlog
 * of somebody else, nor behind a function that has all the calls it can take. While several tenants have something to do,
 * none may have more work under way than its share; who is alone may have as much as its queues allow.
 */

/** Events handed out in one turn of the event loop: instances work on these while the next are made ready. */
const CHUNK = 512;
/** Events one queue hands out before the next tenant's turn. */
const QUANTUM = 64;
/** Work under way per processor, shared among tenants; milliseconds. What comes later waits behind it. */
const SHARED_WORK_MS = 50;
/** A tenant counts as one that has something to do for so long after it had; milliseconds. */
const ACTIVE_MS = 1_000;
const LOOK_MS = 100;

/** A queue, as the dispatcher sees it. */
export interface Giver {
  /** Milliseconds of work one of its events is expected to be. */
  readonly workMs: number;
  /** Hands out at most `max` events; fewer when it has no more, or may not have more under way. Returns how many. */
  handOut(max: number): number;
}

class Tenant {
  /** Queues that may have something to hand out. */
  readonly ready: Place[] = [];
  next = 0;
  inRound = false;
  /** Milliseconds its attempts under way are expected to take together. */
  workMs = 0;
  open = 0;
  /** Had something to do since the last look. */
  touched = false;
  activeUntil = 0;
}

/** A queue's place among the others. */
export class Place {
  readonly giver: Giver;
  readonly tenant: Tenant;
  isReady = false;
  /** Its attempts under way. */
  open = 0;
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher, tenant: Tenant, giver: Giver) {
    this.#dispatcher = dispatcher;
    this.tenant = tenant;
    this.giver = giver;
  }

  /** It may have something to hand out. */
  ready(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.tenant.ready.push(this);
    this.#dispatcher.enter(this.tenant);
  }

  /** It handed out an event that is expected to take so long. */
  began(workMs: number): void {
    this.open++;
    this.tenant.open++;
    this.tenant.workMs += workMs;
  }

  /** The attempt is over; `workMs` as at its beginning. */
  ended(workMs: number): void {
    const { tenant } = this;
    this.open--;
    tenant.open--;
    // Not left to add up what sums of fractions are wrong by.
    tenant.workMs = tenant.open === 0 ? 0 : tenant.workMs - workMs;
    if (tenant.ready.length > 0) this.#dispatcher.enter(tenant);
  }
}

export class Dispatcher {
  readonly #parallelism: number;
  readonly #tenants = new Map<string, Tenant>();
  /** Tenants that have something to do, or had a moment ago. */
  readonly #active = new Set<Tenant>();
  /** Tenants whose turn comes. */
  readonly #round: Tenant[] = [];
  #next = 0;
  #scheduled = false;
  #lookedAt = 0;
  readonly #turnNow = (): void => this.#turn();

  /** `parallelism`: attempts that can run at once. */
  constructor(parallelism: number) {
    this.#parallelism = parallelism;
  }

  /** Gives a queue of a tenant its place. */
  join(tenantName: string, giver: Giver): Place {
    let tenant = this.#tenants.get(tenantName);
    if (tenant === undefined) {
      tenant = new Tenant();
      this.#tenants.set(tenantName, tenant);
    }
    return new Place(this, tenant, giver);
  }

  enter(tenant: Tenant): void {
    tenant.touched = true;
    if (tenant.inRound) return;
    this.#active.add(tenant);
    tenant.inRound = true;
    this.#round.push(tenant);
    this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turnNow);
  }

  #turn(): void {
    this.#scheduled = false;
    this.#look();
    for (let left = CHUNK; left > 0 && this.#round.length > 0; ) {
      const at = this.#next % this.#round.length;
      const tenant = this.#round[at] as Tenant;
      const given = this.#give(tenant, left);
      if (given === undefined) {
        // It comes back when an attempt of it has ended, or it has something again.
        tenant.inRound = false;
        this.#round.splice(at, 1);
      } else {
        left -= given;
        this.#next = at + 1;
      }
    }
    if (this.#round.length > 0) this.#turnSoon();
  }

  /** Lets the tenant's next queue hand out; undefined when none may. */
  #give(tenant: Tenant, left: number): number | undefined {
    const { ready } = tenant;
    for (let looked = 0; looked < ready.length; looked++) {
      const at = tenant.next % ready.length;
      const place = ready[at] as Place;
      tenant.next = at + 1;
      const max = Math.min(left, this.#allowance(place));
      if (max <= 0) continue;
      const given = place.giver.handOut(max);
      if (given < max) {
        ready.splice(at, 1);
        tenant.next = at;
        place.isReady = false;
      }
      return given;
    }
    return undefined;
  }

  /** Events a queue may hand out now. Each may always have as many under way as can run at once. */
  #allowance({ giver, open, tenant }: Place): number {
    if (this.#active.size < 2) return QUANTUM;
    const share = (SHARED_WORK_MS * this.#parallelism) / this.#active.size - tenant.workMs;
    return Math.min(QUANTUM, Math.max(this.#parallelism - open, Math.floor(share / giver.workMs)));
  }

  /** Now and then: forgets tenants that have had nothing to do for a while. */
  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    for (const tenant of this.#active) {
      if (tenant.touched || tenant.open > 0 || tenant.ready.length > 0) tenant.activeUntil = now + ACTIVE_MS;
      else if (tenant.activeUntil < now) this.#active.delete(tenant);
      tenant.touched = false;
    }
  }
}
