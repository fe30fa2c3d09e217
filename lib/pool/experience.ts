/** What was learned of a function's instances; outlives the pool, which is given up while nobody calls. */
import { Conduct } from '../instance/conduct.ts';
import type { LaneChoice } from './lane-choice.ts';

/** Assumed until the first start was measured; milliseconds. */
const START_MS_GUESS = 5;

export class Experience {
  readonly conduct = new Conduct();
  choice: LaneChoice | undefined = undefined;
  /** Of the last whole start. */
  startMs: number = START_MS_GUESS;
  coldStarts = 0;
}
