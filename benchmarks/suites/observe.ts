/** What observing costs a warm call on the direct lane: with nobody listening, with an observer, with metrics, with tracing. */
import { trace } from '@opentelemetry/api';
import { createEngine, type Engine } from '../../lib/index.ts';
import { createLogs, createMetrics, createTraces } from '../../lib/observe.ts';
import { type Rows, type Suite, timeBlocks } from '../suite.ts';

const source = 'export const handler = (event) => ({ id: event.id, name: event.name, count: event.items.length });';
const event = { id: 4_711, name: 'benchmark', items: [1, 2, 3, 4] };

const measured =
  (name: string, attach: (engine: Engine) => void) =>
  async (quick: boolean): Promise<Rows> => {
    await using engine = await createEngine({ workers: 0 });
    await engine.createFunction({ functionName: 'f', lane: 'direct', code: { source } });
    await engine.invoke('f', event);
    attach(engine);
    const [calls, blocks] = quick ? [1_000, 3] : [20_000, 20];
    return {
      [name]: await timeBlocks(calls, blocks, async (count) => {
        for (let at = 0; at < count; at++) await engine.invoke('f', event);
      }),
    };
  };

export const observe: Suite = {
  name: 'observe',
  unit: 'µs',
  baseline: 'nobody listens',
  cases: {
    none: measured('nobody listens', () => undefined),
    observer: measured('an observer that does nothing', (engine) => engine.observe({ invocation: () => undefined })),
    metrics: measured('metrics', (engine) => createMetrics(engine)),
    host: measured('metrics and logs', (engine) => {
      createMetrics(engine);
      createLogs(engine);
    }),
    traces: measured('traces, to nowhere', (engine) => createTraces(engine, trace.getTracer('benchmark'))),
  },
  targets: [{ row: 'metrics', against: 'nobody listens', max: 1.1, says: 'metrics cost a warm call at most 10 %' }],
};
