/** Calls of one turn cross together, but not more of them than an isolate has room for. */
import t from 'tap';
import { createEngine, type FunctionConfig } from '../../lib/index.ts';

const places: Record<string, Pick<FunctionConfig, 'lane' | 'isolation'>> = {
  worker: { lane: 'worker' },
  process: { isolation: 'process' },
};

for (const [name, place] of Object.entries(places)) {
  t.test(`${name}: calls with large events made in one turn do not run their function out of memory`, async (t) => {
    await using engine = await createEngine({ workers: 1 });
    await engine.createFunction({
      functionName: 'f',
      timeout: 120,
      memorySize: 32,
      maxInstances: 1,
      code: { source: 'export const handler = (event) => ({ rows: event.rows.length, event });' },
      ...place,
    });
    // Proven harmless, so that its calls are gathered.
    for (let at = 0; at < 80; at++) await engine.invoke('f', { rows: [] });
    const rows = Array.from({ length: 3_000 }, (_, id) => ({ id, name: `row ${id}`, text: 'x'.repeat(100) }));
    const answers = (await Promise.all(Array.from({ length: 60 }, () => engine.invoke('f', { rows })))) as {
      rows: number;
    }[];
    t.equal(answers.length, 60);
    t.ok(answers.every((answer) => answer.rows === 3_000));
  });
}
