/** The plots of the comparison. Each is drawn for a width in CSS pixels, from rows of the peers that are shown. */
import * as Plot from '@observablehq/plot';
import type { Row } from './data.ts';
import { amount, tick } from './format.ts';
import { colorOf, type Shown } from './peers.ts';

const NARROW = 560;
const hairline = { stroke: 'currentColor', strokeOpacity: 0.12 };
const text = { fill: 'currentColor', fontSize: 12 };

/** Room for the titles of peers at the left, as far as the width allows. */
const labels = (width: number): number => (width < NARROW ? 142 : 168);

const share = (nines: number): string => `${Number((100 * (1 - 10 ** -nines)).toFixed(2))}%`;

const nothing = (): Node => document.createTextNode('Nothing of what is shown was measured.');

/** Latency over the share of calls that were as quick; the upper end is stretched so that the tail can be read. */
export function distribution(rows: readonly Row[], shown: Shown, unit: string, width: number): Node {
  const points = rows.flatMap((row) =>
    (row.cdf ?? [])
      .filter(([value, at]) => value > 0 && at <= 0.999)
      .map(([value, at]) => ({
        peer: shown.title(row.peer),
        name: row.peer ?? '',
        value,
        nines: Math.min(3, -Math.log10(1 - at + 1e-9)),
      })),
  );
  if (points.length === 0) return nothing();
  const ours = (name: string): boolean => name.startsWith('isopod');
  return Plot.plot({
    width,
    height: Math.max(300, Math.min(440, width * 0.5)),
    marginLeft: 48,
    marginRight: 16,
    marginBottom: 40,
    style: { fontSize: '12px' },
    x: { type: 'log', label: `time per call`, tickFormat: tick(unit), ticks: width < NARROW ? 4 : 8 },
    y: { domain: [0, 3], ticks: [0, 0.30103, 1, 2, 3], tickFormat: share, label: 'share of calls at least as quick' },
    marks: [
      Plot.gridY([0, 0.30103, 1, 2, 3], hairline),
      Plot.gridX(hairline),
      Plot.line(points, {
        x: 'value',
        y: 'nines',
        z: 'name',
        stroke: (d: { name: string }) => colorOf(d.name),
        strokeWidth: (d: { name: string }) => (ours(d.name) ? 2.6 : 1.5),
        strokeLinejoin: 'round',
      }),
      Plot.tip(
        points,
        Plot.pointer({
          x: 'value',
          y: 'nines',
          title: (d: { peer: string; value: number; nines: number }) =>
            `${d.peer}\n${share(d.nines)} within ${amount(d.value, unit)}`,
        }),
      ),
    ],
  });
}

interface Bar {
  readonly title: string;
  readonly name: string;
  readonly value: number;
  readonly label: string;
  readonly tip: string;
}

const bar = (row: Row, shown: Shown, pick: (row: Row) => number): Bar => {
  const value = pick(row);
  const tails = `median ${amount(row.median, row.unit)}, p99 ${amount(row.p99, row.unit)}, ${row.n.toLocaleString('en-US')} samples`;
  const title = shown.title(row.peer);
  return { title, name: row.peer ?? '', value, label: amount(value, row.unit), tip: `${title}\n${tails}` };
};

