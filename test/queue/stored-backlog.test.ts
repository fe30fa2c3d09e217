import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import type { Group } from '../../lib/journal/database.ts';
import { InPlace } from '../../lib/journal/executor.ts';
import { Journal } from '../../lib/journal/journal.ts';
import type { AcceptedEvent } from '../../lib/outcome/accepted-event.ts';
import { Room } from '../../lib/queue/front.ts';
import { StoredBacklog, type StoredBacklogOptions } from '../../lib/queue/stored-backlog.ts';

const QUEUE = 3;

/** A backlog over a journal in memory; `again` makes another over the same journal, as after a restart. */
function make(more: Partial<StoredBacklogOptions> = {}, executor = new InPlace()) {
  const journal = new Journal(executor);
  journal.change('addQueue', QUEUE, 'f', 'LATEST');
  let ready: (() => void) | undefined;
  const options: StoredBacklogOptions = {
    journal,
    queue: QUEUE,
    stored: 0,
    storedTimed: 0,
    capacity: 16,
    maxBacklog: 1_000_000,
    room: new Room(1_000_000),
    tasks: { recall: () => t.fail('there are no tasks') as never, release: () => t.fail('there are no tasks') },
    onReady: () => ready?.(),
    ...more,
  };
  /** The next `count` events, waited for. */
  const take = async (backlog: StoredBacklog, count: number): Promise<AcceptedEvent[]> => {
    const taken: AcceptedEvent[] = [];
    while (taken.length < count) {
      const event = backlog.take();
      if (event !== undefined) taken.push(event);
      else
        await new Promise<void>((resolve) => {
          ready = resolve;
        });
    }
    return taken;
  };
  const again = async (): Promise<StoredBacklog> => {
    const [row] = await journal.ask('queues');
    const [, , , , stored, storedTimed] = row as [number, string, string, number, number, number];
    return woken({ ...options, stored, storedTimed });
  };
  return { journal, backlog: woken(options), take, again };
}

function woken(options: StoredBacklogOptions): StoredBacklog {
  const backlog = new StoredBacklog(options);
  backlog.wake();
  return backlog;
}

const publish = (backlog: StoredBacklog, no: number, delayMs = 0): Promise<void> =>
  backlog.publish(no, `"${no}"`, false, undefined, delayMs);
const nos = (events: readonly AcceptedEvent[]): number[] => events.map(({ no }) => no);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

t.test('gives more events than memory holds back in the order they came, with what they came with', async (t) => {
  const { backlog, take, journal } = make();
  await Promise.all(upTo(1_000).map((no) => publish(backlog, no)));
  t.equal(backlog.size, 1_000);
  const taken = await take(backlog, 1_000);
  t.same(nos(taken), upTo(1_000));
  t.match(taken[999], { text: '"1000"', binary: false, due: 0, failures: { functionErrors: 0, systemErrors: 0 } });
  t.equal(backlog.size, 0);
  t.equal((await journal.ask('fresh', [QUEUE, 0, 2_000])).length, 1_000, 'kept until they end');
  for (const event of taken) backlog.end(event);
  t.equal((await journal.ask('fresh', [QUEUE, 0, 2_000])).length, 0);
});

t.test('keeps the order while events come and go', async (t) => {
  const { backlog, take } = make();
  let published = 0;
  const seen: number[] = [];
  for (let round = 0; round < 200; round++) {
    const coming: Promise<void>[] = [];
    for (let count = (round * 7) % 23; count > 0; count--) coming.push(publish(backlog, ++published));
    if (round % 3 === 0) await Promise.all(coming);
    const wanted = Math.min((round * 5) % 17, published - seen.length);
    seen.push(...nos(await take(backlog, wanted)));
  }
  seen.push(...nos(await take(backlog, published - seen.length)));
  t.same(seen, upTo(published));
});

t.test('an event that is retried comes after its delay, with its failures, also after a restart', async (t) => {
  const { backlog, take, again } = make();
  await publish(backlog, 1);
  await publish(backlog, 2);
  const [first, second] = (await take(backlog, 2)) as [AcceptedEvent, AcceptedEvent];
  backlog.retry({ ...first, failures: { functionErrors: 2, systemErrors: 1 } }, 5);
  t.equal(backlog.take(), undefined, 'not before its time');
  t.match(await take(backlog, 1), [{ no: 1, text: '"1"', failures: { functionErrors: 2, systemErrors: 1 } }]);
  backlog.putBack(second);
  t.same(nos(await take(backlog, 1)), [2]);
  const restarted = await again();
  t.equal(restarted.size, 2, 'neither has ended');
  t.match(await take(restarted, 2), [
    { no: 2, failures: { functionErrors: 0, systemErrors: 0 } },
    { no: 1, failures: { functionErrors: 2, systemErrors: 1 } },
  ]);
});

