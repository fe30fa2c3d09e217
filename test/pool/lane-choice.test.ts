import t from 'tap';
import { LaneChoice } from '../../lib/pool/lane-choice.ts';

const feed = (choice: LaneChoice, ms: number, times: number): void => {
  for (let count = 0; count < times; count++) choice.observe(ms);
};

t.test('a function starts on a worker and comes to the calling thread when it showed that it is quick', (t) => {
  const choice = new LaneChoice('auto', 'worker');
  t.equal(choice.lane, 'worker');
  feed(choice, 0.01, 2);
  t.equal(choice.lane, 'worker', 'two calls show nothing yet');
  feed(choice, 0.01, 1);
  t.equal(choice.lane, 'direct');
  t.end();
});

t.test('a slow function stays on workers, and one that became slow goes back', (t) => {
  const slow = new LaneChoice('auto', 'worker');
  feed(slow, 20, 100);
  t.equal(slow.lane, 'worker');
  const turned = new LaneChoice('auto', 'worker');
  feed(turned, 0.01, 3);
  feed(turned, 5, 10);
  t.equal(turned.lane, 'worker');
  t.end();
});

t.test('one missed deadline on the calling thread sends a function to workers for good', (t) => {
  const choice = new LaneChoice('auto', 'worker');
  feed(choice, 0.01, 3);
  t.ok(choice.offend());
  t.equal(choice.lane, 'worker');
  feed(choice, 0.01, 1_000);
  t.equal(choice.lane, 'worker');
  t.end();
});

t.test('a declared lane is kept, and without threads there is only the calling thread', (t) => {
  const worker = new LaneChoice('worker', 'worker');
  feed(worker, 0.001, 100);
  t.equal(worker.lane, 'worker');
  const direct = new LaneChoice('direct', 'worker');
  feed(direct, 500, 100);
  t.equal(direct.lane, 'direct');
  t.equal(new LaneChoice('auto', undefined).lane, 'direct');
  t.equal(new LaneChoice('worker', undefined).lane, 'direct');
  t.end();
});
