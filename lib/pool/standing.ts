/**
 * Keeps so many instances of a function ready as its configuration says, whether it is called or not: provisioned ones.
 * Those that are there are taken first; what is missing is started, and tried again when that fails.
 */
import type { IsopodError } from '../errors.ts';
import type { Instance } from '../instance/instance.ts';
import type { Roster } from './roster.ts';
import { provisionedWanted } from './scaling.ts';

/** Milliseconds before a start that failed is tried again; doubles up to the second figure. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface StandingOptions {
  /** Begins a start where calls go; undefined when there is no room. Resolves with why it failed, if it did. */
  start(): Promise<IsopodError | undefined> | undefined;
  /** An instance is not needed any more. */
  release(instance: Instance): void;
}

export class Standing {
  readonly #options: StandingOptions;
  #starting = 0;
  #retryAt = 0;
  #retryMs = RETRY_MS;
  /** Instances to have. */
  target = 0;
  /** Why the last start failed. */
  #error: IsopodError | undefined;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /** A new target, or new hope. */
  aim(target: number): void {
    this.target = target;
    this.#retryAt = 0;
  }

  /** Why instances are missing, when they are. */
  errorFor(provisioned: number): IsopodError | undefined {
    return provisioned < this.target ? this.#error : undefined;
  }

  /** Looks whether there are too few or too many among the instances calls go to. */
  keep(roster: Roster): void {
    let wanted = provisionedWanted(this.target, roster.provisionedCount, this.#starting);
    if (wanted === 0) return;
    for (const instance of [...roster.all]) {
      if (wanted === 0) return;
      if (instance.provisioned === wanted > 0) continue;
      roster.provision(instance, wanted > 0);
      if (wanted < 0 && instance.openCount === 0) this.#options.release(instance);
      wanted -= Math.sign(wanted);
    }
    if (performance.now() < this.#retryAt) return;
    for (; wanted > 0; wanted--) if (!this.#start()) return;
  }

  #start(): boolean {
    const starting = this.#options.start();
    if (starting === undefined) return false;
    this.#starting++;
    void starting.then((error) => {
      this.#starting--;
      this.#error = error;
      if (error === undefined) {
        this.#retryMs = RETRY_MS;
        return;
      }
      this.#retryAt = performance.now() + this.#retryMs;
      this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    });
    return true;
  }
}
