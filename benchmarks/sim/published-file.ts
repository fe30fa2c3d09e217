/**
 * Reads a trace in the form of the Azure Functions Trace 2019 (`invocations_per_function_md.anon.d01.csv`): a line for each function
 * with owner, app, function, trigger, and how often it was called in each minute of a day.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Random } from './random.ts';
import type { Arrival, Trace, TraceOptions } from './traces.ts';

const MINUTE_MS = 60_000;
const FIRST_COUNT = 4;

export async function fromFile(file: string, { functions: most, minutes, seed }: TraceOptions): Promise<Trace> {
  /** By minute: function, calls, function, calls, ... */
  const byMinute: number[][] = Array.from({ length: Math.ceil(minutes) }, () => []);
  let functions = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line.startsWith('HashOwner') || line === '') continue;
    if (functions >= most) break;
    const fields = line.split(',');
    for (const [minute, calls] of byMinute.entries()) {
      const count = Number(fields[FIRST_COUNT + minute] ?? 0);
      if (!(count >= 0)) throw new Error(`${file}: function ${functions + 1} has no number for minute ${minute + 1}`);
      if (count > 0) calls.push(functions, count);
    }
    functions++;
  }
  if (functions === 0) throw new Error(`${file} has no functions`);
  return { name: file, functions, durationMs: minutes * MINUTE_MS, arrivals: () => spread(byMinute, new Random(seed)) };
}

/** Calls of a minute come at any time of it. */
function* spread(byMinute: readonly (readonly number[])[], random: Random): IterableIterator<Arrival> {
  for (const [minute, calls] of byMinute.entries()) {
    const arrivals: Arrival[] = [];
    for (let at = 0; at < calls.length; at += 2) {
      for (let left = calls[at + 1] as number; left > 0; left--) {
        arrivals.push({ at: (minute + random.next()) * MINUTE_MS, fn: calls[at] as number });
      }
    }
    yield* arrivals.sort((a, b) => a.at - b.at);
  }
}
