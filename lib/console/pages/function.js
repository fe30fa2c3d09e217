/** One function: call it, see what its calls took, change it, read its log. */
import { fc, json, own, request } from '/console/api.js';
import { Waterfall } from '/console/charts.js';
import { LogView } from '/console/pages/logs.js';
import { Versions } from '/console/pages/versions.js';
import {
  Action,
  Badge,
  bytes,
  Card,
  clock,
  count,
  day,
  duration,
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
  Tile,
  t,
  useEffect,
  usePolled,
  useState,
} from '/console/ui.js';

const TABS = ['invoke', 'activity', 'versions', 'configuration', 'code', 'log'];

export function OneFunction({ name, tab = 'invoke', identity }) {
  const [config, error, again] = usePolled(() => json('GET', fc('functions', name)), 0, name);
  const [activity, , look] = usePolled(() => json('GET', own('functions', name, 'activity')), 4_000, name);
  if (config === undefined)
    return html`<${Problem} error=${error} />${!error && html`<p class="loading">${t('loading')}…</p>`}`;
  const mayChange = identity.role !== 'invoke';
  const figures = activity?.figures ?? {};
  const stats = activity?.stats ?? {};
  const panels = {
    invoke: () => html`<${Invoke} name=${name} onDone=${look} />`,
    activity: () => html`<${Activity} activity=${activity} />`,
    versions: () => html`<${Versions} name=${name} mayChange=${mayChange} />`,
    configuration: () => html`<${Configuration} config=${config} mayChange=${mayChange} onSaved=${again} />`,
    code: () => html`<${Code} config=${config} mayChange=${mayChange} onSaved=${again} />`,
    log: () => html`<${Card} wide><${LogView} name=${name} /><//>`,
  };
  return html`
    <header class="page">
      <p class="crumb"><a href="#/functions">${t('functions')}</a></p>
      <h1>${name}</h1>
      <p class="note"><${Badge}>${config.runtime}<//> <code>${config.handler}</code></p>
    </header>
    <${Problem} error=${error} />
    <div class="tiles">
      <${Tile} label=${t('calls')} value=${count(figures.calls)} note=${say('since start')} />
      <${Tile} label=${t('errors')} value=${count(figures.errors)} tone=${figures.errors > 0 ? 'bad' : ''} note=${Object.keys(activity?.errors ?? {})[0]} />
      <${Tile} label="P50 / P99" value=${`${duration(figures.p50)} / ${duration(figures.p99)}`} />
      <${Tile} label=${t('instances')} value=${count(stats.instances)} note=${`${stats.lane ?? ''} · ${bytes(stats.memoryBytes)}`} />
    </div>
    <${Tabs} label=${name} tabs=${TABS.map((id) => [id, t(id)])} current=${tab} onPick=${(id) => go(`/functions/${encodeURIComponent(name)}/${id}`)} />
    <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>${(panels[tab] ?? panels.invoke)()}</div>`;
}

const stored = (name) => JSON.parse(localStorage.getItem(`isopod-events-${name}`) ?? '{}');

