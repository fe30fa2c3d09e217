/** Figures of a survey: summaries, groups, bins, ticks, searches and matrices. */
import {
  ascending,
  bin,
  bisector,
  blur,
  cross,
  cumsum,
  deviation,
  extent,
  fsum,
  group,
  index,
  intersection,
  leastIndex,
  max,
  mean,
  median,
  mode,
  nice,
  quantile,
  rank,
  rollup,
  rollups,
  shuffler,
  sum,
  thresholdScott,
  tickIncrement,
  ticks,
  transpose,
  union,
  variance,
} from 'd3-array';

const rows = [
  { city: 'Rome', year: 2024, value: 5 },
  { city: 'Rome', year: 2025, value: 7.5 },
  { city: 'Oslo', year: 2024, value: 1 },
  { city: 'Oslo', year: 2025, value: Number.NaN },
];
const values = [5, 1, 2, 2, 9, 4, 7, 3, 8, 6, 10, 2];
let seed = 1;
const random = () => {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647;
};

export const handler = () => ({
  summary: [
    extent(values),
    mean(values),
    median(values),
    mode(values),
    quantile(values, 0.9),
    variance(values),
    deviation(values),
    sum(rows, ({ value }) => value),
    max(rows, ({ value }) => value),
  ],
  groups: [
    [...group(rows, ({ city }) => city).keys()],
    rollups(
      rows,
      (some) => some.length,
      ({ city }) => city,
      ({ year }) => year,
    ),
    rollup(
      rows,
      (some) => sum(some, ({ value }) => value),
      ({ year }) => year,
    ).get(2024),
    index(
      rows,
      ({ city }) => city,
      ({ year }) => year,
    )
      .get('Rome')
      .get(2025),
  ],
  bins: bin()
    .domain([0, 10])
    .thresholds(thresholdScott)(values)
    .map((each) => [each.x0, each.x1, each.length]),
  ticks: [ticks(0, 1, 5), nice(0.13, 9.7, 5), tickIncrement(0, 100, 7)],
  search: [bisector(({ value }) => value).left([{ value: 1 }, { value: 3 }], 2), leastIndex(values, ascending)],
  exact: [fsum([0.1, 0.2, 0.3, -0.6]), [...cumsum([1, 2, 3])]],
  sets: [[...union([1, 2], [2, 3])], [...intersection([1, 2], [2, 3])]],
  shapes: [
    cross([1, 2], ['a', 'b']),
    transpose([
      [1, 2],
      [3, 4],
    ]),
  ],
  ranks: [...rank([{ v: 3 }, { v: 1 }], ({ v }) => v)],
  blurred: blur([1, 2, 9, 2, 1], 1),
  shuffled: shuffler(random)([1, 2, 3, 4, 5]),
});
