/** Figures as people read them: three digits that count, with the unit that suits their size. */

const digits = (value: number): string =>
  value >= 100 || value === 0
    ? Math.round(value).toLocaleString('en-US')
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toPrecision(2);

export function amount(value: number, unit: string): string {
  switch (unit) {
    case 'µs':
      return value >= 1e6
        ? `${digits(value / 1e6)} s`
        : value >= 1_000
          ? `${digits(value / 1_000)} ms`
          : `${digits(value)} µs`;
    case 'ms':
      return value >= 10_000 ? `${digits(value / 1_000)} s` : `${digits(value)} ms`;
    case 'calls/s':
      return value >= 1e6
        ? `${digits(value / 1e6)} M/s`
        : value >= 10_000
          ? `${digits(value / 1_000)} k/s`
          : `${digits(value)}/s`;
    case 'MB':
      return value >= 10_000
        ? `${digits(value / 1_000)} GB`
        : value < 0.1
          ? `${digits(value * 1_000)} kB`
          : `${digits(value)} MB`;
    default:
      return `${digits(value)} ${unit}`;
  }
}

/** Of an axis. */
export const tick =
  (unit: string) =>
  (value: number): string =>
    amount(value, unit)
      .replace(/\.0+(?=\D)/, '')
      .replace(/(\.\d*?)0+(?=\s)/, '$1');
