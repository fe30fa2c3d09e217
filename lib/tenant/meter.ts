/** What one tenant uses, and whether it may use more. Admission comes before a call, the bill after it. */
import { IsopodError } from '../errors.ts';
import type { Tenant } from './tenants.ts';
import { TokenBucket } from './token-bucket.ts';

/** Running totals since the process started. Milliseconds and bytes. */
export interface Usage {
  requests: number;
  throttled: number;
  invocations: number;
  asyncInvocations: number;
  functionErrors: number;
  durationMs: number;
  cpuMs: number;
  /** Gigabytes times seconds, by the functions' memory limits. */
  gbSeconds: number;
  ingressBytes: number;
  egressBytes: number;
}

const SECONDS_SAVED = 10;

const noUsage = (): Usage => ({
  requests: 0,
  throttled: 0,
  invocations: 0,
  asyncInvocations: 0,
  functionErrors: 0,
  durationMs: 0,
  cpuMs: 0,
  gbSeconds: 0,
  ingressBytes: 0,
  egressBytes: 0,
});

export class Meter {
  readonly usage: Usage;
  readonly #running: { count: number };
  readonly #tenant: string;
  readonly #concurrency: number;
  readonly #requests: TokenBucket | undefined;
  readonly #cpu: TokenBucket | undefined;
  readonly #egress: TokenBucket | undefined;

  /**
   * `before`: the meter of the same tenant under other quotas; what was counted goes on. `engines`: so many share the quotas, a
   * part each, rounded up where it counts whole things.
   */
  constructor({ name, quotas }: Tenant, now: number, before?: Meter, engines = 1) {
    this.usage = before?.usage ?? noUsage();
    this.#running = before === undefined ? { count: 0 } : before.#running;
    this.#tenant = name;
    this.#concurrency = Math.ceil((quotas.concurrency ?? Number.POSITIVE_INFINITY) / engines);
    const bucket = (perSecond: number | undefined, burst: number | undefined, seconds: number) => {
      if (perSecond === undefined) return undefined;
      const whole = burst ?? perSecond * seconds;
      return new TokenBucket(perSecond / engines, engines === 1 ? whole : Math.max(1, whole / engines), now);
    };
    this.#requests = bucket(quotas.requestsPerSecond, quotas.requestBurst, 1);
    this.#cpu = bucket(quotas.cpuMsPerSecond, quotas.cpuBurstMs, SECONDS_SAVED);
    this.#egress = bucket(quotas.egressBytesPerSecond, quotas.egressBurstBytes, SECONDS_SAVED);
  }

  /** Sync calls in progress or waiting. */
  get running(): number {
    return this.#running.count;
  }

  /** Counts a request. Throws `ResourceExhausted` when they come too fast. */
  request(now: number): void {
    this.usage.requests++;
    if (this.#requests === undefined) return;
    // A rate below one request a second still lets one through.
    const waitMs = this.#requests.waitMs(1, now);
    if (waitMs > 0) throw this.#refused('requestsPerSecond', waitMs);
    this.#requests.take(1, now);
  }

  /** Lets a call begin, or throws `ResourceExhausted`; `end` follows in any case. */
  begin(now: number): void {
    if (this.#running.count >= this.#concurrency) throw this.#refused('concurrency', 1_000);
    this.solvent(now);
    this.#running.count++;
    this.usage.invocations++;
  }

  end(cpuMs: number, durationMs: number, memoryMB: number, now: number): void {
    this.#running.count--;
    const { usage } = this;
    usage.durationMs += durationMs;
    usage.cpuMs += cpuMs;
    usage.gbSeconds += (memoryMB / 1_024) * (durationMs / 1_000);
    this.#cpu?.take(cpuMs, now);
  }

  /** Throws `ResourceExhausted` while CPU time or egress is in debt. */
  solvent(now: number): void {
    const cpuMs = this.#cpu?.waitMs(0, now) ?? 0;
    if (cpuMs > 0) throw this.#refused('cpuMsPerSecond', cpuMs);
    const egressMs = this.#egress?.waitMs(0, now) ?? 0;
    if (egressMs > 0) throw this.#refused('egressBytesPerSecond', egressMs);
  }

  sent(bytes: number, now: number): void {
    this.usage.egressBytes += bytes;
    this.#egress?.take(bytes, now);
  }

  #refused(quota: string, waitMs: number): IsopodError {
    this.usage.throttled++;
    return new IsopodError(
      'ResourceExhausted',
      `The tenant ${this.#tenant} is over its quota ${quota}; try again later`,
      {
        retryAfterMs: Math.ceil(waitMs),
      },
    );
  }
}
