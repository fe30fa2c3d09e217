/** Names of the comparison's rows: measure, function and peer, which reports take apart again. */

export interface RowName {
  readonly measure: string;
  readonly guest: string;
  readonly peer: string;
}

export const rowName = (measure: string, guest: string, peer: string): string => `${measure} | ${guest} | ${peer}`;

export function parseRow(row: string): RowName {
  const [measure = '', guest = '', peer = ''] = row.split(' | ');
  return { measure, guest, peer };
}

const units: readonly [RegExp, string][] = [
  [/^throughput/, 'calls/s'],
  [/^memory/, 'MB'],
  [/^size/, 'MB'],
  [/^packages/, 'packages'],
  [/^(cold|deploy|stage|contain|stall|idle|after)/, 'ms'],
];

/** Of latency and CPU time: µs per call. */
export const unitOf = (row: string): string => units.find(([pattern]) => pattern.test(row))?.[1] ?? 'µs';