t.test('more events with a time than memory holds come in the order of their times', async (t) => {
  const { backlog, take, journal, again } = make({ room: new Room(2_000) });
  const count = 3_000;
  // Their times are a mix, and some come while the journal is being read.
  await Promise.all(upTo(count).map((no) => publish(backlog, no, 1 + ((no * 7_919) % 200))));
  t.equal(backlog.size, count);
  const restarted = await again();
  t.equal(restarted.size, count);
  backlog.close();
  const taken = await take(restarted, count);
  t.same(
    nos(taken).sort((a, b) => a - b),
    upTo(count),
    'each of them once',
  );
  const late = taken.filter(({ due }, at) => at > 0 && due < (taken[at - 1] as AcceptedEvent).due - 100);
  t.same(late, [], 'none much later than its turn');
  for (const event of taken)
    restarted.retry({ ...event, failures: { functionErrors: 1, systemErrors: 0 } }, (event.no * 31) % 100);
  t.equal(restarted.size, count);
  const second = await take(restarted, count);
  t.same(
    nos(second).sort((a, b) => a - b),
    upTo(count),
    'each of them once, again',
  );
  for (const event of second) restarted.end(event);
  t.match(await journal.ask('queues'), [[QUEUE, 'f', 'LATEST', 0, 0, 0]]);
});

t.test('a clock that was set back makes nobody wait for longer than an hour', async (t) => {
  const { journal, again } = make();
  const backlog = make({ journal }).backlog;
  await publish(backlog, 1, 1);
  await wait(5);
  journal.change('retry', Date.now() + 1e12, 1, 0, 1);
  const restarted = await again();
  while (restarted.size !== 1) await wait(1);
  t.equal(restarted.take(), undefined);
  restarted.close();
});

t.test('a full backlog refuses, and so does a journal that cannot be written; nothing is counted then', async (t) => {
  class Faulty extends InPlace {
    broken = false;
    override post(group: Group): void {
      if (!this.broken) return super.post(group);
      this.onReply({ failure: { message: 'disk full', errcode: 13 }, answers: group.questions.map(() => []) });
    }
  }
  const executor = new Faulty();
  const { backlog, journal } = make({ maxBacklog: 20 }, executor);
  await Promise.all(upTo(18).map((no) => publish(backlog, no)));
  executor.broken = true;
  await t.rejects(publish(backlog, 19), { code: 'StoreFailed' });
  await t.rejects(publish(backlog, 19, 50), { code: 'StoreFailed' });
  t.equal(backlog.size, 18);
  executor.broken = false;
  await publish(backlog, 19);
  await publish(backlog, 20);
  t.throws(() => publish(backlog, 21), { code: 'ResourceExhausted', message: /maxBacklog/, retryAfterMs: 1_000 });
  t.ok(backlog.hasReady);
  executor.broken = true;
  backlog.end(backlog.take() as AcceptedEvent);
  await journal.ask('facts');
  t.notOk(backlog.hasReady, 'no work is begun whose end could not be written down');
  await journal.close();
});

t.test('a journal that cannot be written and is closed tries no more, also when a try is due just then', async (t) => {
  let posts = 0;
  class Broken extends InPlace {
    override post(group: Group): void {
      posts++;
      this.onReply({ failure: { message: 'disk full', errcode: 13 }, answers: group.questions.map(() => []) });
    }
  }
  const journal = new Journal(new Broken());
  journal.change('addQueue', QUEUE, 'f', 'LATEST');
  await journal.ask('facts');
  const closing = journal.close();
  // Until the next try is due, which comes before what was asked for last.
  for (const until = performance.now() + 300; performance.now() < until; );
  await closing;
  const before = posts;
  await wait(500);
  t.equal(posts, before);
});

t.test('drain gives everything that waits, in memory or not, once', async (t) => {
  const { backlog, take } = make();
  await Promise.all(upTo(100).map((no) => publish(backlog, no, no % 10 === 0 ? 60_000 : 0)));
  await take(backlog, 5);
  const late = publish(backlog, 101);
  const drained: number[] = [];
  for await (const events of backlog.drain()) drained.push(...nos(events));
  await late;
  t.same(
    drained.sort((a, b) => a - b),
    upTo(101).slice(5),
  );
  t.equal(backlog.size, 0);
  t.throws(() => publish(backlog, 102), { code: 'ResourceExhausted' });
});
