/** What is counted of one simulation. Calls that come before the warm-up is over are left out. */
import { count, values } from '../rig/distribution.ts';

export interface Told {
  readonly policy: string;
  readonly calls: number;
  /** Shares of the calls. */
  readonly cold: number;
  /** Waited for an instance, but for none to start. */
  readonly queued: number;
  readonly refused: number;
  /** Milliseconds calls waited for an instance: of all, then of those that were cold. */
  readonly wait: { readonly mean: number; readonly p99: number; readonly p999: number };
  readonly coldWait: { readonly p50: number; readonly p99: number };
  /** Starts that had to wait for room. */
  readonly heldUp: number;
  /** Memory instances held. */
  readonly meanMB: number;
  readonly peakMB: number;
  readonly gbSeconds: number;
  readonly peakInstances: number;
  readonly starts: number;
  readonly spares: number;
  readonly evicted: number;
  readonly idleEnded: number;
}

type Histogram = Record<string, number>;

export class Outcome {
  readonly #fromMs: number;
  #warm = 0;
  #cold = 0;
  #queued = 0;
  #refused = 0;
  #heldUp = 0;
  #waitedMs = 0;
  readonly #waits: Histogram = {};
  readonly #coldWaits: Histogram = {};
  #looks = 0;
  #bytes = 0;
  #peakBytes = 0;
  #peakInstances = 0;
  starts = 0;
  spares = 0;
  evicted = 0;
  idleEnded = 0;

  constructor(fromMs: number) {
    this.#fromMs = fromMs;
  }

  warm(at: number): void {
    if (at >= this.#fromMs) this.#warm++;
  }

  refused(at: number): void {
    if (at >= this.#fromMs) this.#refused++;
  }

  heldUp(at: number): void {
    if (at >= this.#fromMs) this.#heldUp++;
  }

  /** A call that came at `at` got an instance; `cold`: one that started for it. */
  waited(at: number, ms: number, cold: boolean): void {
    if (at < this.#fromMs) return;
    this.#waitedMs += ms;
    count(this.#waits, ms);
    if (cold) count(this.#coldWaits, ms);
    if (cold) this.#cold++;
    else this.#queued++;
  }

  look(at: number, bytes: number, instances: number): void {
    if (at < this.#fromMs) return;
    this.#looks++;
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    this.#peakInstances = Math.max(this.#peakInstances, instances);
  }

  tell(policy: string, durationMs: number): Told {
    const calls = this.#warm + this.#cold + this.#queued + this.#refused;
    const served = calls - this.#refused;
    const share = (part: number): number => (calls === 0 ? 0 : part / calls);
    const meanMB = this.#looks === 0 ? 0 : this.#bytes / this.#looks / 1e6;
    return {
      policy,
      calls,
      cold: share(this.#cold),
      queued: share(this.#queued),
      refused: share(this.#refused),
      wait: {
        mean: served === 0 ? 0 : this.#waitedMs / served,
        p99: quantile(this.#waits, 0.99, this.#warm),
        p999: quantile(this.#waits, 0.999, this.#warm),
      },
      coldWait: { p50: quantile(this.#coldWaits, 0.5), p99: quantile(this.#coldWaits, 0.99) },
      heldUp: this.#heldUp,
      meanMB,
      peakMB: this.#peakBytes / 1e6,
      gbSeconds: (meanMB / 1_000) * ((durationMs - this.#fromMs) / 1_000),
      peakInstances: this.#peakInstances,
      starts: this.starts,
      spares: this.spares,
      evicted: this.evicted,
      idleEnded: this.idleEnded,
    };
  }
}

/** `zeros`: values of 0 that were not counted one by one. */
function quantile(counts: Histogram, share: number, zeros = 0): number {
  const sorted = values({ counts });
  const total = sorted.reduce((sum, [, seen]) => sum + seen, zeros);
  let left = share * total - zeros;
  if (total === 0 || left <= 0) return 0;
  for (const [value, seen] of sorted) {
    left -= seen;
    if (left <= 0) return value;
  }
  return 0;
}
