/** Due dates: arithmetic, formats, parsing, intervals and locales. Local times only, so that no time zone matters. */
import {
  add,
  addBusinessDays,
  differenceInCalendarDays,
  eachWeekOfInterval,
  endOfMonth,
  format,
  formatDistance,
  formatDuration,
  getISOWeek,
  intervalToDuration,
  isValid,
  isWithinInterval,
  parse,
  parseISO,
} from 'date-fns';
import { de, fr } from 'date-fns/locale';

const start = new Date(2026, 3, 7, 9, 30);
const text = (date) => format(date, "yyyy-MM-dd'T'HH:mm");

export const handler = () => ({
  added: text(add(start, { months: 10, days: 25, hours: 20 })),
  business: text(addBusinessDays(start, 7)),
  days: differenceInCalendarDays(new Date(2027, 0, 1), start),
  weeks: eachWeekOfInterval({ start, end: endOfMonth(start) }, { weekStartsOn: 1 }).map(text),
  formats: [
    format(start, 'PPPP'),
    format(start, 'EEEE do MMMM yyyy, h:mm a'),
    format(start, 'PPPP', { locale: de }),
    format(start, 'EEEE d MMMM', { locale: fr }),
  ],
  distance: [
    formatDistance(start, new Date(2026, 5, 1)),
    formatDistance(start, new Date(2026, 3, 8), { addSuffix: true, locale: de }),
  ],
  duration: formatDuration(intervalToDuration({ start, end: new Date(2027, 5, 9, 10) })),
  parsed: [
    text(parse('24.12.2026 18:05', 'dd.MM.yyyy HH:mm', start)),
    text(parseISO('2026-02-28T12:00')),
    isValid(parse('31.02.2026', 'dd.MM.yyyy', start)),
  ],
  week: getISOWeek(start),
  within: isWithinInterval(start, { start: new Date(2026, 3, 1), end: new Date(2026, 3, 7) }),
});
