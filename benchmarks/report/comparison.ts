/** The comparison's rows by measure, function and peer: where Isopod is behind, and what a glance should show. */
import { isOurs, peers } from '../compare/peers.ts';
import { parseRow } from '../compare/rows.ts';
import type { Line, Report } from './lines.ts';
import type { Loss, PeerFacts } from './page/data.ts';
import { amount } from './page/format.ts';
import { reasonFor } from './reasons.ts';

export const peerFacts = (): PeerFacts[] =>
  Object.entries(peers).map(([name, { title, boundary, settings, isolates, apart }]) => {
    return { name, title, boundary, settings, isolates, apart: apart === true, ours: isOurs(name) };
  });

/** Rows whose figure says how good a peer is, and what it is called in a sentence. */
const JUDGED: readonly [RegExp, string][] = [
  [/^latency$/, 'warm latency, median'],
  [/^throughput 64$/, 'throughput, 64 in flight'],
  [/^cpu$/, 'CPU per call'],
  [/^open 1000$/, 'latency at 1,000 calls/s, p99'],
  [/^cold$/, 'cold start'],
  [/^idle$/, 'first call after a pause'],
  [/^contain$/, 'time past the limit of a loop'],
  [/^memory per function$/, 'memory per function'],
  [/^size$/, 'installed size'],
];

export interface Figure {
  readonly measure: string;
  readonly guest: string;
  readonly peer: string;
  readonly unit: string;
  readonly value: number;
  readonly noisy: boolean;
}

/** As tables show it: `~` when others used the machine. */
export const shown = ({ value, unit, noisy }: Figure): string => `${noisy ? '~' : ''}${amount(value, unit)}`;

/** Sizes do not depend on how busy the machine is. */
const isTimed = (measure: string): boolean => !/^(memory|size|packages)/.test(measure);

/** Figures that are compared: medians, of open loops the p99, and memory per function made of what was measured. */
export function figures({ lines }: Report): Figure[] {
  const found: Figure[] = [];
  const memory = new Map<string, Line[]>();
  for (const line of lines) {
    const { measure, guest, peer } = parseRow(line.row);
    if (Number.isNaN(line.median)) continue;
    if (/^memory \d+ pss$/.test(measure)) memory.set(peer, [...(memory.get(peer) ?? []), line]);
    const value = measure.startsWith('open') ? line.p99 : line.median;
    found.push({ measure, guest, peer, unit: line.unit, value, noisy: isTimed(measure) && line.noisy });
  }
  for (const [peer, each] of memory) {
    const at = each.map((line) => [Number(line.row.split(' ')[1]), line.median] as const).sort(([a], [b]) => a - b);
    // From the first function on: what a peer takes only once is no function's.
    const [one, most] = [at.find(([functions]) => functions === 1), at.at(-1)];
    if (one === undefined || most === undefined || most[0] < 100) continue;
    const value = (most[1] - one[1]) / (most[0] - 1);
    found.push({ measure: 'memory per function', guest: 'tiny', peer, unit: 'MB', value, noisy: false });
  }
  return found;
}

/** Isopod's best tier and the best peers that isolate, of those that stand as far from the program. */
export interface Standing {
  readonly measure: string;
  readonly guest: string;
  /** What is compared, in words. */
  readonly what: string;
  readonly apart: boolean;
  readonly ours: Figure;
  /** Best first; how many times as good as Isopod each is. */
  readonly theirs: readonly (Figure & { readonly ratio: number })[];
}

export function standings(report: Report): Standing[] {
  const all = figures(report);
  const facts = new Map(peerFacts().map((peer) => [peer.name, peer]));
  const found: Standing[] = [];
  for (const [pattern, called] of JUDGED) {
    const judged = all.filter(({ measure }) => pattern.test(measure));
    for (const guest of new Set(judged.map((each) => each.guest))) {
      for (const apart of [false, true]) {
        const group = judged.filter((each) => each.guest === guest && facts.get(each.peer)?.apart === apart);
        const more = group[0]?.unit.endsWith('/s') === true;
        const better = (a: Figure, b: Figure): number => (more ? b.value - a.value : a.value - b.value);
        const ours = group.filter(({ peer }) => isOurs(peer)).sort(better)[0];
        const others = group.filter(({ peer }) => facts.get(peer)?.isolates === true && !isOurs(peer)).sort(better);
        if (ours === undefined || others.length === 0) continue;
        const ratioOf = ({ value }: Figure): number => (more ? value / ours.value : ours.value / value);
        const theirs = others.map((each) => ({ ...each, ratio: ratioOf(each) }));
        const what = ['install', 'loop'].includes(guest) ? called : `${called}, ${guest}`;
        found.push({ measure: ours.measure, guest, what, apart, ours, theirs });
      }
    }
  }
  return found;
}

/** Differences below this are within what two runs differ by. */
const NOTABLE = 1.05;

const titleOf = (peer: string): string => peers[peer]?.title ?? peer;

export function losses(report: Report): Loss[] {
  return standings(report)
    .flatMap(({ measure, guest, what, ours, theirs }): Loss[] => {
      const [first, ...rest] = theirs.filter(({ ratio }) => ratio > NOTABLE);
      if (first === undefined) return [];
      return [
        {
          what,
          ours: titleOf(ours.peer),
          oursValue: ours.value,
          peer: `${titleOf(first.peer)}${rest.length === 0 ? '' : ` (and ${rest.length} more)`}`,
          peerValue: first.value,
          unit: ours.unit,
          ratio: first.ratio,
          why: `${ours.noisy || first.noisy ? 'Doubtful: the machine was busy. ' : ''}${reasonFor(measure, guest, first.peer, first.ratio)}`,
        },
      ];
    })
    .sort((a, b) => b.ratio - a.ratio);
}
