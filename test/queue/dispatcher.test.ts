import t from 'tap';
import { Dispatcher, type Giver, type Place } from '../../lib/queue/dispatcher.ts';

/** A queue with `events`, of which at most `window` may be under way. */
class Queue implements Giver {
  readonly name: string;
  readonly order: string[];
  readonly workMs: number;
  readonly window: number;
  place!: Place;
  left: number;
  open = 0;

  constructor(name: string, order: string[], events: number, workMs = 0.01, window = 10_000) {
    this.name = name;
    this.order = order;
    this.left = events;
    this.workMs = workMs;
    this.window = window;
  }

  handOut(max: number): number {
    let given = 0;
    for (; given < max && this.left > 0 && this.open < this.window; given++) {
      this.left--;
      this.open++;
      this.place.began(this.workMs);
      this.order.push(this.name);
    }
    return given;
  }

  /** Ends attempts under way. */
  end(count: number): void {
    for (; count > 0 && this.open > 0; count--) {
      this.open--;
      this.place.ended(this.workMs);
    }
    if (this.left > 0) this.place.ready();
  }
}

function join(dispatcher: Dispatcher, tenant: string, queue: Queue): Queue {
  queue.place = dispatcher.join(tenant, queue);
  queue.place.ready();
  return queue;
}

async function turns(count: number): Promise<void> {
  for (; count > 0; count--) await new Promise((resolve) => setImmediate(resolve));
}

t.test('tenants take turns, however many queues and events one of them has', async (t) => {
  const dispatcher = new Dispatcher(2);
  const order: string[] = [];
  for (let at = 0; at < 5; at++) join(dispatcher, 'big', new Queue('big', order, 2_000, 0.001));
  join(dispatcher, 'small', new Queue('small', order, 100));
  await turns(2);
  t.ok(
    order.slice(0, 192).filter((name) => name === 'small').length >= 64,
    'the small one is served in the first rounds',
  );
  await turns(40);
  t.equal(order.filter((name) => name === 'small').length, 100);
  t.equal(order.filter((name) => name === 'big').length, 10_000);
});

t.test('a queue that may not have more under way does not hold up its neighbours', async (t) => {
  const dispatcher = new Dispatcher(2);
  const order: string[] = [];
  const stuck = join(dispatcher, 'a', new Queue('stuck', order, 100, 1, 3));
  join(dispatcher, 'a', new Queue('same tenant', order, 1_000));
  join(dispatcher, 'b', new Queue('other tenant', order, 1_000));
  await turns(20);
  t.equal(order.length, 2_003, 'everybody else has had all of his turns');
  stuck.end(2);
  await turns(2);
  t.equal(order.filter((name) => name === 'stuck').length, 5, 'it goes on when there is room again');
});

t.test('with others about, a tenant has no more work under way than its share, but every queue some', async (t) => {
  const dispatcher = new Dispatcher(2);
  const order: string[] = [];
  const alone = join(dispatcher, 'a', new Queue('alone', order, 500, 10));
  await turns(5);
  t.equal(alone.open, 500, 'alone it may have everything');
  join(dispatcher, 'b', new Queue('second', order, 500, 1));
  join(dispatcher, 'b', new Queue('slow', order, 500, 1_000));
  await turns(5);
  t.equal(order.filter((name) => name === 'second').length, 50, '50 ms of work on two processors, by two tenants');
  t.equal(order.filter((name) => name === 'slow').length, 2, 'as many as can run at once');
});

t.test('nothing is waited for when nobody has anything', async (t) => {
  const dispatcher = new Dispatcher(1);
  const queue = join(dispatcher, 'a', new Queue('a', [], 0));
  await turns(3);
  t.equal(queue.place.isReady, false);
  queue.left = 1;
  queue.place.ready();
  await turns(1);
  t.equal(queue.open, 1);
});
