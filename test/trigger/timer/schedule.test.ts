import t from 'tap';
import { parseSchedule } from '../../../lib/trigger/timer/schedule.ts';

const runs = (expression: string, from: string, count: number): string[] => {
  const schedule = parseSchedule(expression);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(from); found.length < count; ) {
    at = schedule.next(at as number);
    if (at === undefined) break;
    found.push(new Date(at).toISOString());
  }
  return found;
};

t.test('cron expressions have seconds and follow UTC', (t) => {
  t.same(runs('0 0 4 * * *', '2024-05-06T07:08:09Z', 2), ['2024-05-07T04:00:00.000Z', '2024-05-08T04:00:00.000Z']);
  t.same(runs('*/20 * * * * *', '2024-05-06T07:08:09Z', 3), [
    '2024-05-06T07:08:20.000Z',
    '2024-05-06T07:08:40.000Z',
    '2024-05-06T07:09:00.000Z',
  ]);
  t.same(runs('0 30 9 ? * MON-FRI', '2024-05-10T10:00:00Z', 1), ['2024-05-13T09:30:00.000Z']);
  t.end();
});

t.test('CRON_TZ chooses a time zone, whose summer time counts', (t) => {
  t.same(runs('CRON_TZ=Asia/Shanghai 0 0 4 * * *', '2024-05-06T00:00:00Z', 1), ['2024-05-06T20:00:00.000Z']);
  t.same(runs('CRON_TZ=Europe/Berlin 0 0 12 * * *', '2024-03-30T00:00:00Z', 2), [
    '2024-03-30T11:00:00.000Z',
    '2024-03-31T10:00:00.000Z',
  ]);
  t.end();
});

t.test('@every counts from the last run', (t) => {
  t.same(runs('@every 4m', '2024-05-06T07:08:09Z', 2), ['2024-05-06T07:12:09.000Z', '2024-05-06T07:16:09.000Z']);
  t.same(runs('@every 1h30m', '2024-05-06T07:00:00Z', 1), ['2024-05-06T08:30:00.000Z']);
  t.end();
});

t.test('what is no schedule is refused with a reason', (t) => {
  const wrong: readonly [string, RegExp][] = [
    ['0 4 * * *', /6 fields/],
    ['@every', /duration/],
    ['@every 4', /duration/],
    ['@every 0s', /shortest/],
    ['@daily', /duration/],
    ['99 0 4 * * *', /./],
    ['CRON_TZ=Mars/Olympus 0 0 4 * * *', /./],
    ['0 0 0 31 2 *', /never/],
    ['', /6 fields/],
  ];
  for (const [expression, reason] of wrong) t.throws(() => parseSchedule(expression), { message: reason }, expression);
  t.end();
});
