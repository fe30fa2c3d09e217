/** What a suite is: named cases, each run in a process of its own, whose rows are compared with each other. */

/** Samples by row name; the unit is the suite's unless the row says another. */
export type Rows = Record<string, number[]>;

export interface Target {
  /** The median is at most `max` times the median of the row `against`, or at most `max` in itself. */
  readonly row: string;
  readonly against?: string;
  readonly max: number;
  readonly says: string;
}

export interface Suite {
  readonly name: string;
  readonly unit: string;
  /** Row all others are set in relation to; a row's own baseline comes first. */
  readonly baseline: string;
  /** Rows with a baseline of their own. */
  readonly baselines?: Readonly<Record<string, string>>;
  readonly cases: Readonly<Record<string, (quick: boolean) => Promise<Rows>>>;
  readonly targets: readonly Target[];
}

/** Means of blocks of calls, in microseconds a call; the first blocks warm up and are dropped. */
export async function timeBlocks(calls: number, blocks: number, run: (calls: number) => unknown): Promise<number[]> {
  const values: number[] = [];
  for (let block = -3; block < blocks; block++) {
    const began = performance.now();
    await run(calls);
    if (block >= 0) values.push(((performance.now() - began) * 1_000) / calls);
  }
  return values;
}

/** Runs `calls` calls with `inFlight` of them open at any time. */
export async function inFlight(count: number, calls: number, call: () => Promise<unknown>): Promise<void> {
  let left = calls;
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (left-- > 0) await call();
    }),
  );
}
