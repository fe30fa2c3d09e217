/**
 * What all pools of an engine share: memory, a number of instances, and a rate of starts. A pool asks before it starts an
 * instance. When there is no room, idle instances of any function make some; when there are none, the start waits: so
 * calls are let in more slowly before any fails. Who waits is asked again in the order of asking.
 */
import type { Instance, Pooled } from '../instance/instance.ts';
import { type Clock, REAL_CLOCK } from './clock.ts';
import { Eviction, type Offering } from './eviction.ts';
import { StartRate } from './start-rate.ts';

/** A pool, as it is seen here. */
export interface Claimant<T extends Pooled = Instance> extends Offering<T> {
  evict(instance: T): void;
  /** There may be room now. */
  retry(): void;
}

export interface CapacityOptions {
  readonly memoryBytes: number;
  readonly maxInstances: number;
  readonly startBurst: number;
  readonly startsPerMinute: number;
}

/** Room made beyond what is asked for, so that not every start has to look for some: a part of all memory. */
const SLACK = 0.01;

export class Capacity<T extends Pooled = Instance> {
  readonly #options: CapacityOptions;
  readonly #rate: StartRate;
  /** Bytes by instance, as they were told last. */
  readonly #members = new Map<T, number>();
  readonly #claimants = new Set<Claimant<T>>();
  readonly #eviction = new Eviction<T, Claimant<T>>(this.#claimants, (instance) => this.#members.has(instance));
  /** Pools that wait for room. */
  readonly #waiting = new Set<Claimant<T>>();
  #usedBytes = 0;
  #starting = 0;
  #startingBytes = 0;
  readonly #clock: Clock;
  /** Gives up the look at what waits for the rate. */
  #cancel: (() => void) | undefined;
  #retrying = false;
  /** Instances ended to make room. */
  evictions = 0;

  constructor(options: CapacityOptions, clock: Clock = REAL_CLOCK) {
    this.#options = options;
    this.#clock = clock;
    this.#rate = new StartRate(options.startBurst, options.startsPerMinute);
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get instanceCount(): number {
    return this.#members.size;
  }

  /** Pools that wait for room. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  open(claimant: Claimant<T>): void {
    this.#claimants.add(claimant);
  }

  close(claimant: Claimant<T>): void {
    this.#claimants.delete(claimant);
    this.#waiting.delete(claimant);
  }

  /** Whether one may start that will hold about so many bytes. If not, the claimant is told when to ask again. */
  admit(claimant: Claimant<T>, bytes: number): boolean {
    const now = this.#clock.now();
    if (!this.#makeRoom(bytes, now)) {
      this.#waiting.add(claimant);
      return false;
    }
    if (!this.#rate.take(now)) {
      this.#waiting.add(claimant);
      this.#cancel ??= this.#clock.later(Math.ceil(this.#rate.waitMs(now)), () => this.#timeout());
      return false;
    }
    this.#starting++;
    this.#startingBytes += bytes;
    return true;
  }

  /** As `admit`, for what nobody waits for: nothing is ended for it, and it does not wait. */
  admitSpare(bytes: number): boolean {
    const { memoryBytes, maxInstances } = this.#options;
    if (this.#members.size + this.#starting >= maxInstances) return false;
    if (this.#usedBytes + this.#startingBytes + bytes > memoryBytes || this.#waiting.size > 0) return false;
    this.#starting++;
    this.#startingBytes += bytes;
    return true;
  }

  #timeout(): void {
    this.#cancel = undefined;
    this.#retry();
  }

  /** One that was let in has started, or not (`instance` is undefined then); `bytes` as it was let in with. */
  settled(bytes: number, instance: T | undefined): void {
    this.#starting--;
    this.#startingBytes -= bytes;
    if (instance === undefined) this.#retry();
    else this.add(instance);
  }

  add(instance: T): void {
    this.#eviction.hope();
    this.#members.set(instance, instance.bytes);
    this.#usedBytes += instance.bytes;
  }

  remove(instance: T): void {
    const bytes = this.#members.get(instance);
    if (bytes === undefined) return;
    this.#members.delete(instance);
    this.#usedBytes -= bytes;
    this.#eviction.hope();
    this.#retry();
  }

  /** Its size may have changed. */
  refresh(instance: T): void {
    const bytes = this.#members.get(instance);
    if (bytes === undefined || bytes === instance.bytes) return;
    this.#members.set(instance, instance.bytes);
    this.#usedBytes += instance.bytes - bytes;
    if (this.#usedBytes > this.#options.memoryBytes) this.#makeRoom(0, this.#clock.now());
  }

  /** An instance has nothing to do any more: it can make room for others. */
  idle(): void {
    this.#eviction.hope();
    if (this.#waiting.size > 0) this.#retry();
  }

  #makeRoom(bytes: number, now: number): boolean {
    const { memoryBytes, maxInstances } = this.#options;
    const tooMany = (): boolean => this.#members.size + this.#starting >= maxInstances;
    const over = (): number => this.#usedBytes + this.#startingBytes + bytes - memoryBytes;
    if (tooMany() || over() > 0) this.#evict(now, () => tooMany() || over() + memoryBytes * SLACK > 0);
    if (tooMany()) return false;
    // One instance may always be there, whatever it holds.
    return over() <= 0 || this.#members.size + this.#starting === 0;
  }

  #evict(now: number, isShort: () => boolean): void {
    while (isShort()) {
      const next = this.#eviction.next(now);
      if (next === undefined) return;
      this.evictions++;
      next.from.evict(next.instance);
    }
  }

  #retry(): void {
    if (this.#retrying || this.#waiting.size === 0) return;
    this.#retrying = true;
    // Ending an instance is the middle of something: the next start is not for its stack.
    this.#clock.soon(() => {
      this.#retrying = false;
      for (const claimant of [...this.#waiting]) {
        this.#waiting.delete(claimant);
        claimant.retry();
        // It waits again: there is no room for the others either, or they come first the next time.
        if (this.#waiting.has(claimant)) return;
      }
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
