/**
 * When a rule of a provision config applies. Pure: `at(...)` once, `cron(...)` by the calendar of its time zone; only between
 * the rule's start and end.
 */
import { Cron } from 'croner';

export interface Window {
  /** Milliseconds since the epoch; unbounded where undefined. */
  readonly from: number | undefined;
  readonly until: number | undefined;
}

export interface Firing extends Window {
  /** The last moment up to `now` at which the rule fired, within its window; undefined when there is none. */
  last(now: number): number | undefined;
}

const AT = /^at\((.+)\)$/;
const CRON = /^cron\((.+)\)$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(Z)?$/;

/** A moment as the API writes it: UTC with a `Z`; without one, the wall clock of `timeZone`. Throws an Error saying what is wrong. */
export function parseTime(text: string, timeZone: string): number {
  const found = TIME.exec(text);
  if (found === null) throw new Error('a time looks like 2026-05-06T07:08:09Z');
  const time = found[1] === undefined ? (wallTime(text, timeZone)?.getTime() ?? Number.NaN) : Date.parse(text);
  if (Number.isNaN(time)) throw new Error(`${text} is no moment of the calendar`);
  return time;
}

/** The calendar's own arithmetic is croner's: a pattern that fires once, at that moment. */
function wallTime(text: string, timeZone: string): Date | null {
  const cron = new Cron(text, { timezone: timeZone, paused: true });
  return cron.nextRun(new Date(0));
}

/** Throws an Error that names a time zone which is none. */
export function parseWindow(startTime: string | undefined, endTime: string | undefined, timeZone: string): Window {
  new Intl.DateTimeFormat('en', { timeZone });
  const from = startTime === undefined ? undefined : parseTime(startTime, timeZone);
  const until = endTime === undefined ? undefined : parseTime(endTime, timeZone);
  if (from !== undefined && until !== undefined && from >= until) throw new Error('endTime must be after startTime');
  return { from, until };
}

export function isOpen({ from, until }: Window, now: number): boolean {
  return (from === undefined || now >= from) && (until === undefined || now < until);
}

/** Throws an Error saying what is wrong with `expression`. */
export function parseFiring(expression: string, window: Window, timeZone: string): Firing {
  const once = AT.exec(expression)?.[1];
  if (once !== undefined) {
    const at = parseTime(once, timeZone);
    return { ...window, last: (now) => (at <= now && isOpen(window, at) && isOpen(window, now) ? at : undefined) };
  }
  const fields = CRON.exec(expression)?.[1]?.trim();
  if (fields === undefined) {
    throw new Error('a scheduleExpression is cron(second minute hour day month weekday) or at(2026-05-06T07:08:09)');
  }
  const cron = new Cron(fields, { mode: '6-part', timezone: timeZone, paused: true });
  return {
    ...window,
    last(now) {
      if (!isOpen(window, now)) return undefined;
      // A moment at which it fires belongs to what has fired.
      const at = cron.previousRuns(1, new Date(now + 1))[0]?.getTime();
      return at !== undefined && isOpen(window, at) ? at : undefined;
    },
  };
}
