/** What calls functions by itself: what each trigger does; a trial of it, new ones, and its end. */
import { fc, json, own, request } from '/console/api.js';
import { Action, Badge, Card, count, day, Field, html, Problem, Table, t, usePolled, useState } from '/console/ui.js';

const TONES = { running: 'good', failing: 'bad', waiting: 'warn' };
const TYPES = [
  ['timer', { cronExpression: '@every 1m', enable: true, payload: '' }],
  ['http', { authType: 'anonymous', methods: ['GET', 'POST'] }],
  ['oss', { events: ['oss:ObjectCreated:*'], filter: { key: { prefix: '', suffix: '' } } }],
  ['log', { sourceConfig: { logstore: '' }, jobConfig: { triggerInterval: 60, maxRetryTime: 3 } }],
  ['tablestore', {}],
  ['mns_topic', { notifyContentFormat: 'JSON', notifyStrategy: 'BACKOFF_RETRY' }],
  ['eventbridge', {}],
  ['cdn_events', {}],
];

export function Triggers({ rest: [chosen], identity }) {
  const [told, error, again] = usePolled(() => json('GET', own('triggers')), 5_000);
  const [trial, setTrial] = useState();
  const rows = (told?.triggers ?? []).filter(({ functionName }) => !chosen || functionName === chosen);
  const test =
    ({ functionName, triggerName }) =>
    async () => {
      setTrial(undefined);
      const answer = await json('POST', own('triggers', functionName, triggerName, 'test'), {});
      setTrial({ triggerName, ...answer });
      again();
    };
  const remove =
    ({ functionName, triggerName }) =>
    async () => {
      await request('DELETE', fc('functions', functionName, 'triggers', triggerName));
      again();
    };
  return html`
    <header class="page"><h1>${t('triggers')}</h1>${chosen && html`<p class="note"><a href="#/triggers">${chosen} ×</a></p>`}</header>
    <${Problem} error=${error} />
    ${
      told &&
      html`
      <${Card} wide>
        <${Table} label=${t('triggers')} empty=${t('no triggers')} rows=${rows} keyOf=${(row) => `${row.functionName}:${row.triggerName}`}
          columns=${[
            [t('name'), (row) => row.triggerName],
            [
              t('function'),
              (row) => html`<a href=${`#/functions/${encodeURIComponent(row.functionName)}`}>${row.functionName}</a>`,
            ],
            [t('type'), (row) => html`<${Badge}>${row.triggerType}<//>`],
            [
              t('status'),
              ({ status }) =>
                html`<${Badge} tone=${TONES[status.state]}>${status.state}<//>${status.lastError && html` <span class="note">${status.lastError.message}</span>`}`,
            ],
            [t('events'), ({ status }) => count(status.events), 'num'],
            [t('failures'), ({ status }) => count(status.failures), 'num'],
            [t('last changed'), (row) => day(row.lastModifiedTime)],
            [t('configuration'), (row) => html`<code class="clip">${row.triggerConfig}</code>`],
            [
              '',
              (row) => html`<span class="row"><${Action} kind="quiet" run=${test(row)}>${t('test')}<//>
              <${Action} kind="quiet" confirm=${`${t('really delete')} ${row.triggerName}?`} run=${remove(row)}>${t('delete')}<//></span>`,
            ],
          ]} />
        ${
          trial &&
          html`<p role="status">${t('result')}: <b>${trial.triggerName}</b></p>
          <pre class="code" tabindex="0" role="region" aria-label=${t('result')}>${JSON.stringify({ event: trial.event, result: trial.result }, null, 2)}</pre>`
        }
      <//>
      ${identity.role !== 'invoke' && html`<${NewTrigger} onDone=${again} functionName=${chosen ?? ''} />`}`
    }`;
}

function NewTrigger({ onDone, functionName: given }) {
  const [functionName, setFunction] = useState(given);
  const [triggerName, setName] = useState('');
  const [triggerType, setType] = useState(TYPES[0][0]);
  const [config, setConfig] = useState(JSON.stringify(TYPES[0][1], null, 2));
  const [sourceArn, setSource] = useState('');
  const pick = (type) => {
    setType(type);
    setConfig(JSON.stringify(TYPES.find(([name]) => name === type)[1], null, 2));
  };
  const create = async () => {
    await json('POST', fc('functions', functionName.trim(), 'triggers'), {
      triggerName: triggerName.trim(),
      triggerType,
      triggerConfig: config,
      ...(sourceArn.trim() && { sourceArn: sourceArn.trim() }),
    });
    setName('');
    onDone();
  };
  return html`
    <${Card} title=${t('new trigger')} wide>
      <div class="form">
        <div class="row">
          <${Field} label=${t('function')}><input value=${functionName} onInput=${(event) => setFunction(event.target.value)} /><//>
          <${Field} label=${t('name')}><input value=${triggerName} onInput=${(event) => setName(event.target.value)} /><//>
          <${Field} label=${t('type')}>
            <select value=${triggerType} onChange=${(event) => pick(event.target.value)}>${TYPES.map(([name]) => html`<option value=${name}>${name}</option>`)}</select>
          <//>
          <${Field} label=${t('source (ARN)')}><input value=${sourceArn} onInput=${(event) => setSource(event.target.value)} /><//>
        </div>
        <${Field} label=${t('configuration')}><textarea class="code" rows="5" spellcheck="false" value=${config} onInput=${(event) => setConfig(event.target.value)}></textarea><//>
        <${Action} kind="main" run=${create} disabled=${functionName.trim() === '' || triggerName.trim() === ''}>${t('create')}<//>
      </div>
    <//>`;
}
