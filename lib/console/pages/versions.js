/** Versions, and aliases with the share of calls each of two versions gets. */
import { fc, json, request } from '/console/api.js';
import { Action, Card, day, Field, html, Problem, Table, t, usePolled, useState } from '/console/ui.js';

export function Versions({ name, mayChange }) {
  const [told, error, again] = usePolled(
    async () => {
      const [{ versions }, { aliases }] = await Promise.all([
        json('GET', fc('functions', name, 'versions')),
        json('GET', fc('functions', name, 'aliases')),
      ]);
      return { versions, aliases };
    },
    0,
    name,
  );
  const [description, setDescription] = useState('');
  const versions = told?.versions ?? [];
  const publish = async () => {
    await json('POST', fc('functions', name, 'versions'), { description });
    setDescription('');
    again();
  };
  const remove = async (versionId) => {
    await request('DELETE', fc('functions', name, 'versions', versionId));
    again();
  };
  return html`
    <${Problem} error=${error} />
    <div class="grid">
      <${Card} title=${t('versions')}>
        <${Table} label=${t('versions')} empty=${t('no versions')} rows=${versions} keyOf=${(row) => row.versionId}
          columns=${[
            [t('version'), (row) => row.versionId],
            [t('description'), (row) => row.description || '–'],
            [t('created'), (row) => day(row.createdTime)],
            [
              '',
              (row) =>
                mayChange &&
                html`<${Action} kind="quiet" confirm=${`${t('really delete')} ${row.versionId}?`} run=${() => remove(row.versionId)}>${t('delete')}<//>`,
            ],
          ]} />
        ${
          mayChange &&
          html`
          <div class="form row">
            <${Field} label=${t('description')}><input value=${description} onInput=${(event) => setDescription(event.target.value)} /><//>
            <${Action} kind="main" run=${publish}>${t('publish a version')}<//>
          </div>`
        }
      <//>
      <${Card} title=${t('aliases')}>
        ${(told?.aliases ?? []).map((alias) => html`<${Alias} key=${alias.aliasName} name=${name} alias=${alias} versions=${versions} mayChange=${mayChange} onChange=${again} />`)}
        ${told && told.aliases.length === 0 && html`<p class="empty">${t('no aliases')}</p>`}
        ${mayChange && html`<${NewAlias} name=${name} versions=${versions} onChange=${again} />`}
      <//>
    </div>`;
}

function Pick({ versions, value, onPick, label, none, disabled }) {
  return html`
    <${Field} label=${label}>
      <select value=${value} disabled=${disabled} onChange=${(event) => onPick(event.target.value)}>
        ${none && html`<option value="">${t('none')}</option>`}
        ${!none && html`<option value="LATEST">LATEST</option>`}
        ${versions.map(({ versionId }) => html`<option value=${versionId}>${versionId}</option>`)}
      </select>
    <//>`;
}

function Alias({ name, alias, versions, mayChange, onChange }) {
  const [[first, share] = ['', 0]] = Object.entries(alias.additionalVersionWeight ?? {});
  const [versionId, setVersion] = useState(alias.versionId);
  const [second, setSecond] = useState(first);
  const [weight, setWeight] = useState(Math.round(share * 100));
  const save = async () => {
    await json('PUT', fc('functions', name, 'aliases', alias.aliasName), {
      versionId,
      additionalVersionWeight: second && weight > 0 ? { [second]: weight / 100 } : {},
    });
    onChange();
  };
  const remove = async () => {
    await request('DELETE', fc('functions', name, 'aliases', alias.aliasName));
    onChange();
  };
  return html`
    <fieldset class="alias" disabled=${!mayChange}>
      <legend>${alias.aliasName}</legend>
      <div class="row">
        <${Pick} label=${t('points to')} versions=${versions} value=${versionId} onPick=${setVersion} />
        <${Pick} label=${t('second version')} versions=${versions} value=${second} onPick=${setSecond} none />
      </div>
      ${
        second &&
        html`
        <div class="split" aria-hidden="true"><span style=${{ width: `${100 - weight}%` }}>${versionId} · ${100 - weight} %</span><span class="b" style=${{ width: `${weight}%` }}>${second} · ${weight} %</span></div>
        <${Field} label=${`${t('weight')} ${second}: ${weight} %`}><input type="range" min="0" max="100" value=${weight} onInput=${(event) => setWeight(Number(event.target.value))} /><//>`
      }
      ${mayChange && html`<div class="row"><${Action} run=${save}>${t('save')}<//><${Action} kind="quiet" confirm=${`${t('really delete')} ${alias.aliasName}?`} run=${remove}>${t('delete')}<//></div>`}
    </fieldset>`;
}

function NewAlias({ name, versions, onChange }) {
  const [aliasName, setName] = useState('');
  const [versionId, setVersion] = useState('LATEST');
  const create = async () => {
    await json('POST', fc('functions', name, 'aliases'), { aliasName: aliasName.trim(), versionId });
    setName('');
    onChange();
  };
  return html`
    <div class="form row">
      <${Field} label=${t('new alias')}><input value=${aliasName} onInput=${(event) => setName(event.target.value)} /><//>
      <${Pick} label=${t('points to')} versions=${versions} value=${versionId} onPick=${setVersion} />
      <${Action} run=${create} disabled=${aliasName.trim() === ''}>${t('create')}<//>
    </div>`;
}
