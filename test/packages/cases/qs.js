/** Query strings of nested values: lists, depth, encodings, limits, and back. */
import qs from 'qs';

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return [error.name, error.message];
  }
};

export const handler = () => ({
  nested: qs.parse('a[b][c]=1&a[b][d]=2&list[]=x&list[]=y&at[1]=b&at[0]=a&name=J%C3%BCrgen+M'),
  options: qs.parse('?a.b=1&c=1,2&d&e=%26%239786%3B', {
    ignoreQueryPrefix: true,
    allowDots: true,
    comma: true,
    strictNullHandling: true,
    interpretNumericEntities: true,
    charset: 'iso-8859-1',
  }),
  limits: [
    qs.parse('a[b][c][d][e][f][g]=x', { depth: 2 }),
    qs.parse('a=1&b=2&c=3', { parameterLimit: 2 }),
    qs.parse('a[100]=x'),
  ],
  prototype: qs.parse('a[hasOwnProperty]=b&__proto__[x]=1'),
  text: [
    qs.stringify({ a: { b: [1, { c: 2 }] }, d: null, e: undefined, f: 'ü &' }),
    qs.stringify({ a: [1, 2] }, { arrayFormat: 'comma', encode: false }),
    qs.stringify({ a: { b: [1, 2] } }, { allowDots: true, arrayFormat: 'repeat', addQueryPrefix: true }),
    qs.stringify(
      { b: 1, a: new Date(0), n: null },
      { sort: (x, y) => x.localeCompare(y), skipNulls: true, format: 'RFC1738' },
    ),
    qs.stringify(
      { a: [], b: true },
      { filter: (_key, value) => (value === true ? 'yes' : value), allowEmptyArrays: true },
    ),
  ],
  failure: failure(() => qs.parse('a[b][c]=1', { depth: 1, strictDepth: true })),
});
