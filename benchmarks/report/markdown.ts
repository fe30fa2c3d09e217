/** A report as Markdown, for docs/benchmarks.md: the same figures as the page's. */

import { peers as allPeers } from '../compare/peers.ts';
import { parseRow } from '../compare/rows.ts';
import { figures, losses, peerFacts, shown, standings } from './comparison.ts';
import { figure, type Report } from './lines.ts';
import { amount } from './page/format.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[], numbers = 1): string =>
  [head, head.map((_, at) => (at < numbers ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

function setting({ result, noisy }: Report): string {
  const { machine, revision, began, runs } = result;
  const quiet =
    noisy.length === 0
      ? 'the machine was quiet'
      : `others used the machine during ${noisy.length} of ${runs.length} runs`;
  return (
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, ${machine.system}, Node.js ${machine.node}, isolated-vm ` +
    `${machine.isolatedVm}; revision ${revision}, ${began.slice(0, 10)}; ${quiet}.`
  );
}

export function makeMarkdown(report: Report): string {
  return `${setting(report)}\n\n${report.suite.name === 'compare' ? comparison(report) : plain(report)}\n`;
}

function plain({ suite, lines }: Report): string {
  const rows = lines.map(({ row, samples, unit, median, p99, n, ratio, baseline }) => [
    row,
    typeof samples === 'string' ? samples : `${figure(median)}${unit === suite.unit ? '' : ` ${unit}`}`,
    n === 0 ? '' : figure(p99),
    n === 0 ? '' : String(n),
    ratio === undefined ? '' : `${ratio.toFixed(2)}× ${baseline}`,
  ]);
  return table([`${suite.name} (${suite.unit})`, 'median', 'p99', 'samples', 'beside'], rows);
}

/** Cases that give a figure. */
function commandOf(measure: string, guest: string): string {
  if (/^(latency|throughput|cpu)/.test(measure)) return `warm/${guest}`;
  if (measure.startsWith('open')) return `open/${guest}`;
  if (measure.startsWith('memory')) return `memory/${guest}`;
  if (measure === 'contain') return 'loop/';
  return measure === 'size' ? 'size/' : `${measure}/${guest}`;
}

/** One table per measure: a line per peer, a column per function; what could not be measured says so below. */
function comparison(report: Report): string {
  const all = figures(report);
  const peers = peerFacts();
  const words = new Map<string, string>();
  for (const { row, samples } of report.lines) {
    const { measure, guest, peer } = parseRow(row);
    if (typeof samples === 'string') words.set(`${measure} | ${guest} | ${peer}`, samples);
  }
  const section = (title: string, measure: string, guests: readonly string[]): string => {
    const measured = guests.filter((guest) => all.some((each) => each.measure === measure && each.guest === guest));
    if (measured.length === 0) return '';
    const rows = peers.map((peer) => [
      peer.ours ? `**${peer.title}**` : peer.isolates ? peer.title : `*${peer.title}*`,
      ...measured.map((guest) => {
        const found = all.find((each) => each.measure === measure && each.guest === guest && each.peer === peer.name);
        return found === undefined ? '–' : shown(found);
      }),
    ]);
    return `### ${title}\n\n${table(['', ...measured], rows)}\n`;
  };
  const guests = [...new Set(report.lines.map((line) => parseRow(line.row).guest))];
  const bombs = guests.filter((guest) => guest.startsWith('bomb'));
  const contained = peers.map((peer) => [
    peer.ours ? `**${peer.title}**` : peer.title,
    ...bombs.map((way) => (words.get(`outcome | ${way} | ${peer.name}`) ?? '–').replace(/ \(.*/, '')),
  ]);
  const title = (peer: string): string => allPeers[peer]?.title ?? peer;
  const standing = standings(report).flatMap(({ measure, guest, what, ours, theirs }) => {
    const [first] = theirs;
    if (first === undefined) return [];
    const cells = [what, `${title(ours.peer)}: ${shown(ours)}`];
    return [
      [
        ...cells,
        `${title(first.peer)}: ${shown(first)}`,
        `${(1 / first.ratio).toFixed(2)}×`,
        `\`${commandOf(measure, guest)}\``,
      ],
    ];
  });
  const behind = losses(report).map((loss) => [
    loss.what,
    `${loss.peer}: ${amount(loss.peerValue, loss.unit)}`,
    `${loss.ours}: ${amount(loss.oursValue, loss.unit)}`,
    `${loss.ratio.toFixed(2)}×`,
    loss.why,
  ]);
  return [
    'Bold: Isopod. Italic: keeps functions from nothing. Medians, but for the p99 where it says so. `~`: others used the machine meanwhile.\n',
    `### Isopod's best tier beside the best peer that isolates\n\nOnce for what lives in the program, once for what lives in processes of its own. A ratio above 1: Isopod is ahead. The\ncommands follow \`npm run bench -- compare --only\`.\n\n${table(['measure', 'Isopod', 'peer', 'ratio', 'command'], standing, 5)}\n`,
    section('Warm latency, one call after the other', 'latency', guests),
    section('Calls per second, 64 in flight', 'throughput 64', guests),
    section('p99 at 1,000 calls/s, whatever became of those before', 'open 1000', guests),
    section('CPU time per call, all processes', 'cpu', guests),
    section('Cold start to the first answer', 'cold', guests),
    section('First call after a pause', 'idle', guests),
    section('Memory per function (PSS, up to 1,000 functions)', 'memory per function', guests),
    section('Time past its limit until an endless loop is ended', 'contain', guests),
    section('Installed, with dependencies', 'size', guests),
    bombs.length === 0
      ? ''
      : `### Memory taken without end\n\n${table(['', ...bombs.map((way) => way.slice(5))], contained, 6)}\n`,
    `### Where Isopod is behind\n\n${behind.length === 0 ? 'Nowhere, in this run.' : table(['measure', 'ahead', 'Isopod', 'ratio', 'why'], behind, 5)}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}
