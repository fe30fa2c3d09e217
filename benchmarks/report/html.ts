/** A report as one HTML file that stands for itself. */
import { parseRow } from '../compare/rows.ts';
import { percentile, weighted } from '../rig/statistics.ts';
import { losses, peerFacts } from './comparison.ts';
import type { Line, Report } from './lines.ts';
import type { PageData, Row } from './page/data.ts';
import { makePage } from './page.ts';

/** Shares of a distribution that are drawn: dense where the curve bends. */
const SHARES = [
  ...Array.from({ length: 50 }, (_, at) => at / 50),
  ...[0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995, 1],
];

const short = (value: number): number => (Number.isNaN(value) ? 0 : Number(value.toPrecision(4)));

function rowOf(line: Line, compared: boolean): Row {
  const { samples, n, ratio, baseline } = line;
  const sorted = typeof samples === 'string' ? [] : weighted(samples);
  return {
    name: line.row,
    unit: line.unit,
    n,
    min: short(line.min),
    median: short(line.median),
    p99: short(line.p99),
    p999: short(line.p999),
    max: short(line.max),
    ...(typeof samples === 'string' ? { finding: samples } : {}),
    ...(ratio === undefined || baseline === undefined ? {} : { ratio: short(ratio), baseline }),
    ...(n >= 20 ? { cdf: SHARES.map((share) => [short(percentile(sorted, share)), share] as const) } : {}),
    ...(compared ? parseRow(line.row) : {}),
  };
}

export function pageData(report: Report): PageData {
  const { suite, result, lines, aims, failures, noisy } = report;
  const { machine } = result;
  const compared = suite.name === 'compare';
  return {
    title: compared ? 'Isopod beside its peers' : `Isopod benchmarks: ${suite.name}`,
    suite: suite.name,
    facts: [
      `${machine.cores} × ${machine.cpu}`,
      `${machine.memoryGB} GB`,
      machine.system,
      `governor ${machine.governor}`,
      `Node.js ${machine.node} (V8 ${machine.v8})`,
      `isolated-vm ${machine.isolatedVm}`,
      `revision ${result.revision}`,
      `${result.began.slice(0, 16).replace('T', ' ')} UTC`,
    ],
    rows: lines.map((line) => rowOf(line, compared)),
    aims,
    failures,
    noisy,
    runs: result.runs.length,
    ...(compared ? { comparison: { peers: peerFacts(), losses: losses(report) } } : {}),
  };
}

export const makeHtml = (report: Report): Promise<string> => {
  const data = pageData(report);
  return makePage('report', data.title, data);
};
