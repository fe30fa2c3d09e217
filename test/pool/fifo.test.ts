import t from 'tap';
import type { Call } from '../../lib/instance/call.ts';
import { Fifo } from '../../lib/pool/fifo.ts';

const call = (no: number): Call => ({ no, done: false }) as Call;

t.test('calls leave in the order they came, calls put back go first', (t) => {
  const fifo = new Fifo();
  for (const no of [1, 2, 3]) fifo.push(call(no));
  t.equal(fifo.shift()?.no, 1);
  fifo.unshift([call(10), call(11)]);
  t.same(
    [...fifo].map(({ no }) => no),
    [10, 11, 2, 3],
  );
  t.same(
    [fifo.shift()?.no, fifo.shift()?.no, fifo.shift()?.no, fifo.shift()?.no, fifo.shift()],
    [10, 11, 2, 3, undefined],
  );
  t.equal(fifo.size, 0);
  t.end();
});

t.test('a call given up is skipped and does not count', (t) => {
  const fifo = new Fifo();
  const given = call(1);
  fifo.push(given);
  fifo.push(call(2));
  given.done = true;
  fifo.forget();
  t.equal(fifo.size, 1);
  t.equal(fifo.shift()?.no, 2);
  t.equal(fifo.size, 0);
  t.end();
});

t.test('a hundred thousand calls pass without growing it', (t) => {
  const fifo = new Fifo();
  let expected = 0;
  for (let no = 0; no < 100_000; no++) {
    fifo.push(call(no));
    if (no % 3 === 2) {
      if (fifo.shift()?.no !== expected++) t.fail('out of order');
    }
  }
  while (fifo.size > 0) if (fifo.shift()?.no !== expected++) t.fail('out of order');
  t.equal(expected, 100_000);
  t.end();
});
