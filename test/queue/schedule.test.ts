import t from 'tap';
import { Schedule } from '../../lib/queue/schedule.ts';

t.test('items come due by time, those of one time in the order they were added', async (t) => {
  const came: number[] = [];
  const all = new Promise<void>((resolve) => {
    const schedule = new Schedule<number>((item) => {
      came.push(item);
      if (came.length === 5) resolve();
    });
    schedule.add(4, 30);
    schedule.add(1, 5);
    schedule.add(5, 40);
    schedule.add(2, 10);
    schedule.add(3, 20);
  });
  await all;
  t.same(came, [1, 2, 3, 4, 5]);
});

t.test('clear hands back what is left, earliest first, and nothing comes due after it', (t) => {
  const schedule = new Schedule<string>(() => t.fail('nothing may come due'));
  schedule.add('late', 2_000);
  schedule.add('soon', 1_000);
  t.equal(schedule.size, 2);
  t.same(schedule.clear(), ['soon', 'late']);
  t.equal(schedule.size, 0);
  t.end();
});
