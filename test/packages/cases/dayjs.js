/** A booking across time zones: plugins for UTC, zones, durations, relative time and own formats. */
import dayjs from 'dayjs';
import 'dayjs/locale/de.js';
import customParseFormat from 'dayjs/plugin/customParseFormat.js';
import duration from 'dayjs/plugin/duration.js';
import isoWeek from 'dayjs/plugin/isoWeek.js';
import relativeTime from 'dayjs/plugin/relativeTime.js';
import timezone from 'dayjs/plugin/timezone.js';
import utc from 'dayjs/plugin/utc.js';

for (const plugin of [utc, timezone, duration, relativeTime, customParseFormat, isoWeek]) dayjs.extend(plugin);

export const handler = () => {
  const start = dayjs.utc('2026-03-28T22:30:00Z');
  const tokyo = start.tz('Asia/Tokyo');
  return {
    utc: start.add(1, 'month').endOf('month').toISOString(),
    tokyo: [tokyo.format('YYYY-MM-DD HH:mm Z'), tokyo.startOf('day').toISOString()],
    summerTime: [0, 6].map((hours) => start.add(hours, 'hour').tz('Europe/Berlin').format('DD.MM. HH:mm Z')),
    local: dayjs.tz('2026-07-01 12:00', 'America/New_York').toISOString(),
    german: start.locale('de').format('dddd, D. MMMM YYYY'),
    relative: [start.from(dayjs.utc('2026-04-07')), start.locale('de').to(dayjs.utc('2027-04-07'))],
    parsed: dayjs.utc('07/04/26 5:04 PM', 'DD/MM/YY h:mm A', true).toISOString(),
    strict: dayjs.utc('2026-13-01', 'YYYY-MM-DD', true).isValid(),
    duration: [
      dayjs.duration({ hours: 30, minutes: 5 }).toISOString(),
      dayjs.duration(93_000).humanize(),
      dayjs.duration('P1DT2H').asMinutes(),
    ],
    week: start.isoWeek(),
    diff: start.diff('2025-01-01T00:00:00Z', 'week', true).toFixed(3),
  };
};
