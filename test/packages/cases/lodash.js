/** A sales report: collections, paths, templates, chains, cloning and debouncing. */
import _ from 'lodash';

const sales = [
  { region: 'north', product: { name: 'Tea', price: 4.5 }, count: 3 },
  { region: 'south', product: { name: 'Coffee', price: 7.25 }, count: 1 },
  { region: 'north', product: { name: 'Coffee', price: 7.25 }, count: 4 },
];

export const handler = async () => {
  const copy = _.cloneDeep(sales);
  _.set(copy, '[0].product.tags[1]', 'green');
  const called = [];
  const later = _.debounce((value) => called.push(value), 5);
  later(1);
  later(2);
  later.flush();
  const memo = _.memoize((n) => called.push(`memo ${n}`));
  memo(1);
  memo(1);
  return {
    byRegion: _.mapValues(_.groupBy(sales, 'region'), (rows) => _.sumBy(rows, (row) => row.count * row.product.price)),
    ordered: _.orderBy(sales, ['product.price', 'count'], ['desc', 'asc']).map(_.property('product.name')),
    copy,
    same: [_.isEqual(copy, sales), _.isEqual(_.omit(copy[0].product, 'tags'), sales[0].product)],
    chained: _(sales).map('product.name').uniq().map(_.kebabCase).sort().value(),
    merged: _.merge({ a: { b: [1, 2] } }, { a: { b: [3], c: new Map([[1, 2]]).size } }),
    text: _.template('<% rows.forEach((row) => { %><li><%- row.product.name %> x <%= row.count %></li><% }) %>')({
      rows: sales,
    }),
    words: [
      _.camelCase('--foo-bar--'),
      _.startCase('fooBar'),
      _.deburr('déjà vu'),
      _.truncate('a long sentence here', { length: 12 }),
      _.escape('<a & b>'),
      _.padStart('7', 3, '0'),
    ],
    types: [
      _.isPlainObject({}),
      _.isDate(new Date(0)),
      _.isBuffer(new Uint8Array(1)),
      _.isTypedArray(new Uint8Array(1)),
      _.isMap(new Map()),
      _.isRegExp(/a/),
    ],
    parts: [
      _.chunk([1, 2, 3, 4, 5], 2),
      _.zipObject(['a', 'b'], [1, 2]),
      _.differenceBy([2.1, 1.2], [2.3], Math.floor),
      _.range(0, 20, 5),
    ],
    curried: _.curry((a, b, c) => [a, b, c])(1)(_, 3)(2),
    called,
  };
};
