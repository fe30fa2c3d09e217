/** Asynchronous calls: how fast events are taken in, and how fast a full queue is worked off. */
import ivm from 'isolated-vm';
import { createEngine } from '../../lib/index.ts';
import type { Rows, Suite } from '../suite.ts';
import { timeBlocks } from '../suite.ts';

const body = '(event) => ({ id: event.id })';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };

async function raw(quick: boolean): Promise<Rows> {
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const call = context.evalSync(
    `(() => { const handler = ${body}; return (text) => JSON.stringify(handler(JSON.parse(text))); })()`,
    {
      reference: true,
    },
  ) as ivm.Reference<(text: string) => string>;
  const text = JSON.stringify(event);
  const values = await timeBlocks(quick ? 1_000 : 20_000, quick ? 3 : 20, (count) => {
    for (let at = 0; at < count; at++) call.applySync(undefined, [text]);
  });
  return { 'raw applySync one by one': values };
}

async function queue(quick: boolean): Promise<Rows> {
  await using engine = await createEngine({ workers: 1 });
  await engine.createFunction({
    functionName: 'f',
    lane: 'worker',
    timeout: 60,
    code: { source: `export const handler = ${body};` },
  });
  const events = quick ? 2_000 : 50_000;
  const enqueued: number[] = [];
  const drained: number[] = [];
  for (let round = -2; round < (quick ? 2 : 10); round++) {
    const began = performance.now();
    // Accepted in one turn, so that the queue is full before the first event is taken out of it.
    const accepted: Promise<unknown>[] = [];
    for (let at = 0; at < events; at++) accepted.push(engine.invokeAsync('f', event));
    await Promise.all(accepted);
    const full = performance.now();
    await engine.whenIdle();
    if (round < 0) continue;
    enqueued.push(((full - began) * 1_000) / events);
    drained.push(((performance.now() - full) * 1_000) / events);
  }
  return { 'enqueue (invokeAsync)': enqueued, 'drain through batches': drained };
}

export const async: Suite = {
  name: 'async',
  unit: 'µs/event',
  baseline: 'raw applySync one by one',
  cases: { raw, queue },
  targets: [
    { row: 'drain through batches', against: 'raw applySync one by one', max: 0.5, says: 'at least 2x raw one by one' },
  ],
};
