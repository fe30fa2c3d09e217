/** Isopod beside its peers: the same guest functions on each, measured the same way. See `compare/` and docs/benchmarks.md. */
import { started, timed } from '../compare/guests.ts';
import { cold, idle } from '../compare/measures/cold.ts';
import { bomb, loop, WAYS } from '../compare/measures/contain.ts';
import { memory } from '../compare/measures/memory.ts';
import { open } from '../compare/measures/open-loop.ts';
import { size } from '../compare/measures/size.ts';
import { warm } from '../compare/measures/warm.ts';
import { peers } from '../compare/peers.ts';
import { unitOf } from '../compare/rows.ts';
import type { Suite } from '../suite.ts';

type Cases = Suite['cases'];

/** Peers of one function and measure run next to each other, so that what is compared was measured at about one time. */
const each = (name: string, make: (peer: string) => Cases[string]): Cases =>
  Object.fromEntries(Object.keys(peers).map((peer) => [`${name}/${peer}`, make(peer)]));

const all = (names: readonly string[], measure: string, make: (peer: string, name: string) => Cases[string]): Cases =>
  Object.assign({}, ...names.map((name) => each(`${measure}/${name}`, (peer) => make(peer, name))));

export const compare: Suite = {
  name: 'compare',
  unit: 'µs',
  unitOf,
  baseline: '',
  onRequest: true,
  caseTimeoutMs: 240_000,
  cases: {
    ...all(timed, 'warm', warm),
    ...all(['tiny', 'template'], 'open', open),
    ...all(started, 'cold', cold),
    ...each('idle/tiny', (peer) => idle(peer, 'tiny')),
    ...each('loop', loop),
    ...all(WAYS, 'bomb', bomb),
    ...each('size', size),
    ...each('memory/tiny', (peer) => memory(peer, 'tiny')),
  },
  targets: [],
};
