/** Small deciders of the pool: no clock, no instances. */
import t from 'tap';
import { ColdStarts, reasonOf } from '../../lib/pool/cold-starts.ts';
import { Demand } from '../../lib/pool/demand.ts';
import { provisionedWanted, startsWanted } from '../../lib/pool/scaling.ts';
import { StartRate } from '../../lib/pool/start-rate.ts';
import { Activity, worth } from '../../lib/pool/worth.ts';
import type { ColdStartStages } from '../../lib/types.ts';

t.test('as many starts as calls wait for, as a place can work on, and as the function may have', (t) => {
  const facts = { waiting: 10, starting: 0, startsAtOnce: 4, concurrency: 1, room: 100, spares: 0 };
  t.equal(startsWanted(facts), 4);
  t.equal(startsWanted({ ...facts, starting: 3 }), 1);
  t.equal(startsWanted({ ...facts, starting: 9 }), 0);
  t.equal(startsWanted({ ...facts, waiting: 2 }), 2);
  t.equal(startsWanted({ ...facts, concurrency: 5 }), 2);
  t.equal(startsWanted({ ...facts, room: 1 }), 1);
  t.equal(startsWanted({ ...facts, room: 0, spares: 2 }), 2, 'a spare takes no room');
  t.equal(startsWanted({ ...facts, waiting: 0 }), 0);
  t.end();
});

t.test('missing provisioned instances are started, too many released, those on the way counted', (t) => {
  t.equal(provisionedWanted(3, 1, 1), 1);
  t.equal(provisionedWanted(3, 3, 0), 0);
  t.equal(provisionedWanted(1, 3, 0), -2);
  t.equal(provisionedWanted(3, 2, 2), 0, 'what is on the way is looked at when it is there');
  t.end();
});

t.test('a burst may start at once, then so many a minute', (t) => {
  const rate = new StartRate(3, 60);
  t.same(
    [1, 2, 3, 4].map(() => rate.take(0)),
    [true, true, true, false],
  );
  t.equal(rate.waitMs(0), 1_000);
  t.equal(rate.waitMs(400), 600);
  t.same([rate.take(1_000), rate.take(1_000)], [true, false]);
  t.equal(rate.take(500), false, 'a clock that goes back gives nothing');
  t.same(
    [1, 2, 3, 4].map(() => rate.take(1e9)),
    [true, true, true, false],
    'no more than a burst is saved up',
  );
  t.end();
});

t.test('spares are what was missing lately, and fewer as time goes by', (t) => {
  const demand = new Demand();
  t.equal(demand.wanted(0), 0);
  demand.note(4, 1_000);
  t.equal(demand.wanted(1_000), 4);
  demand.note(1, 2_000);
  t.ok(demand.wanted(2_000) >= 3, 'a small burst does not make the large one forgotten');
  t.equal(demand.wanted(7_000), 2);
  t.equal(demand.wanted(60_000), 0);
  demand.note(500, 60_000);
  t.equal(demand.wanted(60_000), 8, 'they have a limit');
  t.end();
});

t.test('what is called often and slow to start is worth most, and the second idle one less than the first', (t) => {
  const facts = { activity: 10, startMs: 5, bytes: 2_000_000, before: 0 };
  t.ok(worth({ ...facts, activity: 20 }) > worth(facts));
  t.ok(worth({ ...facts, startMs: 50 }) > worth(facts));
  t.ok(worth({ ...facts, bytes: 20_000_000 }) < worth(facts));
  t.ok(worth({ ...facts, before: 1 }) < worth(facts));
  const activity = new Activity();
  for (let at = 0; at < 10; at++) activity.note(at * 1_000);
  t.ok(activity.at(10_000) > 9 && activity.at(10_000) < 10);
  t.ok(Math.abs(activity.at(130_000) / activity.at(10_000) - 0.5) < 1e-9, 'it halves in two minutes');
  t.end();
});

t.test('a cold start has a reason', (t) => {
  const facts = { serving: 0, elsewhere: 0, lastEnd: undefined };
  t.equal(reasonOf(facts), 'first');
  t.equal(reasonOf({ ...facts, serving: 2 }), 'busy');
  t.equal(reasonOf({ ...facts, elsewhere: 1 }), 'moved');
  for (const how of ['idle', 'evicted', 'released', 'lost'] as const) {
    t.equal(reasonOf({ ...facts, lastEnd: { how } }), how);
  }
  t.end();
});

t.test('the last cold starts are kept, newest first, and all are counted', (t) => {
  const stages = {} as ColdStartStages;
  const starts = new ColdStarts();
  for (let at = 0; at < 60; at++) {
    starts.note({ at, versionId: 'LATEST', lane: 'worker', reason: at === 0 ? 'first' : 'busy', stages });
  }
  t.equal(starts.count, 60);
  t.same(starts.byReason, { first: 1, busy: 59 });
  t.same(
    starts.last(3).map(({ at }) => at),
    [59, 58, 57],
  );
  t.equal(starts.last(1_000).length, 50);
  t.end();
});
