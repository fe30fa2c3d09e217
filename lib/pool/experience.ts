/** What was learned of a function's instances; outlives the pool, which is given up while nobody calls. */
import { Conduct } from '../instance/conduct.ts';
import type { Instance } from '../instance/instance.ts';
import type { InstanceEnd } from '../types.ts';
import { ColdStarts } from './cold-starts.ts';
import { Demand } from './demand.ts';
import type { LaneChoice } from './lane-choice.ts';
import { Activity } from './worth.ts';

/** Assumed until the first start was measured: milliseconds, bytes. */
const START_MS_GUESS = 5;
const BYTES_GUESS = 2_000_000;

export class Experience {
  readonly conduct = new Conduct();
  readonly coldStarts = new ColdStarts();
  readonly demand = new Demand();
  readonly activity = new Activity();
  choice: LaneChoice | undefined = undefined;
  /** Of the last whole start. */
  startMs: number = START_MS_GUESS;
  /** Of the quickest whole start: what a start costs when the machine is not busy. */
  leastStartMs: number = Number.POSITIVE_INFINITY;
  /** What an instance held after its start, the last time. */
  bytes: number = BYTES_GUESS;
  /** How the last instance ended. */
  lastEnd: { readonly how: InstanceEnd; readonly detail: string | undefined } | undefined = undefined;

  /** A whole start took `startMs`. */
  learn(instance: Instance, startMs: number): void {
    this.startMs = startMs;
    this.leastStartMs = Math.min(this.leastStartMs, startMs);
    this.bytes = instance.bytes;
  }
}
