/** What those who measure hear of instances. Called in the middle of things: must be quick and must not throw. */
import type { ColdStart, ColdStartStages, InstanceEnd, Lane } from '../types.ts';

export interface InstanceFacts {
  /** The full name. */
  readonly functionName: string;
  readonly versionId: string;
  readonly instanceId: string;
  readonly lane: Lane;
  /** It is kept by configuration, not by demand. */
  readonly provisioned: boolean;
}

export interface PoolObserver {
  /** An instance takes calls from now on. Nobody waited for it unless `coldStart` tells of those who did. */
  instanceStarted(facts: InstanceFacts, stages: ColdStartStages, coldStart: ColdStart | undefined): void;
  instanceEnded(facts: InstanceFacts, how: InstanceEnd): void;
}
