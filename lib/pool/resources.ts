/** What every pool of an engine shares. */
import type { Call } from '../instance/call.ts';
import type { Definition } from '../instance/definition.ts';
import type { Instance, InstanceOwner } from '../instance/instance.ts';
import type { DirectInstance } from '../isolate/direct-instance.ts';
import type { Capacity } from './capacity.ts';
import type { RemoteLane } from './lane-choice.ts';
import type { PoolObserver } from './observer.ts';
import type { Pool } from './pool.ts';

export interface PoolResources {
  readonly capacity: Capacity;
  /** Calls of one function that may wait. */
  readonly maxWaiting: number;
  readonly observer: PoolObserver | undefined;
  /** The pool has calls, whose deadlines have to be looked after until it has none. */
  watch(pool: Pool): void;
  makeDirect(definition: Definition, owner: InstanceOwner): DirectInstance;
  /** Offers a call no instance here can take at once to other engines; false when it is to stay. */
  readonly elsewhere: ((pool: Pool, call: Call) => boolean) | undefined;
  /** Where instances live away from the calling thread; undefined when there is no such place. */
  readonly remote: RemotePlace | undefined;
}

export interface RemotePlace {
  readonly lane: RemoteLane;
  /** Starts it can work on at once. */
  readonly startsAtOnce: number;
  make(definition: Definition, owner: InstanceOwner): Instance;
}
