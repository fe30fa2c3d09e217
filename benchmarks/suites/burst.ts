/** From nothing to 500 calls of one function at once: how long they take, and how many wait for a start. */
import { createEngine, type FunctionConfig, type InvokeStatus } from '../../lib/index.ts';
import { count } from '../rig/distribution.ts';
import type { Rows, Suite } from '../suite.ts';

/** Each call holds its instance for a while, so that calls at once need instances of their own. */
const HOLD_MS = 20;
const source = `const table = Array.from({ length: 1_000 }, (_, at) => at * 2);
export const handler = (ms) => new Promise((resolve) => setTimeout(resolve, ms, table[ms]));`;

const burst =
  (name: string, declared: Partial<FunctionConfig>, provisioned: number) =>
  async (quick: boolean): Promise<Rows> => {
    const calls = quick ? 50 : 500;
    const kept = Math.round((provisioned * calls) / 500);
    const latencies: Record<string, number> = {};
    const cold: number[] = [];
    for (let round = 0; round < (quick ? 2 : 5); round++) {
      await using engine = await createEngine({ workers: 2, memoryBudgetMB: 8_000 });
      await engine.createFunction({
        functionName: 'f',
        lane: 'worker',
        maxInstances: calls,
        timeout: 120,
        code: { source },
        ...declared,
      });
      await engine.putProvisionConfig('f', { defaultTarget: kept });
      while (engine.getProvisionConfig('f').current < kept) await new Promise((resolve) => setTimeout(resolve, 20));
      let colds = 0;
      const one = async (): Promise<void> => {
        const status: InvokeStatus = {};
        const began = performance.now();
        await engine.invoke('f', HOLD_MS, { status });
        count(latencies, performance.now() - began);
        if (status.coldStart === true) colds++;
      };
      await Promise.all(Array.from({ length: calls }, one));
      cold.push((colds / calls) * 100);
    }
    return { [name]: { counts: latencies }, [`${name}: cold`]: cold };
  };

export const burstSuite: Suite = {
  name: 'burst',
  unit: 'ms',
  unitOf: (row) => (row.endsWith(': cold') ? '%' : undefined),
  baseline: '',
  baselines: { '500 provisioned': 'on demand', '100 provisioned': 'on demand', '10 calls an instance': 'on demand' },
  cases: {
    'on-demand': burst('on demand', {}, 0),
    'some-provisioned': burst('100 provisioned', {}, 100),
    'all-provisioned': burst('500 provisioned', {}, 500),
    concurrency: burst('10 calls an instance', { instanceConcurrency: 10 }, 0),
  },
  targets: [{ row: '500 provisioned: cold', max: 0, says: 'no cold start up to the provisioned instances' }],
  onRequest: true,
};

export { burstSuite as burst };
