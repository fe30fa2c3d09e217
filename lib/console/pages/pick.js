/** A function to look at, chosen from those that are there. */
import { fc, json } from '/console/api.js';
import { Field, go, html, t, usePolled } from '/console/ui.js';

export function PickFunction({ page, name }) {
  const [told] = usePolled(() => json('GET', `${fc('functions')}?limit=100`), 0);
  const names = (told?.functions ?? []).map(({ functionName }) => functionName);
  const pick = (event) =>
    names.includes(event.target.value) && go(`/${page}/${encodeURIComponent(event.target.value)}`);
  return html`
    <${Field} label=${t('pick a function')}>
      <input list="functions-there" value=${name ?? ''} placeholder=${names[0] ?? ''} onInput=${pick} onChange=${(event) => event.target.value && go(`/${page}/${encodeURIComponent(event.target.value)}`)} />
      <datalist id="functions-there">${names.map((one) => html`<option value=${one} />`)}</datalist>
    <//>`;
}