function Invoke({ name, onDone }) {
  const [event, setEvent] = useState('{}');
  const [qualifier, setQualifier] = useState('');
  const [isAsync, setAsync] = useState(false);
  const [saved, setSaved] = useState(stored(name));
  const [answer, setAnswer] = useState();

  const invoke = async () => {
    setAnswer(undefined);
    const query = qualifier.trim() ? `?qualifier=${encodeURIComponent(qualifier.trim())}` : '';
    const began = performance.now();
    const response = await request('POST', `${fc('functions', name, 'invocations')}${query}`, {
      body: event,
      headers: {
        'content-type': 'application/octet-stream',
        'x-fc-invocation-type': isAsync ? 'Async' : 'Sync',
        'x-fc-log-type': 'Tail',
      },
    });
    const text = await response.text();
    const tookMs = performance.now() - began;
    const head = (header) => response.headers.get(header);
    const requestId = head('x-fc-request-id');
    const log = head('x-fc-log-result')
      ? new TextDecoder().decode(Uint8Array.from(atob(head('x-fc-log-result')), (one) => one.charCodeAt(0)))
      : '';
    const { calls } = isAsync ? { calls: [] } : await json('GET', own('functions', name, 'activity'));
    setAnswer({
      text,
      tookMs,
      requestId,
      log,
      status: response.status,
      failed: head('x-fc-error-type'),
      call: calls.find((one) => one.requestId === requestId),
    });
    onDone();
  };
  const keep = () => {
    const title = window.prompt(t('name'), 'event');
    if (!title) return;
    const all = { ...stored(name), [title]: event };
    localStorage.setItem(`isopod-events-${name}`, JSON.stringify(all));
    setSaved(all);
  };
  return html`
    <div class="grid">
      <${Card} title=${t('event')}>
        <div class="form">
          ${
            Object.keys(saved).length > 0 &&
            html`
            <${Field} label=${t('test events')}>
              <select onChange=${(change) => change.target.value && setEvent(saved[change.target.value])}>
                <option value="">–</option>${Object.keys(saved).map((title) => html`<option value=${title}>${title}</option>`)}
              </select><//>`
          }
          <textarea class="code" rows="9" spellcheck="false" aria-label=${t('event')} value=${event} onInput=${(change) => setEvent(change.target.value)}></textarea>
          <div class="row">
            <${Field} label=${t('qualifier')}><input placeholder="LATEST" value=${qualifier} onInput=${(change) => setQualifier(change.target.value)} /><//>
            <label class="check"><input type="checkbox" checked=${isAsync} onChange=${(change) => setAsync(change.target.checked)} /> ${t('asynchronously')}</label>
          </div>
          <div class="row">
            <${Action} kind="main" run=${invoke}>${t('invoke the function')}<//>
            <button type="button" class="quiet" onClick=${keep}>${t('save as test event')}</button>
          </div>
        </div>
      <//>
      <${Card} title=${t('result')} note=${answer && html`<${Badge} tone=${answer.failed ? 'bad' : 'good'}>${answer.failed ?? answer.status}<//>`}>
        ${
          answer === undefined
            ? html`<${Empty}>–<//>`
            : html`
            <pre class="code result" tabindex="0" aria-label=${t('result')}>${pretty(answer.text)}</pre>
            <dl class="facts">
              <div><dt>${t('duration')}</dt><dd>${ms(answer.call?.wallMs ?? answer.tookMs)}</dd></div>
              <div><dt>${t('instance')}</dt><dd>${answer.call?.instanceId ?? '–'}</dd></div>
              <div><dt>${t('request id')}</dt><dd><code>${answer.requestId}</code></dd></div>
            </dl>
            ${answer.call && html`<h3>${t('stages')} <${Badge} tone=${answer.call.coldStart ? 'cold' : ''}>${say(answer.call.coldStart ? 'cold' : 'warm')}<//></h3><${Waterfall} call=${answer.call} />`}
            ${answer.log && html`<h3>${t('log')}</h3><pre class="code log" tabindex="0" aria-label=${t('log')}>${answer.log}</pre>`}`
        }
      <//>
    </div>`;
}

