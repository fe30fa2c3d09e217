/** Interest to the cent, and functions far beyond a double's digits. */
import Decimal from 'decimal.js';

export const handler = () => {
  const money = Decimal.clone({ precision: 30, rounding: Decimal.ROUND_HALF_EVEN });
  const wide = Decimal.clone({ precision: 60 });
  let balance = new money('1000.00');
  for (let year = 0; year < 10; year++) balance = balance.mul('1.0325').toDecimalPlaces(2);
  let failure;
  try {
    new Decimal('12,5');
  } catch (error) {
    failure = error.message;
  }
  return {
    balance: balance.toFixed(2),
    sum: new Decimal(0.1).plus('0.2').eq('0.3'),
    wide: [
      wide.acos(-1).toString(),
      wide.exp(1).toString(),
      new wide(2).sqrt().toString(),
      new wide(2).pow('0.5').ln().toString(),
    ],
    formats: [
      new Decimal('1234.5678').toSD(3).toString(),
      new Decimal('0xff.8').toString(),
      new Decimal(255).toHex(),
      new Decimal('1e-9').toExponential(2),
      new Decimal(10).toBinary(),
    ],
    fraction: new Decimal('0.3333').toFraction(100).map(String),
    comparisons: [
      Decimal.max('1', '3', '2').toNumber(),
      new Decimal(3).cmp(4),
      new Decimal(Number.NaN).isNaN(),
      new Decimal(-0).isNeg(),
    ],
    rounding: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((mode) => new Decimal('-2.5').toDecimalPlaces(0, mode).toString()),
    failure,
    json: { value: new Decimal('1.10') },
  };
};
