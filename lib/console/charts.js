/** Drawings: lines over time, a heat-map of latency, a map of memory, a waterfall of stages. */
import { bytes, count, duration, html, ms, t } from '/console/ui.js';

const WIDTH = 640;
const HEIGHT = 160;
/** Slots there are in all; fewer values are drawn at the right. */
const SLOTS = 120;

const nice = (most) => {
  const step = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9)));
  return [1, 2, 5, 10].map((factor) => factor * step).find((top) => top >= most) ?? 10 * step;
};

/** `series`: `[name, class, values]`, drawn over one another; as many values each. */
export function Lines({ series, format = count, label }) {
  const length = SLOTS;
  const top = nice(Math.max(1e-9, ...series.flatMap(([, , values]) => values)));
  const x = (at) => (at / (length - 1)) * WIDTH;
  const y = (value) => HEIGHT - (value / top) * (HEIGHT - 8);
  return html`
    <figure class="chart">
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
        ${[0.25, 0.5, 0.75, 1].map((part) => html`<line class="grid" x1="0" x2=${WIDTH} y1=${y(top * part)} y2=${y(top * part)} />`)}
        ${series.map(([, kind, values]) => {
          const from = length - values.length;
          const line = values.map((value, at) => `${x(from + at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
          return html`
            <polygon class=${`area ${kind}`} points=${`${x(from)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
            <polyline class=${`line ${kind}`} points=${line} />`;
        })}
      </svg>
      <span class="top">${format(top)}</span>
      <figcaption>
        ${series.map(([name, kind, values]) => html`<span class=${`key ${kind}`}>${name} <b>${format(values.at(-1) ?? 0)}</b></span>`)}
      </figcaption>
    </figure>`;
}

/** Slots over time, buckets of latency upwards; the darker the more calls. */
export function HeatMap({ slots, bounds, label }) {
  const rows = bounds.length + 1;
  const most = Math.max(1, ...slots.flatMap(({ latency }) => latency));
  const columns = SLOTS;
  const from = columns - slots.length;
  const cell = WIDTH / columns;
  const height = HEIGHT / rows;
  const used = slots.some(({ calls }) => calls > 0);
  return html`
    <figure class="chart heat">
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
        <rect class="ground" width=${WIDTH} height=${HEIGHT} rx="4" />
        ${slots.flatMap(({ latency }, at) =>
          latency.map((calls, bucket) =>
            calls === 0
              ? null
              : html`<rect class="cell" x=${(from + at) * cell} y=${HEIGHT - (bucket + 1) * height} width=${cell + 0.3} height=${height + 0.3}
              fill-opacity=${0.15 + 0.85 * (Math.log1p(calls) / Math.log1p(most))} />`,
          ),
        )}
      </svg>
      <ol class="scale" aria-hidden="true">
        ${[0.0001, 0.001, 0.01, 0.1, 1, 10].map((bound) => {
          const at = bounds.indexOf(bound);
          return at === -1
            ? null
            : html`<li style=${{ bottom: `${((at + 1) / rows) * 100}%` }}>${duration(bound)}</li>`;
        })}
      </ol>
      ${!used && html`<p class="over">${t('no calls yet')}</p>`}
    </figure>`;
}

/** One block per function, as large as its memory; the fill tells how many of its instances are busy. */
export function MemoryMap({ functions, href }) {
  const total = functions.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const held = functions.filter(({ memoryBytes }) => memoryBytes > 0);
  return html`
    <ul class="memory-map">
      ${held.slice(0, 60).map((one) => {
        const busy = one.instances > 0 ? Math.min(1, one.open / one.instances) : 0;
        return html`
          <li key=${one.functionName} style=${{ flexGrow: Math.max(1, Math.round((one.memoryBytes / total) * 1000)) }}>
            <a href=${href(one)} title=${`${one.functionName}: ${one.instances} × ${bytes(one.memoryBytes / one.instances)}`}>
              <span class="fill" style=${{ height: `${busy * 100}%` }}></span>
              <b>${one.functionName}</b>
              <span>${count(one.instances)} · ${bytes(one.memoryBytes)}</span>
            </a>
          </li>`;
      })}
      ${held.length > 60 && html`<li class="rest">+ ${count(held.length - 60)}</li>`}
    </ul>`;
}

/** In their order; parts of `startInstance` come after it. */
const STAGES = [
  'schedule',
  'downloadCode',
  'unzip',
  'bundle',
  'imageBuild',
  'startInstance',
  'imageLoad',
  'restore',
  'evaluate',
  'initializer',
  'handler',
];
/** Over before the call that is told of them came. */
const BEFORE = new Set(['downloadCode', 'unzip', 'bundle', 'imageBuild']);
const PARTS = new Set(['imageLoad', 'restore', 'evaluate']);

/** `[stage, where it begins, what it took, kind]`, milliseconds. */
function stepsOf({ stages, wallMs, queueMs = 0 }) {
  if (!stages) {
    const steps = [
      ['schedule', 0, queueMs],
      ['handler', queueMs, Math.max(0, wallMs - queueMs)],
    ];
    return steps.filter(([, , took]) => took > 0);
  }
  let at = 0;
  let part = 0;
  return STAGES.flatMap((name) => {
    const took = stages[`${name}Ms`] ?? 0;
    if (took <= 0) return [];
    if (PARTS.has(name)) {
      const from = part;
      part += took;
      return [[name, from, took, 'part']];
    }
    const from = at;
    if (name === 'startInstance') part = at;
    at += took;
    return [[name, from, took, BEFORE.has(name) ? 'before' : '']];
  });
}

/** Where the time of one call went. */
export function Waterfall({ call }) {
  const steps = stepsOf(call);
  const total = Math.max(...steps.map(([, from, took]) => from + took), 1e-6);
  return html`
    <ol class="waterfall">
      ${steps.map(
        ([name, from, took, kind = '']) => html`
          <li class=${kind}>
            <span class="name">${t(name)}</span>
            <span class="track"><span class=${`bar ${name}`} style=${{ left: `${(from / total) * 100}%`, width: `${Math.max(0.5, (took / total) * 100)}%` }}></span></span>
            <span class="took">${ms(took)}</span>
          </li>`,
      )}
    </ol>`;
}
