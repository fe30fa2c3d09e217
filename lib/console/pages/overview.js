/** What goes on: the last ten minutes, and who holds what. */
import { json, own } from '/console/api.js';
import { HeatMap, Lines, MemoryMap } from '/console/charts.js';
import {
  bytes,
  Card,
  count,
  duration,
  Empty,
  html,
  Problem,
  percent,
  say,
  Table,
  Tile,
  t,
  usePolled,
} from '/console/ui.js';

const EVERY_MS = 5_000;
const SLOT_SECONDS = 5;

/** Functions of other tenants have no page here. */
const hrefOf =
  (identity) =>
  ({ functionName }) =>
    functionName.includes('/') && !functionName.startsWith(`${identity.tenant}/`)
      ? '#/overview'
      : `#/functions/${encodeURIComponent(functionName.split('/').pop())}`;

export function Overview({ identity }) {
  const [told, error] = usePolled(() => json('GET', own('overview')), EVERY_MS);
  if (told === undefined) return html`<${Problem} error=${error} /><p class="loading">${t('loading')}…</p>`;
  const { slots, totals, host, functions, bounds } = told;
  const last = slots.slice(-12);
  const sum = (of) => last.reduce((all, slot) => all + of(slot), 0);
  const calls = sum((slot) => slot.calls);
  const errors = sum((slot) => slot.errors);
  const perSecond = slots.map((slot) => slot.calls / SLOT_SECONDS);
  const href = hrefOf(identity);
  const busiest = [...functions].sort((a, b) => b.calls - a.calls).slice(0, 10);
  return html`
    <header class="page"><h1>${t('overview')}</h1><p class="note">${say('last 10 minutes')}${host.cells.process + host.cells.jailed > 0 ? ` · ${host.cells.process + host.cells.jailed} ${say('cells')}` : ` · ${host.workers} ${say('worker threads')}`}</p></header>
    <${Problem} error=${error && { ...error, message: t('connection lost, trying again') }} />
    <div class="tiles">
      <${Tile} label=${t('calls per second')} value=${count(calls / (last.length * SLOT_SECONDS || 1))} note=${`${count(totals.open)} ${say('in progress')}`} />
      <${Tile} label=${t('error rate')} value=${percent(errors, calls)} tone=${errors > 0 ? 'bad' : ''} note=${`${count(errors)} / ${count(calls)}`} />
      <${Tile} label=${t('cold starts')} value=${percent(
        sum((slot) => slot.coldStarts),
        calls,
      )} note=${count(sum((slot) => slot.coldStarts))} />
      <${Tile} label=${t('waiting events')} value=${count(totals.queued)} tone=${totals.queued > 1000 ? 'warn' : ''} note=${`${count(totals.waiting)} ${say('waiting')}`} />
      <${Tile} label=${t('instances')} value=${count(totals.instances)} note=${`${count(totals.functions)} ${say('functions')}`} />
      <${Tile} label=${t('memory')} value=${bytes(totals.memoryBytes)} note=${`RSS ${bytes(host.residentBytes)}`} />
    </div>
    <div class="grid">
      <${Card} title=${t('calls and errors')} note=${say('calls/s')}>
        <${Lines} label=${t('calls and errors')} series=${[[t('calls'), 'a', perSecond], [t('errors'), 'bad', slots.map((slot) => slot.errors / SLOT_SECONDS)]]} />
      <//>
      <${Card} title=${t('latency heat-map')} note=${say('darker: more calls')}>
        <${HeatMap} label=${t('latency heat-map')} slots=${slots} bounds=${bounds} />
      <//>
      <${Card} title=${t('cold share')} note="%">
        <${Lines} label=${t('cold share')} format=${(value) => `${count(value)} %`}
          series=${[[t('cold starts'), 'b', slots.map((slot) => (slot.calls > 0 ? (slot.coldStarts / slot.calls) * 100 : 0))]]} />
      <//>
      <${Card} title=${t('memory map')} note=${say('instances by function')}>
        ${totals.instances === 0 ? html`<${Empty}>${t('nothing is running')}<//>` : html`<${MemoryMap} functions=${functions} href=${href} />`}
      <//>
      <${Card} title=${t('busiest functions')} note=${say('since start')} wide>
        <${Table} label=${t('busiest functions')} empty=${t('no calls yet')} rows=${busiest} keyOf=${(row) => row.functionName}
          columns=${[
            [t('function'), (row) => html`<a href=${href(row)}>${row.functionName}</a>`],
            [t('calls'), (row) => count(row.calls), 'num'],
            [t('errors'), (row) => count(row.errors), 'num'],
            [t('cold starts'), (row) => count(row.coldStarts), 'num'],
            [t('p50'), (row) => duration(row.p50), 'num'],
            [t('p99'), (row) => duration(row.p99), 'num'],
            [t('instances'), (row) => count(row.instances), 'num'],
            [t('memory'), (row) => bytes(row.memoryBytes), 'num'],
            [t('queued'), (row) => count(row.queued), 'num'],
          ]} />
      <//>
    </div>`;
}
