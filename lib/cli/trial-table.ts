/** The table `isopod start` prints: one line per function. */
import type { IsopodError } from '../errors.ts';
import { type Column, renderTable } from './table.ts';
import type { Trial } from './trial.ts';

const left = (title: string, width = 0): Column => ({ title, width, right: false });
const right = (title: string): Column => ({ title, width: 0, right: true });

/** Characters of the result shown where nothing says how wide the terminal is, and at least. */
const RESULT_WIDTH = 48;
const RESULT_LEAST = 24;

const columns = [
  left('function'),
  left('start'),
  right('image KB'),
  right('cold ms'),
  right('build'),
  right('image'),
  right('restore'),
  right('evaluate'),
  right('initializer'),
  right('direct µs'),
  right('worker µs'),
  left('lane'),
  left('async'),
];

/** The lines of the table: titles, a rule, then one per trial. `terminalWidth`: characters of a line, if known. */
export function trialLines(trials: readonly Trial[], terminalWidth: number | undefined): string[] {
  const cells = trials.map((trial) => [...numbers(trial), said(trial)]);
  const narrow = renderTable(columns, cells)[0]?.length ?? 0;
  const width = terminalWidth === undefined ? RESULT_WIDTH : Math.max(RESULT_LEAST, terminalWidth - narrow - 3);
  return renderTable([...columns, left('result', width)], cells);
}

function numbers({ name, info, status: { stages, lane: firstLane }, warmMicros, lane, outcome }: Trial): string[] {
  const build = stages && stages.downloadCodeMs + stages.unzipMs + stages.bundleMs;
  const parts = [build, stages?.imageBuildMs, stages?.restoreMs, stages?.evaluateMs, stages?.initializerMs];
  const total = stages && parts.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  return [
    name,
    info?.image.kind ?? '-',
    info === undefined ? '-' : (info.image.bytes / 1_024).toFixed(0),
    ...[total, ...parts].map((ms) => (ms === undefined || ms === 0 ? '-' : ms.toFixed(1))),
    microseconds(warmMicros.direct),
    microseconds(warmMicros.worker),
    lane ?? firstLane ?? '-',
    outcome === undefined ? (info === undefined ? '-' : 'pending') : `${outcome.condition} (${outcome.attempts})`,
  ];
}

const microseconds = (value: number | undefined): string =>
  value === undefined ? '-' : value.toFixed(value < 100 ? 1 : 0);

function said({ error, result, info }: Trial): string {
  if (error !== undefined) return `${info === undefined ? 'not deployed' : 'failed'}: ${describeError(error)}`;
  if (result instanceof Uint8Array) return `${result.byteLength} bytes`;
  return result === undefined ? '' : JSON.stringify(result);
}

/** One line: the function's own error by its class, every other by its code. */
function describeError({ kind, code, errorType, message }: IsopodError): string {
  const name = kind === 'function' && errorType !== undefined ? errorType : code;
  return `${name}: ${message.replace(/\s+/g, ' ')}`;
}

/** How many did what, in one sentence. */
export function summary(trials: readonly Trial[]): string {
  const threw = trials.filter(({ error }) => error?.kind === 'function');
  const broken = trials.filter(({ error }) => error !== undefined && error.kind !== 'function');
  const names = (some: readonly Trial[]): string => some.map(({ name }) => name).join(', ');
  const parts = [`${trials.length - threw.length - broken.length} of ${trials.length} functions succeeded`];
  if (threw.length > 0) parts.push(`${threw.length} failed by an error of its own code (${names(threw)})`);
  if (broken.length > 0) parts.push(`${broken.length} could not be run (${names(broken)})`);
  return `${parts.join('; ')}.`;
}