/** A bar per peer, best first. Over several orders of magnitude the axis is logarithmic, and says so. */
export function bars(
  rows: readonly Row[],
  shown: Shown,
  width: number,
  what: string,
  pick: (row: Row) => number = (row) => row.median,
): Node {
  const made = rows.filter((row) => pick(row) > 0).map((row) => bar(row, shown, pick));
  if (made.length === 0) return nothing();
  const more = rows[0]?.unit.endsWith('/s') === true;
  made.sort((a, b) => (more ? b.value - a.value : a.value - b.value));
  const values = made.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const log = most / least > 30;
  const from = log
    ? 10 ** (Math.floor(Math.log10(least)) - (least / 10 ** Math.floor(Math.log10(least)) < 2 ? 1 : 0))
    : 0;
  const unit = rows[0]?.unit ?? '';
  return Plot.plot({
    width,
    height: made.length * 23 + 54,
    marginLeft: labels(width),
    marginRight: 66,
    marginTop: 6,
    marginBottom: 42,
    style: { fontSize: '12px' },
    x: {
      type: log ? 'log' : 'linear',
      domain: [from, most * (log ? 1.3 : 1.02)],
      label: `${what}${log ? ' (logarithmic)' : ''}`,
      tickFormat: tick(unit),
      ticks: width < NARROW ? 3 : 6,
    },
    y: { domain: made.map(({ title }) => title), label: null, tickSize: 0 },
    marks: [
      Plot.gridX(hairline),
      Plot.barX(made, {
        x1: from,
        x2: 'value',
        y: 'title',
        fill: (d: Bar) => colorOf(d.name),
        insetTop: 3,
        insetBottom: 3,
        rx2: 3,
        title: 'tip',
        tip: true,
      }),
      Plot.text(made, { x: 'value', y: 'title', text: 'label', textAnchor: 'start', dx: 6, ...text }),
    ],
  });
}

/** Medians as bars' ends would be, with a line to the p99: for latencies where both count. */
export function ranges(rows: readonly Row[], shown: Shown, width: number, what: string): Node {
  const made = rows.filter((row) => row.median > 0).toSorted((a, b) => a.p99 - b.p99);
  if (made.length === 0) return nothing();
  const unit = rows[0]?.unit ?? '';
  const title = (row: Row): string => shown.title(row.peer);
  const tip = (row: Row): string =>
    `${title(row)}\nmedian ${amount(row.median, unit)}\np99 ${amount(row.p99, unit)}\np99.9 ${amount(row.p999, unit)}`;
  return Plot.plot({
    width,
    height: made.length * 23 + 54,
    marginLeft: labels(width),
    marginRight: 66,
    marginTop: 6,
    marginBottom: 42,
    style: { fontSize: '12px' },
    x: {
      type: 'log',
      label: `${what}: median, p99, p99.9 (logarithmic)`,
      tickFormat: tick(unit),
      ticks: width < NARROW ? 3 : 6,
    },
    y: { domain: made.map(title), label: null, tickSize: 0 },
    marks: [
      Plot.gridX(hairline),
      Plot.ruleY(made, {
        x1: 'median',
        x2: 'p999',
        y: title,
        stroke: (d: Row) => colorOf(d.peer ?? ''),
        strokeWidth: 2,
        strokeOpacity: 0.45,
      }),
      Plot.dot(made, { x: 'median', y: title, r: 5, fill: (d: Row) => colorOf(d.peer ?? '') }),
      Plot.tickX(made, {
        x: 'p99',
        y: title,
        stroke: (d: Row) => colorOf(d.peer ?? ''),
        strokeWidth: 3,
        insetTop: 6,
        insetBottom: 6,
      }),
      Plot.text(made, {
        x: 'p999',
        y: title,
        text: (d: Row) => amount(d.p99, unit),
        textAnchor: 'start',
        dx: 7,
        ...text,
      }),
      Plot.tip(made, Plot.pointerY({ x: 'median', y: title, title: tip })),
    ],
  });
}

interface Stage {
  readonly title: string;
  readonly stage: string;
  readonly from: number;
  readonly to: number;
}

const STAGES: readonly [string, string, string][] = [
  ['queue', 'wait for a place', '#8b929c'],
  ['restore', 'make the isolate', '#1d6fe0'],
  ['evaluate', 'evaluate the code', '#d98324'],
  ['call', 'first call, and the way there', '#57bfae'],
];
const WHOLE = 'start to first answer, as a whole';
export const stageColors: readonly [string, string][] = [
  ...STAGES.map(([, title, color]): [string, string] => [title, color]),
  [WHOLE, '#a9adb5'],
];

