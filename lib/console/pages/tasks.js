/** Async calls their callers named, and what was given up. */
import { fc, json, own, request } from '/console/api.js';
import { PickFunction } from '/console/pages/pick.js';
import {
  Action,
  Badge,
  Card,
  clock,
  day,
  Empty,
  Field,
  go,
  html,
  ms,
  Problem,
  pretty,
  say,
  Table,
  Tabs,
  t,
  usePolled,
  useState,
} from '/console/ui.js';

const TONES = { Succeeded: 'good', Failed: 'bad', Stopped: 'warn', Retrying: 'warn', Expired: 'bad', Invalid: 'bad' };
const STATES = ['Enqueued', 'Running', 'Retrying', 'Stopping', 'Succeeded', 'Failed', 'Stopped', 'Expired', 'Invalid'];
const TABS = ['tasks', 'dead-letters'];
const PAGE = 50;

export function Tasks({ rest: [name, tab = TABS[0]], identity }) {
  const show = (id) => go(`/tasks/${encodeURIComponent(name)}/${encodeURIComponent(id)}`);
  return html`
    <header class="page"><h1>${t('tasks')}</h1></header>
    <${Card} wide>
      <div class="form"><${PickFunction} page="tasks" name=${name} /></div>
      ${!name && html`<${Empty}>${t('pick a function')}<//>`}
    <//>
    ${
      name &&
      html`
      <${Tabs} label=${t('tasks')} tabs=${TABS.map((id) => [id, t(id.replace('-', ' '))])} current=${tab} onPick=${show} />
      <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>
        ${tab === 'tasks' ? html`<${List} key=${name} name=${name} />` : html`<${DeadLetters} key=${name} name=${name} identity=${identity} />`}
      </div>`
    }`;
}

function List({ name }) {
  const [status, setStatus] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [open, setOpen] = useState();
  const query = new URLSearchParams({ limit: String(Math.min(limit, 100)), ...(status && { status }) });
  const path = fc('functions', name, 'async-tasks');
  const [told, error, again] = usePolled(() => json('GET', `${path}?${query}`), 2_000, name, status, limit);
  const tasks = told?.tasks ?? [];
  const chosen = open ?? tasks[0]?.taskId;
  return html`
    <${Problem} error=${error} />
    <div class="grid">
      <${Card} title=${t('tasks')}>
        <div class="form">
          <${Field} label=${t('status')}>
            <select value=${status} onChange=${(event) => setStatus(event.target.value)}>
              <option value="">–</option>${STATES.map((one) => html`<option value=${one}>${one}</option>`)}
            </select>
          <//>
        </div>
        ${
          told &&
          html`<${Table} label=${t('tasks')} empty=${t('no tasks')} rows=${tasks} keyOf=${(row) => row.taskId}
          columns=${[
            [
              t('task'),
              (row) =>
                html`<button type="button" class="link" onClick=${() => setOpen(row.taskId)}>${row.taskId}</button>`,
            ],
            [t('status'), (row) => html`<${Badge} tone=${TONES[row.status]}>${row.status}<//>`],
            [t('retries'), (row) => row.alreadyRetriedTimes, 'num'],
            [t('accepted'), (row) => day(row.startedTime)],
          ]} />`
        }
        ${told?.nextToken && limit < 100 && html`<p class="more"><${Action} run=${() => setLimit(100)}>${t('load more')}<//></p>`}
      <//>
      <${Card} title=${t('task')}>
        ${chosen ? html`<${Task} key=${chosen} name=${name} taskId=${chosen} onChange=${again} onOpen=${setOpen} />` : html`<${Empty}>–<//>`}
      <//>
    </div>`;
}

function Task({ name, taskId, onChange, onOpen }) {
  const path = fc('functions', name, 'async-tasks', taskId);
  const [task, error, again] = usePolled(() => json('GET', path), 2_000, taskId);
  if (task === undefined) return html`<${Problem} error=${error} />`;
  const stop = async () => {
    await request('PUT', `${path}/stop`);
    again();
    onChange();
  };
  const rerun = async () => {
    const made = await json('POST', own('functions', name, 'async-tasks', taskId, 'rerun'), {});
    onOpen(made.taskId);
    onChange();
  };
  return html`
    <${Problem} error=${error} />
    <dl class="facts">
      <div><dt>${t('task')}</dt><dd><code>${task.taskId}</code></dd></div>
      <div><dt>${t('status')}</dt><dd><${Badge} tone=${TONES[task.status]}>${task.status}<//></dd></div>
      <div><dt>${t('duration')}</dt><dd>${ms(task.durationMs)}</dd></div>
      <div><dt>${t('qualifier')}</dt><dd>${task.qualifier}</dd></div>
      <div><dt>${t('request id')}</dt><dd><code>${task.requestId}</code></dd></div>
      ${task.destinationStatus && html`<div><dt>${t('destination')}</dt><dd>${task.destinationStatus}</dd></div>`}
    </dl>
    <div class="row">
      ${task.endTime === undefined && html`<${Action} run=${stop}>${t('stop')}<//>`}
      <${Action} run=${rerun}>${t('run again')}<//>
    </div>
    <h3>${t('history')}</h3>
    <ol class="history">
      ${task.events.map(
        (one) => html`
        <li key=${one.eventId}><span class="note">${clock(one.timestamp)}</span> <${Badge} tone=${TONES[one.status]}>${one.status}<//> ${messageOf(one.eventDetail)}</li>`,
      )}
    </ol>
    <${Text} title=${t('event')} text=${task.taskPayload} />
    <${Text} title=${t('result')} text=${task.returnPayload} />`;
}

function messageOf(eventDetail) {
  if (!eventDetail) return '';
  const { Error: code, Message: message } = JSON.parse(eventDetail);
  return `${code}: ${message}`;
}

const Text = ({ title, text }) =>
  text
    ? html`<h3>${title}</h3><pre class="code" tabindex="0" role="region" aria-label=${title}>${pretty(text)}</pre>`
    : null;

function DeadLetters({ name, identity }) {
  const path = own('functions', name, 'dead-letters');
  const [told, error, again] = usePolled(() => json('GET', `${path}?limit=${PAGE}`), 5_000, name);
  const [open, setOpen] = useState();
  const [done, setDone] = useState('');
  const letters = told?.deadLetters ?? [];
  const redrive = (ids) => async () => {
    const { redriven } = await json('POST', `${path}/redrive`, ids ? { ids } : {});
    setDone(`${redriven} ${say('sent again')}`);
    setOpen(undefined);
    again();
  };
  const purge = async () => {
    await json('POST', `${path}/purge`, {});
    setOpen(undefined);
    again();
  };
  return html`
    <${Problem} error=${error} />
    <div class="grid">
      <${Card} title=${t('dead letters')}>
        ${
          told &&
          html`<${Table} label=${t('dead letters')} empty=${t('no dead letters: failed events come here when the failure destination is dead-letter')} rows=${letters} keyOf=${(row) => row.id}
          columns=${[
            [
              t('when'),
              (row) =>
                html`<button type="button" class="link" onClick=${() => setOpen(row.id)}>${day(row.time)}</button>`,
            ],
            [t('reason'), (row) => html`<${Badge} tone="bad">${row.reason}<//>`],
            [t('attempts'), (row) => row.attempts, 'num'],
            ['', (row) => html`<${Action} kind="quiet" run=${redrive([row.id])}>${t('send again')}<//>`],
          ]} />`
        }
        ${
          letters.length > 0 &&
          html`<div class="row">
            <${Action} kind="main" run=${redrive()}>${t('send all again')}<//>
            ${identity.role !== 'invoke' && html`<${Action} kind="danger" confirm=${`${t('really delete')}?`} run=${purge}>${t('delete all')}<//>`}
          </div>`
        }
        ${done && html`<p class="ok" role="status">${done}</p>`}
      <//>
      <${Card} title=${t('dead letter')}>
        ${(open ?? letters[0]?.id) ? html`<${Letter} key=${open ?? letters[0].id} path=${`${path}/${encodeURIComponent(open ?? letters[0].id)}`} />` : html`<${Empty}>–<//>`}
      <//>
    </div>`;
}

function Letter({ path }) {
  const [letter, error] = usePolled(() => json('GET', path), 0, path);
  if (letter === undefined) return html`<${Problem} error=${error} />`;
  return html`
    <dl class="facts">
      <div><dt>${t('request id')}</dt><dd><code>${letter.requestId}</code></dd></div>
      <div><dt>${t('qualifier')}</dt><dd>${letter.qualifier}</dd></div>
      ${letter.destination && html`<div><dt>${t('destination')}</dt><dd><code>${letter.destination}</code></dd></div>`}
    </dl>
    <p class="problem"><strong>${letter.reason}</strong> ${letter.message}</p>
    <${Text} title=${t('event')} text=${letter.event} />
    ${letter.kind === 'outcome' && html`<${Text} title=${t('outcome')} text=${JSON.stringify(letter.record)} />`}`;
}
