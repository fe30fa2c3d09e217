import t from 'tap';
import { type Crew, type PlacementFacts, place } from '../../lib/pool/placement.ts';

interface Fake {
  readonly openCount: number;
}

const instance = (openCount: number): Fake => ({ openCount });
const facts: PlacementFacts = {
  concurrency: 1,
  serviceMs: undefined,
  startMs: 5,
  mayStart: true,
  queues: true,
  queued: false,
};

/** `busy[0]` was given a call last. */
const crew = (busy: readonly Fake[], idle?: Fake): Crew<Fake> => ({ busy, latest: busy[0], idle });

t.test('an idle instance takes the call before a busy one', (t) => {
  const idle = instance(0);
  t.equal(place(crew([instance(1)], idle), facts), idle);
  t.end();
});

t.test('an instance that allows more calls at once takes them, the least busy first', (t) => {
  const least = instance(1);
  t.equal(place(crew([instance(2), least]), { ...facts, concurrency: 3 }), least);
  t.end();
});

t.test('a call queues up behind others only when that is sooner over than a start', (t) => {
  const busy = instance(10);
  t.equal(place(crew([busy]), { ...facts, serviceMs: 0.1 }), busy, '10 calls of 0.1 ms are over in 1 ms');
  t.equal(place(crew([instance(100)]), { ...facts, serviceMs: 0.1 }), 'start', '10 ms are longer than a start');
  t.equal(place(crew([instance(1)]), { ...facts, serviceMs: 3 }), 'start', 'a call of 3 ms is not quick');
  t.equal(place(crew([instance(1)]), facts), 'start', 'nothing is known yet');
  t.equal(place(crew([busy]), { ...facts, serviceMs: 0.1, queues: false }), 'start', 'this lane cannot queue');
  t.end();
});

t.test('quick calls gather in one instance while that is over at once, and spread when it is not', (t) => {
  const gathering = instance(10);
  const idle = instance(0);
  t.equal(place(crew([gathering], idle), { ...facts, serviceMs: 0.001 }), gathering);
  t.equal(place(crew([instance(1_000)], idle), { ...facts, serviceMs: 0.001 }), idle);
  t.equal(place(crew([gathering], idle), { ...facts, serviceMs: 0.1 }), idle);
  t.equal(place(crew([gathering], idle), { ...facts, serviceMs: 0.1, queued: true }), gathering, 'nobody waits for it');
  t.end();
});

t.test('with no more instances allowed, quick calls queue up and others wait', (t) => {
  const busy = instance(100);
  t.equal(place(crew([busy]), { ...facts, serviceMs: 0.1, mayStart: false }), busy);
  t.equal(place(crew([instance(4_096)]), { ...facts, serviceMs: 0.1, mayStart: false }), 'wait');
  t.equal(place(crew([instance(1)]), { ...facts, mayStart: false }), 'wait');
  t.equal(place(crew([]), { ...facts, mayStart: false }), 'wait');
  t.end();
});
