import t from 'tap';
import type { Group } from '../../lib/journal/database.ts';
import { InPlace } from '../../lib/journal/executor.ts';
import { Journal } from '../../lib/journal/journal.ts';
import { Room } from '../../lib/queue/front.ts';
import { StoredBacklog } from '../../lib/queue/stored-backlog.ts';

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) / 0x1_000_000) * below);
  };
}

/** Answers some turns later, and fails now and then. */
class Slow extends InPlace {
  readonly #random: (below: number) => number;

  constructor(random: (below: number) => number) {
    super();
    this.#random = random;
  }

  override post(group: Group): void {
    const wait = (turns: number): void => {
      if (turns > 0) return void setImmediate(() => wait(turns - 1));
      if (this.#random(150) > 0) return super.post(group);
      this.onReply({ failure: { message: 'no', errcode: 10 }, answers: [] });
    };
    wait(this.#random(4));
  }
}

const SEEDS = Number(process.env.SEEDS ?? 8);

/** Publishes, takes, retries, puts back and ends events at random, until each has ended. */
async function run(seed: number): Promise<string | undefined> {
  const random = randomFrom(seed);
  const journal = new Journal(new Slow(random));
  let ready: () => void = () => undefined;
  const backlog = new StoredBacklog({
    journal,
    queue: 1,
    stored: 0,
    storedTimed: 0,
    capacity: 4 << random(5),
    maxBacklog: 1_000_000,
    room: new Room(random(2) === 0 ? 300 : 1_000_000),
    tasks: { recall: () => t.fail('no tasks') as never, release: () => undefined },
    onReady: () => ready(),
  });
  backlog.wake();
  const count = 200;
  const open = new Set<number>();
  const accepted = new Set<number>();
  let ended = 0;
  let settled = 0;
  const publish = (no: number): Promise<void> =>
    new Promise<void>((resolve) => {
      const delay = random(3) === 0 ? random(6) : 0;
      try {
        const kept = backlog.publish(no, `"${no}"`, false, undefined, delay);
        void kept
          ?.then(
            () => accepted.add(no),
            () => undefined,
          )
          .finally(() => {
            settled++;
            ready();
          });
      } catch {
        settled++;
      }
      resolve();
    });
  let no = 0;
  const until = performance.now() + 20_000;
  while (settled < count || ended < accepted.size) {
    for (let burst = random(30); burst > 0 && no < count; burst--) await publish(++no);
    for (let left = random(12); left > 0; left--) {
      const event = backlog.take();
      if (event === undefined) break;
      if (open.has(event.no)) return `seed ${seed}: ${event.no} was handed out twice`;
      open.add(event.no);
      const taken = event;
      setTimeout(() => {
        open.delete(taken.no);
        const { functionErrors } = taken.failures;
        const failures = { functionErrors: functionErrors + 1, systemErrors: 0 };
        if (functionErrors < 3 && random(3) === 0) backlog.retry({ ...taken, failures }, random(8));
        else if (random(10) === 0) backlog.putBack(taken);
        else {
          backlog.end(taken);
          ended++;
        }
        ready();
      }, random(4));
    }
    if (performance.now() > until) {
      return `seed ${seed}: ${accepted.size - ended} of ${accepted.size} never came; size ${backlog.size}`;
    }
    await Promise.race([
      new Promise<void>((resolve) => {
        ready = resolve;
      }),
      new Promise((resolve) => setTimeout(resolve, 5)),
    ]);
  }
  const size = backlog.size;
  backlog.close();
  await journal.close();
  return size === 0 ? undefined : `seed ${seed}: nothing is left, but it says ${size}`;
}

t.test('whatever happens in whatever order, every event comes, and none twice at once', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const problem = await run(seed);
    if (problem !== undefined) t.fail(problem);
  }
  t.pass(`${SEEDS} seeds`);
});
