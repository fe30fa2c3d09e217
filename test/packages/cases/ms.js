/** Times in words, both ways. */
import ms from 'ms';

export const handler = () => {
  let failure;
  try {
    ms(undefined);
  } catch (error) {
    failure = error.message;
  }
  return {
    read: ['2 days', '1d', '10h', '2.5 hrs', '1m', '5s', '1y', '100', '-3 days', 'soon'].map(
      (text) => ms(text) ?? 'none',
    ),
    written: [60_000, 2 * 60_000, -3 * 60_000, 86_400_000, 500].map((time) => [ms(time), ms(time, { long: true })]),
    failure,
  };
};