function Activity({ activity }) {
  const [open, setOpen] = useState();
  const calls = activity?.calls ?? [];
  const chosen = calls.find(({ requestId, startedAt }) => `${requestId} ${startedAt}` === open) ?? calls[0];
  return html`
    <div class="grid">
      <${Card} title=${t('activity')}>
        <${Table} label=${t('activity')} empty=${t('no calls yet')} rows=${calls} keyOf=${(row) => `${row.requestId} ${row.startedAt}`}
          columns=${[
            [
              t('when'),
              (row) =>
                html`<button type="button" class="link" onClick=${() => setOpen(`${row.requestId} ${row.startedAt}`)}>${clock(row.startedAt)}</button>`,
            ],
            [
              t('outcome'),
              (row) =>
                html`<${Badge} tone=${row.outcome === 'success' ? 'good' : 'bad'}>${row.outcome === 'success' ? t('success') : (row.error?.code ?? row.outcome)}<//>`,
            ],
            [t('duration'), (row) => ms(row.wallMs), 'num'],
            ['', (row) => (row.coldStart ? html`<${Badge} tone="cold">${say('cold')}<//>` : '')],
            [t('lane'), (row) => row.lane ?? '–'],
          ]} />
      <//>
      <${Card} title=${t('stages')} note=${chosen && clock(chosen.startedAt)}>
        ${
          chosen
            ? html`<${Waterfall} call=${chosen} />
              <dl class="facts">
                <div><dt>${t('request id')}</dt><dd><code>${chosen.requestId}</code></dd></div>
                <div><dt>${t('version')}</dt><dd>${chosen.versionId}</dd></div>
                <div><dt>${t('attempt')}</dt><dd>${chosen.attempt}</dd></div>
                <div><dt>${t('instance')}</dt><dd>${chosen.instanceId ?? '–'}</dd></div>
              </dl>
              ${chosen.error && html`<pre class="code" tabindex="0" aria-label=${t('error')}>${[`${chosen.error.code}: ${chosen.error.message}`, ...(chosen.error.stackTrace ?? [])].join('\n')}</pre>`}`
            : html`<${Empty}>${t('no calls yet')}<//>`
        }
      <//>
    </div>`;
}

function Configuration({ config, mayChange, onSaved }) {
  const [memorySize, setMemory] = useState(config.memorySize);
  const [timeout, setTime] = useState(config.timeout);
  const [concurrency, setConcurrency] = useState(config.instanceConcurrency ?? 1);
  const [description, setDescription] = useState(config.description ?? '');
  const [variables, setVariables] = useState(
    Object.entries(config.environmentVariables ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
  );
  const [done, setDone] = useState(false);
  useEffect(() => setDone(false), [memorySize, timeout, concurrency, description, variables]);
  const save = async () => {
    const environmentVariables = Object.fromEntries(
      variables
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)]),
    );
    await json('PUT', fc('functions', config.functionName), {
      memorySize: Number(memorySize),
      timeout: Number(timeout),
      instanceConcurrency: Number(concurrency),
      description,
      environmentVariables,
    });
    setDone(true);
    onSaved();
  };
  const remove = async () => {
    await request('DELETE', fc('functions', config.functionName));
    go('/functions');
  };
  const number = (value, set, min, max) =>
    html`<input type="number" min=${min} max=${max} value=${value} disabled=${!mayChange} onInput=${(event) => set(event.target.value)} />`;
  return html`
    <${Card} wide>
      <div class="form">
        <div class="row">
          <${Field} label=${t('memory size (MB)')}>${number(memorySize, setMemory, 64, 32768)}<//>
          <${Field} label=${t('timeout (s)')}>${number(timeout, setTime, 1, 86400)}<//>
          <${Field} label=${t('instance concurrency')}>${number(concurrency, setConcurrency, 1, 200)}<//>
        </div>
        <${Field} label=${t('description')}><input value=${description} disabled=${!mayChange} onInput=${(event) => setDescription(event.target.value)} /><//>
        <${Field} label=${t('environment variables')} hint=${t('one NAME=value per line')}>
          <textarea class="code" rows="5" spellcheck="false" value=${variables} disabled=${!mayChange} onInput=${(event) => setVariables(event.target.value)}></textarea><//>
        ${
          mayChange
            ? html`<div class="row"><${Action} kind="main" run=${save}>${t('save')}<//>${done && html`<span class="ok" role="status">${t('saved')}</span>`}
              <${Action} kind="danger" confirm=${`${t('really delete')} ${config.functionName}?`} run=${remove}>${t('delete the function')}<//></div>`
            : html`<p class="note">${t('may only call')}</p>`
        }
      </div>
    <//>`;
}

function Code({ config, mayChange, onSaved }) {
  const [source, setSource] = useState('');
  const [file, setFile] = useState();
  const name = config.functionName;
  const replace = async () => {
    const { base64, zipOf } = await import('/console/zip.js');
    const zipFile = file ? base64(new Uint8Array(await file.arrayBuffer())) : zipOf('index.mjs', source);
    await json('PUT', fc('functions', name), { code: { zipFile } });
    onSaved();
  };
  const download = async () => {
    const { url } = await json('GET', fc('functions', name, 'code'));
    location.assign(url);
  };
  return html`
    <${Card} wide>
      <dl class="facts">
        <div><dt>${t('code size')}</dt><dd>${bytes(config.codeSize)}</dd></div>
        <div><dt>${t('checksum')}</dt><dd><code>${config.codeChecksum ?? '–'}</code></dd></div>
        <div><dt>${t('last changed')}</dt><dd>${day(config.lastModifiedTime)}</dd></div>
      </dl>
      <p><${Action} run=${download}>${t('download')}<//></p>
      ${
        mayChange &&
        html`
        <div class="form">
          <${Field} label=${t('source (index.mjs)')}><textarea class="code" rows="10" spellcheck="false" value=${source} onInput=${(event) => setSource(event.target.value)}></textarea><//>
          <${Field} label=${t('upload a zip')}><input type="file" accept=".zip" onChange=${(event) => setFile(event.target.files[0])} /><//>
          <${Action} kind="main" run=${replace} disabled=${!file && source.trim() === ''}>${t('replace the code')}<//>
        </div>`
      }
    <//>`;
}
