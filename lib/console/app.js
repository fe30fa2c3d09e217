/** The console: signs in, shows the page the address names. Plain modules: what is served is what is written here. */
import { ApiError, hasCredentials, json, own, setCredentials } from '/console/api.js';
import { currentLanguage, languages, setLanguage } from '/console/language.js';
import { Access } from '/console/pages/access.js';
import { OneFunction } from '/console/pages/function.js';
import { Functions } from '/console/pages/functions.js';
import { Logs } from '/console/pages/logs.js';
import { Overview } from '/console/pages/overview.js';
import { Tasks } from '/console/pages/tasks.js';
import { Triggers } from '/console/pages/triggers.js';
import { Field, html, Problem, render, t, useEffect, useState } from '/console/ui.js';

/** Address -> title, drawing, page. */
const PAGES = [
  ['overview', 'M3 13h4v8H3zM10 8h4v13h-4zM17 3h4v18h-4z', Overview],
  ['functions', 'M8 4 4 12l4 8M16 4l4 8-4 8M13 3l-2 18', Functions],
  ['tasks', 'M4 6h10M4 12h10M4 18h6M17 14l2 2 4-5', Tasks],
  ['triggers', 'M13 2 4 14h6l-1 8 9-12h-6z', Triggers],
  ['access', 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M17 11l2 2 4-4', Access],
  ['logs', 'M4 5h16M4 10h16M4 15h10M4 20h7', Logs],
];

const THEMES = ['system', 'light', 'dark'];
const applyTheme = (theme) => {
  document.documentElement.dataset.theme = theme;
};
applyTheme(localStorage.getItem('isopod-theme') ?? 'system');

const placeOf = () => location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);

function App() {
  const [identity, setIdentity] = useState();
  const [error, setError] = useState();
  const [place, setPlace] = useState(placeOf());
  const [, redraw] = useState(0);

  const enter = async () => {
    setError(undefined);
    try {
      setIdentity(await json('GET', own('identity')));
    } catch (thrown) {
      setIdentity(null);
      if (hasCredentials() || !(thrown instanceof ApiError && thrown.code === 'AccessDenied')) setError(thrown);
    }
  };
  useEffect(() => {
    enter();
    const moved = () => {
      setPlace(placeOf());
      document.getElementById('main')?.focus({ preventScroll: true });
      scrollTo(0, 0);
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);

  const leave = () => {
    setCredentials(null);
    setIdentity(null);
  };
  const choices = html`<${Choices} onChange=${() => redraw((turn) => turn + 1)} />`;
  if (identity === undefined) return html`<p class="loading">${t('loading')}…</p>`;
  if (identity === null)
    return html`<${SignIn} error=${error} choices=${choices} onSignIn=${(given) => {
      setCredentials(given);
      enter();
    }} />`;

  const [page, ...rest] = place;
  const [, , Page] = PAGES.find(([name]) => name === page) ?? PAGES[0];
  const shown =
    page === 'functions' && rest[0]
      ? html`<${OneFunction} key=${rest[0]} name=${rest[0]} tab=${rest[1]} identity=${identity} />`
      : html`<${Page} identity=${identity} rest=${rest} />`;
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById('main').focus();
    }}>${t('skip to content')}</a>
    <nav class="side" aria-label=${t('menu')}>
      <a class="brand" href="#/overview"><img src="/console/icon.svg" alt="" width="28" height="28" /> <span>Isopod</span></a>
      <ul>
        ${PAGES.map(
          ([name, drawing]) => html`
          <li><a href=${`#/${name}`} aria-current=${(page || 'overview') === name ? 'page' : undefined}>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${drawing} /></svg><span>${t(name)}</span></a></li>`,
        )}
      </ul>
      <div class="who">
        <p><b>${identity.tenant}</b> <span>${identity.role}</span></p>
        ${choices}
        ${hasCredentials() && html`<button type="button" class="quiet" onClick=${leave}>${t('sign out')}</button>`}
      </div>
    </nav>
    <main id="main" tabindex="-1">${shown}</main>`;
}

function Choices({ onChange }) {
  const [theme, setTheme] = useState(localStorage.getItem('isopod-theme') ?? 'system');
  const pickTheme = (event) => {
    const to = event.target.value;
    localStorage.setItem('isopod-theme', to);
    applyTheme(to);
    setTheme(to);
  };
  const pickLanguage = (event) => {
    setLanguage(event.target.value);
    onChange();
  };
  return html`
    <div class="choices">
      <select aria-label=${t('language')} value=${currentLanguage()} onChange=${pickLanguage}>${languages.map(([id, name]) => html`<option value=${id}>${name}</option>`)}</select>
      <select aria-label=${t('theme')} value=${theme} onChange=${pickTheme}>${THEMES.map((one) => html`<option value=${one}>${t(one)}</option>`)}</select>
    </div>`;
}

function SignIn({ onSignIn, error, choices }) {
  const [token, setToken] = useState('');
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const submit = (event) => {
    event.preventDefault();
    onSignIn(token ? { token: token.trim() } : { accessKeyId: id.trim(), accessKeySecret: secret });
  };
  return html`
    <main class="sign-in" id="main">
      <form onSubmit=${submit}>
        <img src="/console/icon.svg" alt="" width="48" height="48" />
        <h1>Isopod</h1>
        <p class="note">${t('sign in with a token, or with an access key')}. ${t('it stays in this tab')}.</p>
        <${Field} label=${t('token')}><input type="password" autocomplete="off" value=${token} onInput=${(event) => setToken(event.target.value)} /><//>
        <p class="or"><span>${t('or')}</span></p>
        <${Field} label=${t('access key id')}><input autocomplete="off" value=${id} onInput=${(event) => setId(event.target.value)} /><//>
        <${Field} label=${t('access key secret')}><input type="password" autocomplete="off" value=${secret} onInput=${(event) => setSecret(event.target.value)} /><//>
        <${Problem} error=${error} />
        <button class="main" disabled=${!token && !(id && secret)}>${t('sign in')}</button>
        ${choices}
      </form>
    </main>`;
}

render(html`<${App} />`, document.getElementById('app'));
