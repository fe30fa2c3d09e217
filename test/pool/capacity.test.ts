import t from 'tap';
import type { Instance } from '../../lib/instance/instance.ts';
import { Capacity, type Claimant, type Offer } from '../../lib/pool/capacity.ts';

const MB = 1_000_000;
const make = (bytes: number): Instance => ({ bytes: bytes * MB }) as Instance;

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
