/** A calculator: expressions, units, matrices, fractions, complex and big numbers, derivatives. */
import { all, create } from 'mathjs';

const math = create(all, { randomSeed: 'fixed' });
const text = (expression, scope = {}) => math.format(math.evaluate(expression, scope), { precision: 10 });

export const handler = () => {
  const big = create(all, { number: 'BigNumber', precision: 40 });
  const parser = math.parser();
  parser.evaluate('f(x, n) = x^n + 1');
  const node = math.parse('2 * x^2 + sin(y) / 4');
  let failure;
  try {
    math.evaluate('1 + * 2');
  } catch (error) {
    failure = [error.name, error.message];
  }
  return {
    numbers: ['1.2 * (2 + 4.5)', 'sqrt(-4)', '5!', 'gcd(12, 18)', 'log(1000, 10)', '7 mod 3', '0.1 + 0.2'].map((each) =>
      text(each),
    ),
    units: ['12.7 cm to inch', '90 km/h to m/s', '5 kg * 9.81 m/s^2', '20 celsius to fahrenheit'].map((each) =>
      text(each),
    ),
    matrix: [
      'det([-1, 2; 3, 1])',
      'inv([2, 0; 0, 4])',
      '[1, 2; 3, 4] * [5; 6]',
      'transpose([1, 2, 3])',
      'eigs([2, 0; 0, 3]).values',
      'cross([1, 0, 0], [0, 1, 0])',
    ].map((each) => text(each)),
    statistics: [
      'mean([1, 2, 3, 4])',
      'std([1, 2, 3, 4])',
      'median(3, 1, 2)',
      'quantileSeq([1, 2, 3, 4, 5], 0.25)',
      'mode([1, 1, 2])',
    ].map((each) => text(each)),
    exact: [
      big.evaluate('1 / 3').toString(),
      big.evaluate('sqrt(2)').toString(),
      math.format(math.fraction('1/3').add(math.fraction('1/6'))),
      math.evaluate('(2 + 3i) * (4 - i)').toString(),
    ],
    scope: [text('a = 3; b = a^2; [a, b]'), parser.evaluate('f(3, 2)')],
    symbols: [
      math.derivative('x^3 + 2x', 'x').toString(),
      math.simplify('2x + 3x - x').toString(),
      node.toTex(),
      node.compile().evaluate({ x: 2, y: 0 }),
    ],
    nodes: node.filter(({ isSymbolNode }) => isSymbolNode).map(({ name }) => name),
    chain: math.chain(3).add(4).multiply(2).done(),
    solved: math.format(
      math.lusolve(
        [
          [2, 1],
          [1, 3],
        ],
        [3, 5],
      ),
      6,
    ),
    failure,
  };
};
