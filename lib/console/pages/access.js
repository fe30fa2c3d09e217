/** Who may use the host: tenants, and keys. */
import { json, own, request } from '/console/api.js';
import { Action, Badge, Card, day, Field, html, Problem, Table, t, usePolled, useState } from '/console/ui.js';

const ROLES = ['invoke', 'deploy', 'admin'];

export function Access({ identity }) {
  const [told, error, again] = usePolled(async () => {
    const [{ tenants }, { keys }] = await Promise.all([json('GET', own('tenants')), json('GET', own('keys'))]);
    return { tenants, keys };
  }, 0);
  const tenants = told?.tenants ?? [];
  const remove = (key) => async () => {
    await request('DELETE', own('keys', key));
    again();
  };
  return html`
    <header class="page"><h1>${t('access')}</h1></header>
    <${Problem} error=${error} />
    ${
      told &&
      html`
      <div class="grid">
        <${Card} title=${t('tenants')}>
          <${Table} label=${t('tenants')} empty="–" rows=${tenants} keyOf=${(row) => row.name}
            columns=${[[t('name'), (row) => row.name], [t('account'), (row) => html`<code>${row.accountId}</code>`], [t('created'), (row) => day(row.createdTime)]]} />
          ${identity.isOperator && html`<${NewTenant} onDone=${again} />`}
        <//>
        <${Card} title=${t('keys')}>
          <${Table} label=${t('keys')} empty=${t('no keys')} rows=${told.keys} keyOf=${(row) => row.accessKeyId}
            columns=${[
              [t('key'), (row) => html`<code>${row.accessKeyId}</code>`],
              [t('tenant'), (row) => row.tenant],
              [t('role'), (row) => html`<${Badge}>${row.role}<//>`],
              [t('type'), (row) => row.type],
              [t('description'), (row) => row.description || '–'],
              [
                '',
                (row) =>
                  html`<${Action} kind="quiet" confirm=${`${t('really delete')} ${row.accessKeyId}?`} run=${remove(row.accessKeyId)}>${t('delete')}<//>`,
              ],
            ]} />
          <${NewKey} tenants=${tenants} identity=${identity} onDone=${again} />
        <//>
      </div>`
    }`;
}

function NewTenant({ onDone }) {
  const [name, setName] = useState('');
  const create = async () => {
    await json('POST', own('tenants'), { name: name.trim() });
    setName('');
    onDone();
  };
  return html`
    <div class="form row">
      <${Field} label=${t('new tenant')}><input value=${name} onInput=${(event) => setName(event.target.value)} /><//>
      <${Action} run=${create} disabled=${name.trim() === ''}>${t('create')}<//>
    </div>`;
}

function NewKey({ tenants, identity, onDone }) {
  const [tenant, setTenant] = useState(identity.tenant);
  const [role, setRole] = useState('invoke');
  const [type, setType] = useState('token');
  const [description, setDescription] = useState('');
  const [made, setMade] = useState();
  const create = async () => {
    setMade(await json('POST', own('keys'), { tenant, role, type, description }));
    setDescription('');
    onDone();
  };
  const select = (value, set, options) =>
    html`<select value=${value} onChange=${(event) => set(event.target.value)}>${options.map((one) => html`<option value=${one}>${one}</option>`)}</select>`;
  return html`
    <div class="form">
      <h3>${t('new key')}</h3>
      <div class="row">
        <${Field} label=${t('tenant')}>${select(
          tenant,
          setTenant,
          tenants.map(({ name }) => name),
        )}<//>
        <${Field} label=${t('role')}>${select(role, setRole, ROLES)}<//>
        <${Field} label=${t('type')}>${select(type, setType, ['token', 'signature'])}<//>
        <${Field} label=${t('description')}><input value=${description} onInput=${(event) => setDescription(event.target.value)} /><//>
        <${Action} kind="main" run=${create}>${t('create')}<//>
      </div>
      ${made && html`<p class="secret" role="status"><b>${t('shown this once')}:</b> <code>${made.token ?? `${made.accessKeyId} ${made.accessKeySecret}`}</code></p>`}
    </div>`;
}
