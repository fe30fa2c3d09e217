/** A page rendered on the server: components, hooks, context, fragments, attributes and what is escaped. */
import { Component, createContext, Fragment, h, toChildArray } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import { useContext, useId, useMemo, useReducer, useState } from 'preact/hooks';
import { render, renderToString, renderToStringAsync } from 'preact-render-to-string';

const Theme = createContext('light');

function Item({ name, price, children }) {
  const theme = useContext(Theme);
  const [count] = useState(() => 2);
  const total = useMemo(() => (price * count).toFixed(2), [price, count]);
  return h(
    'li',
    { class: `item ${theme}`, 'data-price': price, style: { color: 'red', marginTop: 4 } },
    `${name}: `,
    h('b', null, total),
    children,
  );
}

class Broken extends Component {
  static getDerivedStateFromError(error) {
    return { message: error.message };
  }
  render({ children }, { message }) {
    return message === undefined ? children : h('em', null, message);
  }
}

function Steps() {
  const [state, dispatch] = useReducer((sum, n) => sum + n, 1);
  if (state < 3) dispatch(1);
  return h('i', { id: useId() }, state);
}

const Late = lazy(async () => ({ default: () => h('p', null, 'late') }));

const page = h(
  Theme.Provider,
  { value: 'dark' },
  h(
    Fragment,
    null,
    h('h1', { onClick: () => {}, hidden: false, title: 'a "b" <c>' }, 'Tea & cup'),
    h(
      'ul',
      null,
      [
        ['Tea', 4.5],
        ['Cup', 10],
      ].map(([name, price]) => h(Item, { key: name, name, price }, name === 'Cup' && h('br'))),
    ),
  ),
  h('input', { value: 'x', checked: true, readOnly: true, tabIndex: 0 }),
  h('div', { dangerouslySetInnerHTML: { __html: '<u>raw</u>' } }),
  h('svg', { viewBox: '0 0 1 1' }, h('path', { strokeWidth: 2, d: 'M0 0' })),
  null,
  false,
  0,
);

export const handler = async () => ({
  html: renderToString(page),
  pretty: render(h('div', { a: 1 }, h('p', null, 'x'), 'y'), {}, { pretty: true }),
  steps: renderToString(h(Steps)),
  caught: await renderToStringAsync(
    h(
      Broken,
      null,
      h(() => {
        throw new Error('oops');
      }),
    ),
  ).catch((error) => error.message),
  late: await renderToStringAsync(h(Suspense, { fallback: 'wait' }, h(Late))),
  children: toChildArray([h('a'), [1, [null, 'b']]]).length,
});
