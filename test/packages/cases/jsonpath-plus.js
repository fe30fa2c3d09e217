/** Values found by path: wildcards, slices, filters, parents, callbacks and kinds of result. */
import { JSONPath } from 'jsonpath-plus';

const json = {
  store: {
    book: [
      { title: 'Sayings', price: 8.95, category: 'reference' },
      { title: 'Sword', price: 12.99, category: 'fiction', isbn: '0-553' },
      { title: 'Moby Dick', price: 8.99, category: 'fiction', isbn: '0-395' },
    ],
    bicycle: { colour: 'red', price: 19.95 },
  },
};
const find = (path, more) => JSONPath({ path, json, ...more });

export const handler = () => {
  const seen = [];
  find('$..price', { callback: (value, kind, { path }) => seen.push([value, kind, path]) });
  return {
    paths: [
      '$.store.book[*].title',
      '$..price',
      '$.store.*',
      '$..book[-1:]',
      '$..book[0,1].title',
      '$..book[?(@.isbn)].title',
      '$..book[?(@.price < 10 && @.category === "fiction")].title',
      '$..book[?(@.title.match(/^s/i))].price',
      '$.store.book[*]~',
      '$..[?(@.price > 19)]^',
      '$.nothing',
    ].map((path) => find(path)),
    kinds: ['path', 'pointer', 'parentProperty'].map((resultType) => find('$..book[1].title', { resultType })),
    single: find('$.store.bicycle.colour', { wrap: false }),
    flat: find('$.store.book[*]', { flatten: true, resultType: 'all' }).length,
    seen,
    parts: [JSONPath.toPathArray("$.a['b c'][0]"), JSONPath.toPathString(['$', 'a', 0])],
  };
};