/** Stages of a start one after the other. Starts far beyond most are cut off, with their figure. */
export function waterfall(rows: readonly Row[], shown: Shown, width: number): Node {
  const totals = rows.filter((row) => row.measure === 'cold' && row.median > 0).toSorted((a, b) => a.median - b.median);
  if (totals.length === 0) return nothing();
  const stages: Stage[] = [];
  for (const total of totals) {
    const title = shown.title(total.peer);
    let at = 0;
    for (const [name, called] of STAGES) {
      const stage = rows.find((row) => row.peer === total.peer && row.measure === `stage ${name}`);
      if (stage === undefined) continue;
      // The last told stage takes what medians of single stages leave of the whole.
      const to = name === 'call' ? Math.max(at, total.median) : Math.min(total.median, at + stage.median);
      stages.push({ title, stage: called, from: at, to });
      at = to;
    }
    if (at < total.median)
      stages.push({ title, stage: at === 0 ? WHOLE : 'first call, and the way there', from: at, to: total.median });
  }
  const middle = totals[Math.floor(totals.length * 0.7)]?.median ?? 1;
  const end = Math.min(totals.at(-1)?.median ?? 1, middle * 1.3);
  return Plot.plot({
    width,
    height: totals.length * 23 + 54,
    marginLeft: labels(width),
    marginRight: 66,
    marginTop: 6,
    marginBottom: 42,
    style: { fontSize: '12px' },
    x: { domain: [0, end], label: 'milliseconds to the first answer', clamp: true, ticks: width < NARROW ? 4 : 8 },
    y: { domain: totals.map((row) => shown.title(row.peer)), label: null, tickSize: 0 },
    color: { domain: stageColors.map(([title]) => title), range: stageColors.map(([, color]) => color) },
    marks: [
      Plot.gridX(hairline),
      Plot.barX(stages, {
        x1: 'from',
        x2: 'to',
        y: 'title',
        fill: 'stage',
        insetTop: 3,
        insetBottom: 3,
        title: (d: Stage) => `${d.title}\n${d.stage}: ${amount(d.to - d.from, 'ms')}`,
        tip: true,
      }),
      Plot.text(totals, {
        x: (d: Row) => Math.min(d.median, end),
        y: (d: Row) => shown.title(d.peer),
        text: (d: Row) => `${d.median > end ? '… ' : ''}${amount(d.median, 'ms')}`,
        textAnchor: 'start',
        dx: 6,
        ...text,
      }),
    ],
  });
}

/** Memory over functions, both logarithmic: a straight line of slope one is memory per function and nothing else. */
export function growth(rows: readonly Row[], shown: Shown, width: number): Node {
  const points = rows.flatMap((row) => {
    const [, functions, kind] = /^memory (\d+) (pss)$/.exec(row.measure ?? '') ?? [];
    if (kind === undefined || Number(functions) === 0 || !(row.median > 0)) return [];
    const before = rows.find((each) => each.peer === row.peer && each.measure === 'memory 0 pss')?.median ?? 0;
    return [
      {
        name: row.peer ?? '',
        peer: shown.title(row.peer),
        functions: Number(functions),
        mb: row.median,
        added: row.median - before,
      },
    ];
  });
  if (points.length === 0) return nothing();
  const last = (name: string): number =>
    Math.max(...points.filter((each) => each.name === name).map(({ functions }) => functions));
  const ends = points.filter((point) => point.functions === last(point.name)).toSorted((a, b) => b.mb - a.mb);
  const height = Math.max(360, Math.min(520, width * 0.55));
  const named = width >= NARROW;
  return Plot.plot({
    width,
    height,
    marginLeft: 62,
    marginRight: named ? 176 : 16,
    marginBottom: 40,
    style: { fontSize: '12px' },
    x: {
      type: 'log',
      label: 'functions started',
      ticks: [1, 10, 100, 1_000],
      tickFormat: (value: number) => value.toLocaleString('en-US'),
    },
    y: { type: 'log', label: 'memory of the program and all its processes (PSS)', tickFormat: tick('MB'), ticks: 5 },
    marks: [
      Plot.gridY(hairline),
      Plot.line(points, {
        x: 'functions',
        y: 'mb',
        z: 'name',
        stroke: (d: { name: string }) => colorOf(d.name),
        strokeWidth: (d: { name: string }) => (d.name.startsWith('isopod') ? 2.6 : 1.5),
      }),
      Plot.dot(points, { x: 'functions', y: 'mb', r: 3.5, fill: (d: { name: string }) => colorOf(d.name) }),
      named
        ? Plot.text(apart(ends, height), {
            x: 'functions',
            y: 'at',
            text: 'peer',
            textAnchor: 'start',
            dx: 10,
            fill: (d: { name: string }) => colorOf(d.name),
            fontSize: 12,
          })
        : null,
      Plot.tip(
        points,
        Plot.pointer({
          x: 'functions',
          y: 'mb',
          title: (d: { peer: string; functions: number; mb: number; added: number }) =>
            `${d.peer}\n${d.functions} functions: ${amount(d.mb, 'MB')}\n${amount(d.added / d.functions, 'MB')} each`,
        }),
      ),
    ],
  });
}

