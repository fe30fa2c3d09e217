/** Orders by composition: pipes, lenses, transducers, currying, comparing and grouping. */
import * as R from 'ramda';

const orders = [
  { id: 1, customer: { name: 'Ada', city: 'London' }, items: [{ price: 4.5, count: 2 }], paid: true },
  {
    id: 2,
    customer: { name: 'Grace', city: 'New York' },
    items: [
      { price: 10, count: 1 },
      { price: 1, count: 5 },
    ],
    paid: false,
  },
  { id: 3, customer: { name: 'Alan', city: 'London' }, items: [], paid: true },
];
const total = R.pipe(R.prop('items'), R.map(R.converge(R.multiply, [R.prop('price'), R.prop('count')])), R.sum);
const city = R.lensPath(['customer', 'city']);

export const handler = async () => ({
  totals: R.map(total, orders),
  byCity: R.map(R.pluck('id'), R.groupBy(R.view(city), orders)),
  changed: R.over(city, R.toUpper, orders[0]),
  sorted: R.sortWith([R.ascend(R.view(city)), R.descend(R.prop('id'))], orders).map(R.prop('id')),
  where: R.filter(R.where({ paid: R.equals(true), items: R.complement(R.isEmpty) }), orders).length,
  transduced: R.into([], R.compose(R.filter(R.gt(R.__, 2)), R.map(R.multiply(2)), R.take(2)), [1, 2, 3, 4, 5]),
  evolved: R.evolve({ id: R.inc, paid: R.not }, orders[0]),
  merged: R.mergeDeepWith(R.concat, { a: { b: [1] } }, { a: { b: [2], c: [3] } }),
  equal: [
    R.equals(new Map([[1, [2]]]), new Map([[1, [2]]])),
    R.equals(0, -0),
    R.type(/a/),
    R.toString({ a: new Date(0), b: [undefined] }),
  ],
  curried: [
    R.curryN(3, (...all) => all)(1)(R.__, 3)(2),
    R.flip(R.subtract)(1, 5),
    R.memoizeWith(String, (n) => n * 2)(4),
  ],
  paths: [
    R.pathOr('none', ['a', 0, 'b'], { a: [{ b: 1 }] }),
    R.assocPath(['a', 'b'], 1, {}),
    R.dissoc('id', { id: 1, x: 2 }),
  ],
  logic: R.cond([
    [R.lt(R.__, 0), R.always('negative')],
    [R.T, R.identity],
  ])(-1),
  later: await R.pipeWith(R.andThen, [async (n) => n + 1, (n) => n * 2])(1),
  lists: [
    R.aperture(2, [1, 2, 3]),
    R.xprod([1, 2], ['a']),
    R.splitWhen(R.equals(2), [1, 2, 3]),
    R.symmetricDifference([1, 2], [2, 3]),
    R.zipObj(['a'], [1]),
  ],
});
