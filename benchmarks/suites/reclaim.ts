/** What of the memory a load took comes back when it is over: resident memory before, at the height, and after the idle timeout. */
import { createEngine, type LaneSetting } from '../../lib/index.ts';
import { PAGES_BACK_MS, residentMB, settledMB } from '../rig/memory.ts';
import type { Rows, Suite } from '../suite.ts';

const source = `let kept = [];
export const handler = async (mb) => {
  kept = Array.from({ length: mb * 10 }, (_, at) => Array.from({ length: 5_000 }, (_, no) => ({ at: at + no * 0.5 })).map(({ at }) => at));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return kept.length;
};`;

const load =
  (lane: LaneSetting) =>
  async (quick: boolean): Promise<Rows> => {
    const instances = quick ? 10 : 100;
    await using engine = await createEngine({ workers: 2, memoryBudgetMB: 8_000 });
    const empty = (): boolean => engine.stats('f').functions.every((one) => one.instances === 0);
    await engine.createFunction({
      functionName: 'f',
      lane,
      code: { source },
      maxInstances: instances,
      idleTimeout: 0.5,
      timeout: 120,
    });
    const rows = { before: [] as number[], height: [] as number[], after: [] as number[], ratio: [] as number[] };
    let first = 0;
    // The first load brings what stays for good (threads, code of the engine, arenas of the allocator): told by itself.
    for (let round = -1; round < (quick ? 1 : 3); round++) {
      const before = await settledMB();
      let height = 0;
      const watch = setInterval(() => {
        height = Math.max(height, residentMB());
      }, 10);
      for (let wave = 0; wave < 3; wave++) {
        await Promise.all(Array.from({ length: instances }, () => engine.invoke('f', 4)));
      }
      clearInterval(watch);
      while (!empty()) await new Promise((resolve) => setTimeout(resolve, 50));
      await new Promise((resolve) => setTimeout(resolve, PAGES_BACK_MS));
      const after = await settledMB();
      if (round < 0) first = after / before;
      if (round < 0) continue;
      rows.before.push(before);
      rows.height.push(height);
      rows.after.push(after);
      rows.ratio.push(after / before);
    }
    return {
      [`${lane}: before`]: rows.before,
      [`${lane}: at the height`]: rows.height,
      [`${lane}: after`]: rows.after,
      [`${lane}: after / before`]: rows.ratio,
      [`${lane}: first load, after / before`]: [first],
    };
  };

export const reclaim: Suite = {
  name: 'reclaim',
  unit: 'MB',
  unitOf: (row) => (row.endsWith('after / before') ? 'x' : undefined),
  baseline: '',
  cases: { direct: load('direct'), worker: load('worker') },
  targets: [
    { row: 'direct: after / before', max: 1.2, says: 'within 20% of before' },
    { row: 'direct: first load, after / before', max: 1.2, says: 'within 20% of before, the first time too' },
    { row: 'worker: after / before', max: 1.2, says: 'within 20% of before' },
  ],
  onRequest: true,
};
