/** What every page is made of: preact with htm, the language, formats, small parts. */

import { say, t } from '/console/language.js';
import { html, render, useEffect, useRef, useState } from '/console/vendor/htm-preact.js';

export { html, render, say, t, useEffect, useRef, useState };

const two = (value, digits) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });

/** 1234 -> 1.2 k */
export function count(value = 0) {
  if (value >= 1e6) return `${two(value / 1e6, 1)} M`;
  if (value >= 1e4) return `${two(value / 1e3, 1)} k`;
  return two(value, value < 10 ? 1 : 0);
}

export function bytes(value = 0) {
  if (value >= 1e9) return `${two(value / 1e9, 1)} GB`;
  if (value >= 1e6) return `${two(value / 1e6, 1)} MB`;
  return `${two(value / 1e3, 1)} KB`;
}

export function duration(seconds) {
  if (seconds === undefined || seconds === null) return '–';
  if (seconds < 1e-3) return `${two(seconds * 1e6, 0)} µs`;
  if (seconds < 1) return `${two(seconds * 1e3, seconds < 0.01 ? 2 : 0)} ms`;
  return `${two(seconds, 1)} s`;
}

export const ms = (value) => (value === undefined ? '–' : duration(value / 1e3));
export const percent = (part, whole) => (whole > 0 ? `${two((part / whole) * 100, 1)} %` : '–');
export const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang);
export const day = (at) =>
  at ? new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }) : '–';

/** JSON with its lines, or the text as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Asks again and again, while the page is seen. `[value, error, again]`. */
export function usePolled(ask, everyMs, ...keys) {
  const [state, setState] = useState([undefined, undefined]);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    let timer;
    const look = async () => {
      if (!document.hidden || state[0] === undefined) {
        try {
          const value = await ask();
          if (!over) setState([value, undefined]);
        } catch (error) {
          if (!over) setState(([value]) => [value, error]);
        }
      }
      if (!over && everyMs) timer = setTimeout(look, everyMs);
    };
    look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [turn, ...keys]);
  return [...state, () => setTurn((before) => before + 1)];
}

export const Card = ({ title, note, children, wide, actions }) => html`
  <section class=${`card${wide ? ' wide' : ''}`}>
    ${title && html`<header><h2>${title}</h2>${note && html`<span class="note">${note}</span>`}${actions}</header>`}
    ${children}
  </section>`;

export const Tile = ({ label, value, note, tone }) => html`
  <div class=${`tile ${tone ?? ''}`}>
    <div class="label">${label}</div>
    <div class="value">${value}</div>
    <div class="note">${note ?? ' '}</div>
  </div>`;

export const Empty = ({ children }) => html`<p class="empty">${children}</p>`;

export const Problem = ({ error }) =>
  error
    ? html`<p class="problem" role="alert"><strong>${error.code ?? t('failed')}</strong> ${error.message}</p>`
    : null;

export const Badge = ({ tone, children }) => html`<span class=${`badge ${tone ?? ''}`}>${children}</span>`;

export const Field = ({ label, hint, children }) => html`
  <label class="field"><span>${label}</span>${children}${hint && html`<small>${hint}</small>`}</label>`;

/** `columns`: `[title, value of a row, class?]`. */
export function Table({ columns, rows, empty, label, keyOf }) {
  if (rows.length === 0) return html`<${Empty}>${empty}<//>`;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${label}>
      <table>
        <thead><tr>${columns.map(([title, , kind]) => html`<th scope="col" class=${kind ?? ''}>${title || html`<span class="unseen">${t('more')}</span>`}</th>`)}</tr></thead>
        <tbody>
          ${rows.map(
            (row, at) => html`
            <tr key=${keyOf ? keyOf(row) : at}>${columns.map(([title, cell, kind]) => html`<td class=${kind ?? ''} data-title=${title}>${cell(row)}</td>`)}</tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** A button that shows that its work is under way, and what went wrong. */
export function Action({ run, children, kind = '', confirm: question, disabled }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState();
  const go = async () => {
    if (question && !window.confirm(question)) return;
    setBusy(true);
    setError(undefined);
    try {
      await run();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return html`<span class="action">
    <button type="button" class=${kind} disabled=${busy || disabled} aria-busy=${busy} onClick=${go}>${children}</button>
    <${Problem} error=${error} />
  </span>`;
}

export function Tabs({ tabs, current, onPick, label }) {
  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(([id]) => id === current);
    const [id] = tabs[(at + step + tabs.length) % tabs.length];
    onPick(id);
    document.getElementById(`tab-${id}`)?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} onKeyDown=${onKey}>
      ${tabs.map(
        ([id, title]) => html`
        <button type="button" role="tab" id=${`tab-${id}`} aria-selected=${id === current} aria-controls="tab-panel"
          tabindex=${id === current ? 0 : -1} onClick=${() => onPick(id)}>${title}</button>`,
      )}
    </div>`;
}

export const go = (hash) => {
  location.hash = hash;
};
