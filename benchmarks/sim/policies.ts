/** What is compared: when idle instances end, which go first when memory is short, and how many spares are kept. */

export interface Policy {
  readonly name: string;
  readonly says: string;
  /** Idle instances end after this; milliseconds. */
  readonly idleMs: number;
  /** Which idle instances make room for others; `none`: memory is not limited. */
  readonly evicts: 'none' | 'longest unused' | 'worth least';
  /** As `spareInstances` of a function. */
  readonly spares: number | 'auto';
}

export const POLICIES: readonly Policy[] = [
  {
    name: 'fixed',
    says: 'idle for 5 minutes; memory is not limited, so that what it takes is seen',
    idleMs: 300_000,
    evicts: 'none',
    spares: 0,
  },
  {
    name: 'lru',
    says: 'nothing ends by itself; the longest unused makes room',
    idleMs: Number.POSITIVE_INFINITY,
    evicts: 'longest unused',
    spares: 0,
  },
  {
    name: 'worth',
    says: 'nothing ends by itself; what is worth least makes room',
    idleMs: Number.POSITIVE_INFINITY,
    evicts: 'worth least',
    spares: 0,
  },
  {
    name: 'isopod',
    says: "the engine's defaults: idle for 60 s, what is worth least makes room",
    idleMs: 60_000,
    evicts: 'worth least',
    spares: 0,
  },
  {
    name: 'isopod, 1 spare',
    says: 'the same with one spare for each function that has instances',
    idleMs: 60_000,
    evicts: 'worth least',
    spares: 1,
  },
  {
    name: 'isopod, auto',
    says: "the same with spareInstances: 'auto', the predictor",
    idleMs: 60_000,
    evicts: 'worth least',
    spares: 'auto',
  },
];
