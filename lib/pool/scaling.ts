/** Decides how many instances to start. Pure. */

export interface ScalingFacts {
  /** Calls that wait for an instance. */
  readonly waiting: number;
  /** Instances on the way. */
  readonly starting: number;
  /** Starts the place can work on at once: more would only take each other's time. */
  readonly startsAtOnce: number;
  /** Calls one instance takes at once. */
  readonly concurrency: number;
  /** Instances the function may still add; ready spares are counted in already. */
  readonly room: number;
  /** Restored and not initialised yet: the next starts take these. */
  readonly spares: number;
}

/** Starts to begin now: as many as calls wait for, but no more at once than can be worked on. */
export function startsWanted({ waiting, starting, startsAtOnce, concurrency, room, spares }: ScalingFacts): number {
  const useful = Math.min(startsAtOnce, Math.ceil(waiting / concurrency)) - starting;
  return Math.max(0, Math.min(useful, room + spares));
}

/** Provisioned instances to start (more than 0) or to release (less than 0). `starting`: those on the way. */
export function provisionedWanted(target: number, provisioned: number, starting: number): number {
  const missing = target - provisioned - starting;
  return missing >= 0 ? missing : Math.min(0, target - provisioned);
}
