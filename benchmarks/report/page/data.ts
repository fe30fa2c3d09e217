/** What a page is given: made by the report, read in the browser. Types only. */

/** A box of a flame graph: a function called along one path. Microseconds, counted from the left. */
export interface Frame {
  readonly name: string;
  readonly place: string;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
  readonly self: number;
}

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** In place of figures. */
  readonly finding?: string;
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly ratio?: number;
  readonly baseline?: string;
  /** Values at growing shares of the samples, for distributions. */
  readonly cdf?: readonly (readonly [value: number, share: number])[];
  /** Of the comparison. */
  readonly measure?: string;
  readonly guest?: string;
  readonly peer?: string;
}

export interface PeerFacts {
  readonly name: string;
  readonly title: string;
  readonly boundary: string;
  readonly settings: string;
  readonly isolates: boolean;
  /** Outside the program, in a process of its own. */
  readonly apart: boolean;
  readonly ours: boolean;
}

/** Where an isolating peer is ahead of the tier of Isopod that stands as far from the program. */
export interface Loss {
  readonly what: string;
  readonly ours: string;
  readonly oursValue: number;
  readonly peer: string;
  readonly peerValue: number;
  readonly unit: string;
  /** How far behind: 2 is half as good. */
  readonly ratio: number;
  readonly why: string;
}

export interface Aim {
  readonly row: string;
  readonly says: string;
  readonly value: number;
  readonly met: boolean;
}

export interface PageData {
  readonly title: string;
  readonly suite: string;
  readonly facts: readonly string[];
  readonly rows: readonly Row[];
  readonly aims: readonly Aim[];
  readonly failures: readonly string[];
  readonly noisy: readonly string[];
  readonly runs: number;
  readonly comparison?: { readonly peers: readonly PeerFacts[]; readonly losses: readonly Loss[] };
}
