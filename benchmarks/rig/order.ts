/** The order of runs: cases alternate, every other round in reverse, so that a slow spell of the machine hits all. */

export interface Turn {
  readonly name: string;
  /** From 0. */
  readonly round: number;
}

export function order(names: readonly string[], rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, round) =>
    (round % 2 === 0 ? names : names.toReversed()).map((name) => ({ name, round })),
  ).flat();
}
