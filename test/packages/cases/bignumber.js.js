/** Invoices without rounding errors: bases, formats, rounding, division and roots. */
import BigNumber from 'bignumber.js';

const failure = (value) => {
  try {
    return new BigNumber(value).toString();
  } catch (error) {
    return error.message;
  }
};

export const handler = () => {
  const Money = BigNumber.clone({
    DECIMAL_PLACES: 4,
    ROUNDING_MODE: BigNumber.ROUND_HALF_UP,
    FORMAT: { prefix: '€ ', groupSize: 3, groupSeparator: '.', decimalSeparator: ',' },
  });
  const total = ['19.99', '0.01', '1234567.891'].reduce((sum, each) => sum.plus(each), new Money(0));
  return {
    total: [total.toString(), total.toFormat(2), total.times('0.19').toFixed(2)],
    exact: new BigNumber('0.1').plus('0.2').isEqualTo('0.3'),
    divided: [
      new Money(10).div(3).toString(),
      new BigNumber(10).idiv(3).toString(),
      new BigNumber(-10).mod(3).toString(),
    ],
    bases: [new BigNumber('ff', 16).toString(), new BigNumber(255).toString(2), new BigNumber('zz', 36).toString()],
    powers: [
      new BigNumber(2).pow(200).toFixed(),
      new BigNumber(3).pow(100, 1_000_007).toString(),
      new BigNumber(2).sqrt().toString(),
    ],
    special: [new BigNumber(Number.NaN).isNaN(), new BigNumber(1).div(0).toString(), new BigNumber('-0').isNegative()],
    formats: [
      new BigNumber('123456.789').toExponential(3),
      new BigNumber('123456.789').toPrecision(4),
      new BigNumber('0.00000001').toString(),
    ],
    fraction: new BigNumber('3.14159').toFraction(1_000).map(String),
    sum: BigNumber.sum(1, '2', new BigNumber(3)).toNumber(),
    failures: [failure('x'), failure('12,5')],
    json: { value: new BigNumber('1.10') },
  };
};
