/** When a timer fires. Pure: `@every 4m` counts from its last run, a cron expression follows the calendar of its time zone. */
import { Cron } from 'croner';

export interface Schedule {
  /** The first moment after `from`, in milliseconds since the epoch; undefined when there is none. */
  next(from: number): number | undefined;
}

const EVERY = /^@every\s+((?:\d+(?:\.\d+)?(?:h|m|s|ms))+)$/;
const PART = /(\d+(?:\.\d+)?)(h|ms|m|s)/g;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const ZONE = /^(?:CRON_TZ|TZ)=(\S+)\s+/;
/** Milliseconds, for `@every`. */
const SHORTEST_MS = 100;

/** Throws an Error that says what is wrong with `expression`. */
export function parseSchedule(expression: string): Schedule {
  const text = expression.trim();
  const every = EVERY.exec(text)?.[1];
  if (every !== undefined) return interval(every);
  if (text.startsWith('@')) throw new Error('"@every" is followed by a duration such as 4m, 1h30m or 10s');
  const zone = ZONE.exec(text)?.[1];
  const fields = text.replace(ZONE, '').trim();
  if (fields.split(/\s+/).length !== 6) {
    throw new Error('a cron expression has 6 fields: second minute hour day month weekday');
  }
  const cron = new Cron(fields, { timezone: zone ?? 'Etc/UTC', paused: true });
  const first = cron.nextRun();
  if (first === null) throw new Error('it never fires');
  return { next: (from) => cron.nextRun(new Date(from))?.getTime() };
}

function interval(text: string): Schedule {
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * (UNIT_MS[unit as string] as number);
  if (ms < SHORTEST_MS) throw new Error(`the shortest interval is ${SHORTEST_MS}ms`);
  return { next: (from) => from + ms };
}
