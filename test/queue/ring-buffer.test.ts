import t from 'tap';
import { FLAG_BINARY } from '../../lib/journal/statements.ts';
import { RingBuffer } from '../../lib/queue/ring-buffer.ts';

t.test('gives events back in the order they came, with everything they came with', (t) => {
  const ring = new RingBuffer<string>(4);
  t.ok(ring.offer('"a"', 1, 10, 0, undefined));
  t.ok(ring.offer('b', 2, 20, FLAG_BINARY, 'task'));
  t.ok(ring.take());
  t.match({ ...pick(ring) }, { text: '"a"', no: 1, acceptedAt: 10, flags: 0, tag: undefined });
  t.ok(ring.take());
  t.match({ ...pick(ring) }, { text: 'b', no: 2, acceptedAt: 20, flags: FLAG_BINARY, tag: 'task' });
  t.notOk(ring.take(), 'an empty ring gives nothing');
  t.end();
});

t.test('rounds its capacity up to a power of two and refuses the event after the last slot', (t) => {
  const ring = new RingBuffer<undefined>(5);
  t.equal(ring.capacity, 8);
  for (let no = 0; no < 8; no++) t.ok(ring.offer('', no, 0, 0, undefined));
  t.notOk(ring.offer('', 8, 0, 0, undefined), 'full');
  ring.take();
  t.ok(ring.offer('', 9, 0, 0, undefined), 'a taken slot is free again');
  t.equal(ring.size, 8);
  t.end();
});

t.test('keeps the order while it grows in the middle of a lap', (t) => {
  const ring = new RingBuffer<undefined>(1 << 14);
  let next = 0;
  let expected = 0;
  const random = mulberry(20_261_123);
  for (let round = 0; round < 2_000; round++) {
    for (let count = random() * 24; count > 0; count--) if (ring.offer(`e${next}`, next, 0, 0, undefined)) next++;
    for (let count = random() * 16; count > 0 && ring.take(); count--) {
      if (ring.no !== expected || ring.text !== `e${expected}`)
        t.fail(`seed 20261123: ${ring.no} came instead of ${expected}`);
      expected++;
    }
  }
  while (ring.take()) if (ring.no !== expected++) t.fail('seed 20261123: out of order at the end');
  t.equal(expected, next, 'nothing was lost');
  t.ok(next > 10_000);
  t.end();
});

function pick<T>(ring: RingBuffer<T>) {
  const { text, no, acceptedAt, flags, tag } = ring;
  return { text, no, acceptedAt, flags, tag };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
