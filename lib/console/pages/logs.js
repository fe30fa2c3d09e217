/** What a function writes, as it writes it. */
import { followLog } from '/console/api.js';
import { PickFunction } from '/console/pages/pick.js';
import { Card, Empty, html, Problem, t, useEffect, useRef, useState } from '/console/ui.js';

const MOST = 2_000;

export function Logs({ rest: [name] }) {
  return html`
    <header class="page"><h1>${t('logs')}</h1></header>
    <${Card} wide>
      <div class="form"><${PickFunction} page="logs" name=${name} /></div>
      ${name ? html`<${LogView} key=${name} name=${name} />` : html`<${Empty}>${t('pick a function')}<//>`}
    <//>`;
}

const levelOf = (line) => /^\S+ \S+ \[(\w+)\]/.exec(line)?.[1]?.toLowerCase() ?? '';

export function LogView({ name }) {
  const [lines, setLines] = useState([]);
  const [following, setFollowing] = useState(true);
  const [filter, setFilter] = useState('');
  const [lost, setLost] = useState(false);
  const [error, setError] = useState();
  const box = useRef();

  useEffect(() => {
    if (!following) return undefined;
    const stop = new AbortController();
    // Drawn at most once a frame, however fast lines come.
    let fresh = [];
    let isDue = false;
    const draw = () => {
      isDue = false;
      const more = fresh;
      fresh = [];
      setLines((before) => [...before, ...more].slice(-MOST));
    };
    setLines([]);
    followLog(
      name,
      (line) => {
        fresh.push(line);
        if (!isDue) requestAnimationFrame(draw);
        isDue = true;
      },
      stop.signal,
      setLost,
    ).catch(setError);
    return () => stop.abort();
  }, [name, following]);

  useEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);

  const shown =
    filter === '' ? lines : lines.filter(({ line = '' }) => line.toLowerCase().includes(filter.toLowerCase()));
  return html`
    <div class="tools">
      <input type="search" placeholder=${t('filter')} aria-label=${t('filter')} value=${filter} onInput=${(event) => setFilter(event.target.value)} />
      <button type="button" aria-pressed=${following} onClick=${() => setFollowing(!following)}>${t(following ? 'pause' : 'follow')}</button>
      <button type="button" class="quiet" onClick=${() => setLines([])}>${t('clear')}</button>
    </div>
    <${Problem} error=${error} />
    ${lost && html`<p class="note" role="status">${t('connection lost, trying again')}</p>`}
    <div class="log-view" ref=${box} tabindex="0" role="log" aria-label=${t('log')}>
      ${shown.length === 0 && html`<p class="empty">${t('no lines yet')}</p>`}
      ${shown.map((one, at) => (one.gap ? html`<p key=${`gap${at}`} class="warn">${one.gap} ${t('lines were left out')}</p>` : html`<p key=${one.seq} class=${levelOf(one.line)}>${one.line}</p>`))}
    </div>`;
}
