/** The second door: helpers for the tests of people who build on Isopod. */
import { createEngine, type Engine } from './engine.ts';
import type { FunctionLogLine, InvocationFacts } from './observe/facts.ts';
import type { EngineOptions } from './options.ts';
import type { AsyncOutcome, FunctionConfig } from './types.ts';

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

/** An engine of its own for a test: in memory, on this thread, so that it starts in milliseconds. Takes `createEngine`'s options. */
export function createTestEngine(options: EngineOptions = {}): Promise<Engine> {
  return createEngine({ workers: 0, ...options });
}

/** What a destination was told, to be looked at afterwards. */
export interface RecordedDestination {
  /** For `onSuccess` and `onFailure` of an `asyncInvokeConfig`. */
  readonly deliver: (outcome: AsyncOutcome) => void;
  /** In the order they came. */
  readonly outcomes: readonly AsyncOutcome[];
}

/**
 * @example
 * const failures = recordDestination();
 * await engine.createFunction({ ..., asyncInvokeConfig: { onFailure: failures.deliver } });
 * await engine.invokeAsync('resize', event);
 * await engine.whenIdle();
 * assert.equal(failures.outcomes[0].condition, 'RetriesExhausted');
 */
export function recordDestination(): RecordedDestination {
  const outcomes: AsyncOutcome[] = [];
  return { outcomes, deliver: (outcome) => void outcomes.push(outcome) };
}

export interface Recording {
  /** Calls that ended, in order. */
  readonly calls: readonly InvocationFacts[];
  /** What functions wrote, without time and request id. */
  readonly logs: readonly string[];
  stop(): void;
}

/** Writes down what an engine does from now on. */
export function record(engine: Engine): Recording {
  const calls: InvocationFacts[] = [];
  const logs: string[] = [];
  const text = ({ line }: FunctionLogLine): string => line.replace(/^\S+ \S+ /, '');
  const stop = engine.observe({ invocation: (facts) => calls.push(facts), log: (line) => logs.push(text(line)) });
  return { calls, logs, stop };
}
