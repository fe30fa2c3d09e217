import t from 'tap';
import { Turns } from '../../lib/outbound/turns.ts';

t.test('so many have their turn at once, the others in the order they came', async (t) => {
  const turns = new Turns(2);
  const order: number[] = [];
  const taken = Array.from({ length: 5 }, (_, at) => {
    const turn = turns.take();
    void turn.ready.then(() => order.push(at));
    return turn;
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  t.same(order, [0, 1]);
  taken[2]?.release();
  taken[1]?.release();
  await settled();
  t.same(order, [0, 1, 3], 'who leaves the line is not called');
  taken[0]?.release();
  taken[3]?.release();
  taken[4]?.release();
  await settled();
  t.same(order, [0, 1, 3, 4]);
  for (let at = 5; at < 8; at++) void turns.take().ready.then(() => order.push(at));
  await settled();
  t.same(order.slice(4), [5, 6], 'no place was lost and none was made');
});
