/** When which function is called: synthetic traces, and shapes that were published. */
import { fromFile } from './published-file.ts';
import { Random, Weighted } from './random.ts';

export interface Arrival {
  /** Milliseconds from the beginning. */
  at: number;
  fn: number;
}

export interface Trace {
  readonly name: string;
  readonly functions: number;
  readonly durationMs: number;
  /** In the order of time. The same object may come again with other values. */
  arrivals(): Iterable<Arrival>;
}

export interface TraceOptions {
  readonly functions: number;
  readonly minutes: number;
  /** Calls, as a multiple of what the trace has by itself. */
  readonly load: number;
  readonly seed: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Of the synthetic traces: one call of each function in 30 s on average. */
const MEAN_GAP_MS = 30_000;

/** Poisson arrivals; `rates`: calls a millisecond of each function. `keeps` thins them out. */
function* poisson(
  rates: Float64Array,
  durationMs: number,
  random: Random,
  keeps: (fn: number, at: number) => boolean = () => true,
): IterableIterator<Arrival> {
  const functions = new Weighted(rates);
  const arrival: Arrival = { at: 0, fn: 0 };
  for (let at = 0; ; ) {
    at += random.exponential(1 / functions.total);
    if (at >= durationMs) return;
    arrival.at = at;
    arrival.fn = functions.draw(random);
    if (keeps(arrival.fn, at)) yield arrival;
  }
}

/** Popularity by Zipf's law with an exponent of 1.1. */
function zipfRates({ functions, load }: TraceOptions): Float64Array {
  const weights = Float64Array.from({ length: functions }, (_, rank) => (rank + 1) ** -1.1);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const total = (functions / MEAN_GAP_MS) * load;
  return weights.map((weight) => (weight / sum) * total);
}

/** One day in the time of the trace; the peaks of eight groups of functions follow one another. */
function* diurnal(options: TraceOptions, durationMs: number): IterableIterator<Arrival> {
  const random = new Random(options.seed);
  const rates = zipfRates(options).map((rate) => rate * 1.9);
  yield* poisson(rates, durationMs, random, (fn, at) => {
    const phase = (at / durationMs + (fn % 8) / 8) * 2 * Math.PI;
    return random.next() < (1 + 0.9 * Math.sin(phase)) / 1.9;
  });
}

/** Every five seconds or so some function gets 20 to 500 calls within half a second, beside what it has. */
function* bursts(options: TraceOptions, durationMs: number): IterableIterator<Arrival> {
  const random = new Random(options.seed);
  const sudden: Arrival[] = [];
  for (let at = random.exponential(5_000); at < durationMs; at += random.exponential(5_000)) {
    const fn = random.below(options.functions);
    const size = 20 * 25 ** random.next();
    for (let no = 0; no < size; no++) sudden.push({ at: at + random.next() * 500, fn });
  }
  sudden.sort((a, b) => a.at - b.at);
  yield* merged(poisson(zipfRates(options), durationMs, random), sudden.values(), durationMs);
}

/**
 * The shape of Azure Functions in 2019, as published (Shahrad et al., "Serverless in the Wild", ATC 2020): 45% are called at most
 * once an hour, 81% at most once a minute, nearly all calls go to the rest; 16% are called by timers.
 */
function* azure2019(options: TraceOptions, durationMs: number): IterableIterator<Arrival> {
  const random = new Random(options.seed);
  const rates = new Float64Array(options.functions);
  const timers: { readonly fn: number; readonly everyMs: number; readonly phaseMs: number }[] = [];
  for (let fn = 0; fn < options.functions; fn++) {
    const rank = (fn + 0.5) / options.functions;
    if (rank < 0.81 && random.next() < 0.2) {
      const everyMs = [1, 5, 10, 15, 30, 60][random.below(6)] as number;
      // Half of them at the full minute, as people write schedules.
      timers.push({ fn, everyMs: everyMs * MINUTE_MS, phaseMs: random.next() < 0.5 ? 0 : random.next() * MINUTE_MS });
    } else {
      rates[fn] = (callsADay(rank) * options.load) / DAY_MS;
    }
  }
  yield* merged(poisson(rates, durationMs, random), ticks(timers, durationMs), durationMs);
}

/** The published quantiles, straight lines between them in logarithms; above the last a Pareto tail with an index of 1/0.9. */
function callsADay(rank: number): number {
  if (rank < 0.45) return 0.5 * 48 ** (rank / 0.45);
  if (rank < 0.81) return 24 * 60 ** ((rank - 0.45) / 0.36);
  return 1_440 * (0.19 / (1 - rank)) ** 0.9;
}

function* ticks(
  timers: readonly { readonly fn: number; readonly everyMs: number; readonly phaseMs: number }[],
  durationMs: number,
): IterableIterator<Arrival> {
  for (let minute = 0; minute < durationMs; minute += MINUTE_MS) {
    const due = timers.filter(({ everyMs }) => minute % everyMs === 0);
    due.sort((a, b) => a.phaseMs - b.phaseMs);
    for (const { fn, phaseMs } of due) yield { at: minute + phaseMs, fn };
  }
}

function* merged(one: Iterator<Arrival>, other: Iterator<Arrival>, durationMs: number): IterableIterator<Arrival> {
  let a = one.next();
  let b = other.next();
  while (a.done !== true || b.done !== true) {
    const isFirst = b.done === true || (a.done !== true && a.value.at <= b.value.at);
    const next = (isFirst ? a : b).value as Arrival;
    if (next.at < durationMs) yield next;
    if (isFirst) a = one.next();
    else b = other.next();
  }
}

const SHAPES: Readonly<Record<string, (options: TraceOptions, durationMs: number) => IterableIterator<Arrival>>> = {
  zipf: (options, durationMs) => poisson(zipfRates(options), durationMs, new Random(options.seed)),
  diurnal,
  bursts,
  azure2019,
};

export const traceNames = Object.keys(SHAPES);

/** By the name of a shape, or a file in the form Azure published its traces in. */
export async function traceOf(name: string, options: TraceOptions): Promise<Trace> {
  const shape = SHAPES[name];
  const durationMs = options.minutes * MINUTE_MS;
  if (shape === undefined) return fromFile(name, options);
  return { name, functions: options.functions, durationMs, arrivals: () => shape(options, durationMs) };
}
