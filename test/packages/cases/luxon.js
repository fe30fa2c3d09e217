/** Deliveries across time zones: zones, formats, locales, durations and intervals. */
import { DateTime, Duration, Info, Interval, Settings } from 'luxon';

Settings.defaultZone = 'utc';
Settings.defaultLocale = 'en-GB';

export const handler = () => {
  const sent = DateTime.fromISO('2026-03-28T18:30', { zone: 'Europe/Paris' });
  const arrives = sent.plus({ days: 1 }).setZone('America/Los_Angeles');
  const days = Interval.fromDateTimes(sent.startOf('month'), sent.endOf('month')).splitBy({ weeks: 1 });
  return {
    sent: [sent.toISO(), sent.offset, sent.isInDST, arrives.toISO(), arrives.zoneName],
    formats: [
      sent.toFormat('cccc d LLLL yyyy HH:mm ZZ'),
      sent.toLocaleString(DateTime.DATETIME_FULL),
      sent.setLocale('de').toLocaleString(DateTime.DATE_HUGE),
      sent.setLocale('ja').toFormat('DDDD'),
    ],
    relative: sent.toRelative({ base: sent.plus({ days: 9 }), locale: 'fr' }),
    diff: arrives.diff(sent, ['days', 'hours', 'minutes']).toObject(),
    duration: [
      Duration.fromISO('P3DT7H').shiftTo('hours').toHuman(),
      Duration.fromObject({ minutes: 135 }).toFormat('h:mm'),
    ],
    parsed: [
      DateTime.fromFormat('24 Dezember 2026', 'd MMMM yyyy', { locale: 'de' }).toISODate(),
      DateTime.fromRFC2822('Tue, 01 Nov 2026 13:23:12 +0630').toUTC().toISO(),
      DateTime.fromHTTP('Sun, 06 Nov 1994 08:49:37 GMT').toMillis(),
    ],
    invalid: [
      DateTime.fromISO('2026-02-30').invalidReason,
      DateTime.fromISO('2026-02-03', { zone: 'Mars/Base' }).invalidExplanation,
    ],
    weeks: days.map((week) => week.toISODate()),
    info: [Info.months('short', { locale: 'es' }), Info.hasDST('Asia/Tokyo'), Info.weekdays('narrow')],
  };
};
