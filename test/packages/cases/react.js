/** A page rendered on the server, at once and as a stream: hooks, context, suspense, forms, errors. */
import {
  Children,
  cloneElement,
  createContext,
  Fragment,
  createElement as h,
  isValidElement,
  lazy,
  memo,
  Suspense,
  use,
  useActionState,
  useContext,
  useId,
  useMemo,
  useReducer,
  useState,
} from 'react';
import { renderToReadableStream, renderToStaticMarkup, renderToString } from 'react-dom/server';

const Theme = createContext('light');

const Item = memo(({ name, price, children }) => {
  const theme = useContext(Theme);
  const [count] = useState(() => 2);
  const total = useMemo(() => (price * count).toFixed(2), [price, count]);
  return h(
    'li',
    { className: `item ${theme}`, 'data-price': price, style: { color: 'red', marginTop: 4 } },
    `${name}: `,
    h('b', null, total),
    children,
  );
});

function Form() {
  const [state, action] = useActionState((n) => n + 1, 1);
  const [sum, add] = useReducer((a, b) => a + b, 1);
  if (sum < 3) add(1);
  return h(
    'form',
    { action },
    h('label', { htmlFor: useId() }, state + sum),
    h('select', { defaultValue: 'b' }, h('option', null, 'a'), h('option', null, 'b')),
  );
}

const page = h(
  Theme,
  { value: 'dark' },
  h('title', null, 'Shop'),
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
  h('input', { defaultValue: 'x', defaultChecked: true, tabIndex: 0 }),
  // biome-ignore lint/security/noDangerouslySetInnerHtml: a feature to try.
  h('div', { dangerouslySetInnerHTML: { __html: '<u>raw</u>' } }),
  h('svg', { viewBox: '0 0 1 1' }, h('path', { strokeWidth: 2, d: 'M0 0' })),
  h(Form),
  null,
  false,
  0,
);

const Late = lazy(async () => ({ default: () => h('p', null, 'late') }));
const Loaded = ({ data }) => h('p', null, use(data));
const broken = () => {
  throw new Error('oops');
};

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return error.message;
  }
};

async function stream(element, options) {
  const errors = [];
  const made = await renderToReadableStream(element, {
    onError: (error) => void errors.push(error.message),
    ...options,
  });
  await made.allReady;
  return [await new Response(made).text(), errors];
}

export const handler = async () => ({
  html: renderToString(page),
  plain: renderToStaticMarkup(page),
  stream: await stream(
    h(
      'html',
      null,
      h('body', null, h(Suspense, { fallback: 'wait' }, h(Late)), h(Loaded, { data: Promise.resolve('data') })),
    ),
    { bootstrapScripts: ['/a.js'], nonce: 'n' },
  ),
  recovered: await stream(h('div', null, h(Suspense, { fallback: 'sorry' }, h(broken)))),
  failed: await stream(h(broken)).catch((error) => error.message),
  sync: failure(() => renderToString(h(broken))),
  // The build for web-standard runtimes shortens its messages.
  invalid: /not valid as a React child|error #31/.test(failure(() => renderToString({ a: 1 }))),
  // biome-ignore lint/correctness/useJsxKeyInIterable: nothing is rendered.
  children: [Children.count([h('a'), null, 'b']), isValidElement(cloneElement(h('a', { x: 1 }), { y: 2 }))],
});