/** Where labels of lines that end close to each other go, on the same scale: at least 14 pixels apart. Largest first. */
function apart<End extends { readonly mb: number }>(
  ends: readonly End[],
  height: number,
): (End & { readonly at: number })[] {
  const top = Math.log(ends[0]?.mb ?? 1);
  const scale = (height - 60) / Math.max(0.1, top - Math.log(ends.at(-1)?.mb ?? 1));
  let floor = Number.NEGATIVE_INFINITY;
  return ends.map((end) => {
    const placed = Math.max((top - Math.log(end.mb)) * scale, floor);
    floor = placed + 14;
    return { ...end, at: Math.exp(top - placed / scale) };
  });
}

/** Any suite: each row from its median to its p99. */
export function overview(rows: readonly Row[], width: number): Node {
  const made = rows.filter((row) => row.median > 0);
  const unit = made[0]?.unit ?? '';
  const [least, most] = [Math.min(...made.map((row) => row.min)), Math.max(...made.map((row) => row.p99))];
  const longest = Math.max(...made.map(({ name }) => name.length));
  const marginLeft = Math.min(longest * 6.6 + 14, width * 0.45);
  return Plot.plot({
    width,
    height: made.length * 22 + 54,
    marginLeft,
    marginRight: 60,
    marginTop: 6,
    marginBottom: 42,
    style: { fontSize: '12px' },
    x: {
      type: most / least > 30 ? 'log' : 'linear',
      label: `${unit}: median and p99`,
      ticks: width < NARROW ? 3 : 6,
      tickFormat: tick(unit),
      nice: true,
    },
    y: {
      domain: made.map(({ name }) => name),
      label: null,
      tickSize: 0,
      tickFormat: (name: string) =>
        name.length * 6.6 > marginLeft ? `${name.slice(0, Math.floor(marginLeft / 6.6) - 1)}…` : name,
    },
    marks: [
      Plot.gridX(hairline),
      Plot.ruleY(made, { x1: 'median', x2: 'p99', y: 'name', stroke: '#1d6fe0', strokeWidth: 2, strokeOpacity: 0.5 }),
      Plot.dot(made, { x: 'median', y: 'name', r: 4.5, fill: '#1d6fe0' }),
      Plot.text(made, {
        x: 'p99',
        y: 'name',
        text: (d: Row) => amount(d.median, unit),
        textAnchor: 'start',
        dx: 7,
        ...text,
      }),
      Plot.tip(
        made,
        Plot.pointerY({
          x: 'median',
          y: 'name',
          title: (d: Row) => `${d.name}\nmedian ${amount(d.median, unit)}, p99 ${amount(d.p99, unit)}, ${d.n} samples`,
        }),
      ),
    ],
  });
}
