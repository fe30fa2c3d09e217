import t from 'tap';
import { Schedule } from '../../lib/queue/schedule.ts';

t.test('items come due by time, those of one time by their order', async (t) => {
  const came: number[] = [];
  const all = new Promise<void>((resolve) => {
    const schedule = new Schedule<number>((item) => {
      came.push(item);
      if (came.length === 5) resolve();
    });
    const now = Date.now();
    schedule.add(5, now + 30, 1);
    schedule.add(1, now + 5, 2);
    schedule.add(4, now + 20, 9);
    schedule.add(2, now + 10, 4);
    schedule.add(3, now + 20, 3);
  });
  await all;
  t.same(came, [1, 2, 3, 4, 5]);
});

t.test('clear hands back what is left, earliest first, and nothing comes due after it', (t) => {
  const schedule = new Schedule<string>(() => t.fail('nothing may come due'));
  const now = Date.now();
  schedule.add('late', now + 2_000, 1);
  schedule.add('soon', now + 1_000, 2);
  t.equal(schedule.size, 2);
  t.same(schedule.clear(), ['soon', 'late']);
  t.equal(schedule.size, 0);
  t.end();
});

t.test('keepEarliest keeps those that come first, and says which comes last', (t) => {
  const schedule = new Schedule<number>(() => t.fail('nothing may come due'));
  const now = Date.now() + 10_000;
  for (let item = 0; item < 100; item++) schedule.add(item, now + ((item * 37) % 50), item);
  const dropped = schedule.keepEarliest(60);
  t.equal(dropped.length, 40);
  t.equal(schedule.size, 60);
  const latest = schedule.latest;
  const kept = schedule.clear();
  t.equal(latest, kept.at(-1));
  const timeOf = (item: number): number => (item * 37) % 50;
  t.ok(dropped.every((item) => timeOf(item) >= timeOf(latest as number)));
  t.end();
});
