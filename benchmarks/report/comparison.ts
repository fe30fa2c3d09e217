/** The comparison's rows by measure, function and peer: where Isopod is behind, and what a glance should show. */
import { isOurs, peers } from '../compare/peers.ts';
import { parseRow } from '../compare/rows.ts';
import type { Line, Report } from './lines.ts';
import type { Loss, PeerFacts } from './page/data.ts';
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
}

/** Figures that are compared: medians, of open loops the p99, and memory per function made of what was measured. */
export function figures({ lines }: Report): Figure[] {
  const found: Figure[] = [];
  const memory = new Map<string, Line[]>();
  for (const line of lines) {
    const { measure, guest, peer } = parseRow(line.row);
    if (Number.isNaN(line.median)) continue;
    if (/^memory \d+ pss$/.test(measure)) memory.set(peer, [...(memory.get(peer) ?? []), line]);
    const value = measure.startsWith('open') ? line.p99 : line.median;
    found.push({ measure, guest, peer, unit: line.unit, value });
  }
  for (const [peer, each] of memory) {
    const at = each.map((line) => [Number(line.row.split(' ')[1]), line.median] as const).sort(([a], [b]) => a - b);
    // From the first function on: what a peer takes only once is no function's.
    const [one, most] = [at.find(([functions]) => functions === 1), at.at(-1)];
    if (one === undefined || most === undefined || most[0] < 100) continue;
    const value = (most[1] - one[1]) / (most[0] - 1);
    found.push({ measure: 'memory per function', guest: 'tiny', peer, unit: 'MB', value });
  }
  return found;
}

/** Differences below this are within what two runs differ by. */
const NOTABLE = 1.05;

export function losses(report: Report): Loss[] {
  const all = figures(report);
  const facts = new Map(peerFacts().map((peer) => [peer.name, peer]));
  const found: Loss[] = [];
  for (const [pattern, called] of JUDGED) {
    const judged = all.filter(({ measure }) => pattern.test(measure));
    for (const guest of new Set(judged.map((each) => each.guest))) {
      for (const apart of [false, true]) {
        const group = judged.filter((each) => each.guest === guest && facts.get(each.peer)?.apart === apart);
        const more = group[0]?.unit.endsWith('/s') === true;
        const best = (list: Figure[]): Figure | undefined =>
          list.toSorted((a, b) => (more ? b.value - a.value : a.value - b.value))[0];
        const ours = best(group.filter(({ peer }) => isOurs(peer)));
        if (ours === undefined) continue;
        for (const theirs of group) {
          const peer = facts.get(theirs.peer);
          if (peer === undefined || peer.ours || !peer.isolates) continue;
          const ratio = more ? theirs.value / ours.value : ours.value / theirs.value;
          if (!(ratio > NOTABLE)) continue;
          found.push({
            what: ['install', 'loop'].includes(guest) ? called : `${called}, ${guest}`,
            ours: facts.get(ours.peer)?.title ?? ours.peer,
            oursValue: ours.value,
            peer: peer.title,
            peerValue: theirs.value,
            unit: ours.unit,
            ratio,
            why: reasonFor(ours.measure, guest, theirs.peer),
          });
        }
      }
    }
  }
  return found.sort((a, b) => b.ratio - a.ratio);
}
