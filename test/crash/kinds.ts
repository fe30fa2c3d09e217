/** The kinds of events of the crash test: what becomes of each, and how often it comes. Shared by both processes. */

export interface CrashEvent {
  readonly id: string;
  readonly kind: Kind;
}

/**
 * `does`: runs. `flaky`: fails a few times first. `tells`: runs, and its success is posted. `posts`, `letters`, `forwards`:
 * fail for good, and that is posted, kept as a dead letter, or handed to another function.
 */
export const KINDS = ['does', 'flaky', 'tells', 'posts', 'letters', 'forwards'] as const;
export type Kind = (typeof KINDS)[number];

const SHARES: Readonly<Record<Kind, number>> = { does: 60, flaky: 10, tells: 8, posts: 8, letters: 7, forwards: 7 };

/** `random`: 0 to 1. */
export function kindFor(random: number): Kind {
  let left = random * 100;
  for (const kind of KINDS) {
    left -= SHARES[kind];
    if (left < 0) return kind;
  }
  return 'does';
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
