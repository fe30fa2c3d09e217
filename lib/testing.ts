/** The second door: helpers for the tests of people who build on Isopod. */
import { createEngine, type Engine } from './engine.ts';
import type { FunctionConfig } from './types.ts';

/**
 * Runs `use` with a small engine (one worker thread, no data folder) and closes it whatever happens. Functions given
 * are created first.
 *
 * @example
 * await withEngine([{ functionName: 'greet', code: { dir: './greet' } }], async (engine) => {
 *   assert.equal(await engine.invoke('greet', { name: 'Ada' }), 'Hello, Ada');
 * });
 */
export async function withEngine<T>(
  functions: readonly FunctionConfig[],
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await createEngine({ workers: 1 });
  try {
    for (const config of functions) await engine.createFunction(config);
    return await use(engine);
  } finally {
    await engine.close();
  }
}
