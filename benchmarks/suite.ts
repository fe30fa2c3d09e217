/**
 * What a suite is: named cases, each run in a process of its own, whose rows are compared with each other. A file of
 * `suites/` exports one; its name on the command line is the file's.
 */

/** How often each value was seen, by bucket of `rig/distribution.ts`: the many samples of single calls in few bytes. */
export interface Counts {
  readonly counts: Readonly<Record<string, number>>;
}

/** Samples one by one, counted samples, or a finding in words ("the host process ended"). */
export type Samples = number[] | Counts | string;

/** Samples by row name. A case names its rows so that no other case of the suite has the same. */
export type Rows = Record<string, Samples>;

export interface Target {
  /** The median is at most `max` times the median of the row `against`, or at most `max` in itself. */
  readonly row: string;
  readonly against?: string;
  readonly max: number;
  readonly says: string;
}

export interface Suite {
  readonly name: string;
  /** Of all rows but those `unitOf` gives another. In units that end in `/s` more is better, in all others less. */
  readonly unit: string;
  readonly unitOf?: (row: string) => string | undefined;
  /** Row all others are set in relation to; a row's own baseline comes first; '' for none. */
  readonly baseline: string;
  /** Rows with a baseline of their own. */
  readonly baselines?: Readonly<Record<string, string>>;
  /** Rows of `quick` cases only show that the case works. */
  readonly cases: Readonly<Record<string, (quick: boolean) => Promise<Rows>>>;
  readonly targets: readonly Target[];
  /** Rows made of others' samples, such as a mean of ratios. */
  readonly derived?: (rows: Rows) => Rows;
  /** Only runs when it is asked for by name. */
  readonly onRequest?: boolean;
  /** Milliseconds one case may take before its process is killed; default 300,000. */
  readonly caseTimeoutMs?: number;
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
