/** A flame graph: width is time, what called is above what was called. A click on a box shows it over the whole width. */
import * as Plot from '@observablehq/plot';
import type { Frame } from './data.ts';
import { element, figure, page, readData, redrawAll, table } from './dom.ts';

const { title, frames } = readData<{ title: string; frames: Frame[] }>();
const root = frames[0];
let shown = root;
const ROW = 19;

const share = (us: number): string => `${((us * 100) / Math.max(1, root?.to ?? 1)).toFixed(1)}%`;
const kind = (frame: Frame): string => {
  if (frame.place.startsWith('lib/')) return 'Isopod';
  if (frame.place.startsWith('benchmarks/')) return 'benchmark';
  if (frame.place.includes('node_modules/')) return 'packages';
  if (frame.place.startsWith('node:')) return 'Node.js';
  return 'V8, native';
};
const COLORS: Readonly<Record<string, string>> = {
  Isopod: '#3d7fd9',
  benchmark: '#8a8f98',
  packages: '#b07cc6',
  'Node.js': '#3f9b6c',
  'V8, native': '#c9813f',
};

function draw(width: number): Node {
  if (root === undefined || shown === undefined) return element('p', {}, 'The profile is empty.');
  const { from, to } = shown;
  const visible = frames.filter(
    (frame) => frame.to > from && frame.from < to && frame.to - frame.from > (to - from) / 2_000,
  );
  const depth = Math.max(...visible.map((frame) => frame.depth)) + 1;
  const clip = (us: number): number => Math.min(to, Math.max(from, us));
  const fits = (frame: Frame): string => {
    const room = Math.floor((((clip(frame.to) - clip(frame.from)) / (to - from)) * width - 8) / 6.6);
    return room < 3 ? '' : frame.name.length <= room ? frame.name : `${frame.name.slice(0, room - 1)}…`;
  };
  const box = {
    x1: (d: Frame) => clip(d.from),
    x2: (d: Frame) => clip(d.to),
    y1: (d: Frame) => d.depth,
    y2: (d: Frame) => d.depth + 1,
  };
  const made = Plot.plot({
    width,
    height: depth * ROW + 30,
    marginLeft: 0,
    marginRight: 0,
    marginBottom: 0,
    marginTop: 24,
    x: {
      domain: [from, to],
      axis: 'top',
      label: null,
      tickFormat: (us: number) => `${(us / 1_000).toFixed(0)} ms`,
      ticks: width / 120,
    },
    y: { domain: [0, depth], axis: null },
    color: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
    marks: [
      Plot.rect(visible, {
        ...box,
        fill: kind,
        fillOpacity: 0.85,
        inset: 0.5,
        rx: 2,
        title: (d: Frame) =>
          `${d.name}\n${d.place}\n${share(d.to - d.from)} with what it calls, ${share(d.self)} itself`,
        tip: true,
        className: 'frame',
      }),
      Plot.text(visible, {
        x: (d: Frame) => clip(d.from),
        dx: 5,
        y: (d: Frame) => d.depth + 0.5,
        text: fits,
        textAnchor: 'start',
        fill: 'white',
        fontSize: 11,
        pointerEvents: 'none',
      }),
    ],
  });
  made.addEventListener('click', () => {
    const over = (made as Element & { value?: Frame | null }).value;
    shown = over === null || over === undefined || over === shown ? root : over;
    redrawAll();
  });
  return made;
}

const heaviest = (): Frame[] => {
  const sums = new Map<string, Frame>();
  for (const frame of frames) {
    const key = `${frame.name} ${frame.place}`;
    const known = sums.get(key);
    sums.set(key, { ...frame, self: frame.self + (known?.self ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.self - a.self).slice(0, 25);
};

page().append(
  element('header', {}, element('h1', {}, title)),
  element(
    'p',
    { class: 'quiet' },
    'Width is time on the CPU. Click a box to see it over the whole width, click it again to go back.',
  ),
  element(
    'div',
    { class: 'keys' },
    ...Object.entries(COLORS).map(([name, color]) =>
      element('span', { class: 'key' }, element('i', { style: `background:${color}` }), name),
    ),
  ),
  figure(draw),
  element('h2', {}, 'Most time of their own'),
  table(
    [
      { head: 'function', cell: (frame: Frame) => frame.name },
      { head: 'itself', number: true, cell: (frame: Frame) => share(frame.self) },
      { head: 'where', cell: (frame: Frame) => frame.place },
    ],
    heaviest(),
  ),
);
