import t from 'tap';
import type { Instance } from '../../lib/instance/instance.ts';
import { Capacity, type Claimant } from '../../lib/pool/capacity.ts';
import type { Offer } from '../../lib/pool/eviction.ts';

const MB = 1_000_000;
const make = (bytes: number): Instance =>
  ({ bytes: bytes * MB, openCount: 0, provisioned: false, idleSweeps: 0 }) as Instance;

/** A pool whose idle instances are worth what they hold. */
class Fake implements Claimant {
  readonly capacity: Capacity;
  readonly instances: Instance[] = [];
  idle: Instance[] = [];
  evicted = 0;
  retries = 0;

  constructor(capacity: Capacity) {
    this.capacity = capacity;
    capacity.open(this);
  }

  start(mb: number): boolean {
    if (!this.capacity.admit(this, mb * MB)) return false;
    const instance = make(mb);
    this.instances.push(instance);
    this.capacity.settled(mb * MB, instance);
    return true;
  }

  *offers(): IterableIterator<Offer> {
    for (const instance of this.idle) yield { instance, worth: instance.bytes };
  }

  evict(instance: Instance): void {
    this.evicted++;
    this.idle = this.idle.filter((kept) => kept !== instance);
    this.capacity.remove(instance);
  }

  retry(): void {
    this.retries++;
  }
}

const options = { memoryBytes: 10 * MB, maxInstances: 100, startBurst: 1_000, startsPerMinute: 1_000 };

t.test('idle instances make room, those worth least first, and only as many as needed', (t) => {
  const capacity = new Capacity(options);
  const [a, b] = [new Fake(capacity), new Fake(capacity)];
  t.ok(a.start(4) && a.start(2) && a.start(3));
  a.idle = [...a.instances];
  t.ok(b.start(2));
  t.equal(a.evicted, 1);
  t.equal(capacity.usedBytes, 9 * MB, 'the one of 2 MB went');
  t.equal(capacity.evictions, 1);
  t.end();
});

t.test('an order that was found is used up before all are looked at again, without those called meanwhile', (t) => {
  const capacity = new Capacity({ ...options, memoryBytes: 100 * MB });
  const [a, b] = [new Fake(capacity), new Fake(capacity)];
  for (let at = 0; at < 10; at++) a.start(10);
  a.idle = [...a.instances];
  for (const [at, instance] of a.idle.entries()) Object.assign(instance, { idleSweeps: 3, bytes: 10 * MB + at });
  let looks = 0;
  const { idle } = a;
  a.offers = () => {
    looks++;
    return idle.map((instance) => ({ instance, worth: instance.bytes })).values();
  };
  t.ok(b.start(1));
  const gone = idle.filter((instance) => !a.idle.includes(instance));
  t.same(gone, [idle[0]], 'the one worth least');
  Object.assign(idle[1] as Instance, { idleSweeps: 0 });
  t.ok(b.start(10));
  t.ok(a.idle.includes(idle[1] as Instance), 'it was called since');
  t.notOk(a.idle.includes(idle[2] as Instance));
  t.equal(looks, 1);
  t.end();
});

t.test('when all are busy a start waits, and is asked again when one is idle or gone', async (t) => {
  const capacity = new Capacity(options);
  const [a, b] = [new Fake(capacity), new Fake(capacity)];
  t.ok(a.start(9));
  t.notOk(b.start(2));
  t.equal(capacity.waitingCount, 1);
  a.idle = [...a.instances];
  capacity.idle();
  await new Promise(setImmediate);
  t.equal(b.retries, 1);
  t.ok(b.start(2));
  t.equal(a.evicted, 1);
  t.notOk(a.start(9));
  capacity.remove(b.instances[0] as Instance);
  await new Promise(setImmediate);
  t.equal(a.retries, 1);
});

t.test('while there is no room only one of those that wait asks again, and each has its turn', async (t) => {
  const capacity = new Capacity(options);
  const [a, b, c] = [new Fake(capacity), new Fake(capacity), new Fake(capacity)];
  t.ok(a.start(10));
  t.notOk(b.start(2) || c.start(2));
  let looks = 0;
  a.offers = () => {
    looks++;
    return [].values();
  };
  for (const waits of [b, c]) {
    waits.retry = () => {
      waits.retries++;
      waits.start(2);
    };
  }
  for (let turn = 0; turn < 4; turn++) {
    capacity.idle();
    await new Promise(setImmediate);
  }
  t.same([b.retries, c.retries], [2, 2]);
  t.equal(capacity.waitingCount, 2);
  t.equal(looks, 4);
  capacity.remove(a.instances[0] as Instance);
  await new Promise(setImmediate);
  t.same([b.instances.length, c.instances.length], [1, 1]);
});

t.test('one instance may always start, and what is on the way counts', (t) => {
  const capacity = new Capacity(options);
  const a = new Fake(capacity);
  t.ok(capacity.admit(a, 20 * MB), 'larger than all memory');
  t.notOk(capacity.admit(a, 1 * MB));
  capacity.settled(20 * MB, undefined);
  t.ok(capacity.admit(a, 6 * MB));
  t.notOk(capacity.admit(a, 6 * MB));
  t.notOk(capacity.admitSpare(6 * MB));
  t.notOk(capacity.admitSpare(1 * MB), 'others wait');
  t.end();
});

t.test('the number of instances has a limit of its own', (t) => {
  const capacity = new Capacity({ ...options, maxInstances: 2 });
  const a = new Fake(capacity);
  t.ok(a.start(1) && a.start(1));
  t.notOk(a.start(1));
  a.idle = [a.instances[0] as Instance];
  capacity.idle();
  t.ok(a.start(1));
  t.equal(a.evicted, 1);
  t.end();
});

t.test('beyond a burst starts wait for their turn', async (t) => {
  const capacity = new Capacity({ ...options, startBurst: 2, startsPerMinute: 60_000 });
  const a = new Fake(capacity);
  t.ok(capacity.admit(a, 1) && capacity.admit(a, 1));
  while (capacity.admit(a, 1));
  const keepAlive = setInterval(() => undefined, 1_000);
  while (a.retries === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  clearInterval(keepAlive);
  t.ok(capacity.admit(a, 1));
  capacity.stop();
});

t.test('an instance that grows pushes idle ones out', (t) => {
  const capacity = new Capacity(options);
  const a = new Fake(capacity);
  t.ok(a.start(3) && a.start(3));
  const [grown, idle] = a.instances as [Instance & { bytes: number }, Instance];
  a.idle = [idle];
  grown.bytes = 8 * MB;
  capacity.refresh(grown);
  t.equal(a.evicted, 1);
  t.equal(capacity.usedBytes, 8 * MB);
  capacity.remove(grown);
  capacity.remove(grown);
  t.equal(capacity.usedBytes, 0);
  t.end();
});
