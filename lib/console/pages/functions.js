/** All functions, a page of them at a time: a host may have many thousands. */
import { fc, json } from '/console/api.js';
import { Action, Badge, Card, day, Field, go, html, Problem, Table, t, useEffect, useState } from '/console/ui.js';

const PAGE = 50;

export function Functions({ identity }) {
  const [prefix, setPrefix] = useState('');
  const [rows, setRows] = useState([]);
  const [token, setToken] = useState('');
  const [error, setError] = useState();
  const [ready, setReady] = useState(false);

  const load = async (more, isOver = () => false) => {
    try {
      const query = new URLSearchParams({
        limit: String(PAGE),
        ...(prefix && { prefix }),
        ...(more && token && { nextToken: token }),
      });
      const told = await json('GET', `${fc('functions')}?${query}`);
      if (isOver()) return;
      setRows((before) => (more ? [...before, ...told.functions] : told.functions));
      setToken(told.nextToken ?? '');
      setError(undefined);
      setReady(true);
    } catch (thrown) {
      if (!isOver()) setError(thrown);
    }
  };
  useEffect(() => {
    let over = false;
    const timer = setTimeout(() => load(false, () => over), prefix ? 200 : 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [prefix]);

  return html`
    <header class="page"><h1>${t('functions')}</h1></header>
    <${Card} wide>
      <div class="tools">
        <input type="search" placeholder=${t('search functions')} aria-label=${t('search functions')} value=${prefix} onInput=${(event) => setPrefix(event.target.value)} />
      </div>
      <${Problem} error=${error} />
      ${
        ready &&
        html`<${Table} label=${t('functions')} empty=${t('no functions')} rows=${rows} keyOf=${(row) => row.functionName}
        columns=${[
          [
            t('name'),
            (row) => html`<a href=${`#/functions/${encodeURIComponent(row.functionName)}`}>${row.functionName}</a>`,
          ],
          [t('runtime'), (row) => html`<${Badge}>${row.runtime}<//>`],
          [t('memory'), (row) => `${row.memorySize} MB`, 'num'],
          [t('timeout (s)'), (row) => row.timeout, 'num'],
          [t('last changed'), (row) => day(row.lastModifiedTime)],
        ]} />`
      }
      ${token && html`<p class="more"><${Action} run=${() => load(true)}>${t('load more')}<//></p>`}
    <//>
    ${identity.role !== 'invoke' && html`<${NewFunction} />`}`;
}

const EXAMPLE = `/** The event comes as bytes, as in Function Compute. */
export const handler = async (event, context) => {
  const { name = 'world' } = JSON.parse(event);
  console.log('hello from', context.function.name);
  return { hello: name };
};
`;

function NewFunction() {
  const [name, setName] = useState('');
  const [source, setSource] = useState(EXAMPLE);
  const create = async () => {
    const { zipOf } = await import('/console/zip.js');
    await json('POST', fc('functions'), {
      functionName: name.trim(),
      runtime: 'nodejs20',
      handler: 'index.handler',
      memorySize: 128,
      timeout: 10,
      code: { zipFile: zipOf('index.mjs', source) },
    });
    go(`/functions/${encodeURIComponent(name.trim())}`);
  };
  return html`
    <${Card} title=${t('new function')} wide>
      <div class="form">
        <${Field} label=${t('name')}><input value=${name} onInput=${(event) => setName(event.target.value)} /><//>
        <${Field} label=${t('source (index.mjs)')}><textarea class="code" rows="8" spellcheck="false" value=${source} onInput=${(event) => setSource(event.target.value)}></textarea><//>
        <${Action} kind="main" run=${create} disabled=${name.trim() === ''}>${t('create')}<//>
      </div>
    <//>`;
}
