import t from 'tap';
import type { Deployment } from '../../lib/deployment/deployment.ts';
import { AsyncQueue, type AsyncQueueOptions } from '../../lib/queue/async-queue.ts';

/** How many events a queue without any may have under way, by how long a call takes on average. */
function freeWhen(averageMs: number | undefined, maxInstances = 2): number {
  const pool = { averageMs, definition: { declared: { maxInstances, instanceConcurrency: 3 } } };
  let ask: () => number = () => Number.NaN;
  const queue = new AsyncQueue({
    dispatcher: { join: () => ({ ready: () => undefined }) },
    backlog: (_onReady: () => void, free: () => number) => {
      ask = free;
      return {};
    },
    target: () => ({ pool }) as unknown as Deployment,
  } as unknown as AsyncQueueOptions);
  queue.aim(1);
  return ask();
}

t.test('the quicker a function is, the more of its events are under way, in whole numbers', async (t) => {
  const windows = [0.001, 0.1, 0.2071, 0.3333, 0.5].map((averageMs) => freeWhen(averageMs));
  t.ok(windows.every(Number.isInteger), String(windows));
  t.same(
    windows,
    windows.toSorted((a, b) => b - a),
  );
  t.ok((windows[0] as number) > (windows[2] as number) && (windows[2] as number) > (windows[4] as number));
});

t.test('of a slow function as many events are under way as its instances can take', async (t) => {
  t.equal(freeWhen(5), 6);
  t.equal(freeWhen(undefined), 6, 'and of one that was not measured yet');
});
