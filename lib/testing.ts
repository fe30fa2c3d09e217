/** The second door: helpers for the tests of people who build on Isopod. */
import { setImmediate } from 'node:timers/promises';
import { createEngine, type Engine } from './engine.ts';
import { replaceClock } from './journal/clock.ts';
import type { FunctionLogLine, InvocationFacts } from './observe/facts.ts';
import type { EngineOptions } from './options.ts';
import type { AsyncOutcome, FunctionConfig } from './types.ts';

/** Turns of the event loop without a call under way, after which nothing more is about to begin. */
const QUIET_TURNS = 5;

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

/** Takes `createEngine`'s options. */
export interface TestEngineOptions extends EngineOptions {
  /** As `fakeClock()` makes it. */
  readonly clock?: FakeClock | undefined;
}

/** An engine of its own for a test: in memory, on this thread, so that it starts in milliseconds. */
export async function createTestEngine({ clock, ...options }: TestEngineOptions = {}): Promise<Engine> {
  const engine = await createEngine({ workers: 0, ...options });
  clock?.watch(engine);
  return engine;
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

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until it is told to go on. Retries, delayed events, the age of events, deliveries to destinations
 * and timer triggers of every engine in this process go by it, until it is disposed. Timeouts of calls and what functions see
 * stay real.
 */
export class FakeClock implements Disposable {
  readonly #sleepers = new Set<Sleeper>();
  readonly #engines = new Set<Engine>();
  #now: number;

  constructor(start: number) {
    this.#now = start;
    replaceClock({
      now: () => this.#now,
      sleep: (ms, wake) => {
        const sleeper = { at: this.#now + Math.max(0, ms), wake };
        this.#sleepers.add(sleeper);
        return () => this.#sleepers.delete(sleeper);
      },
    });
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** `advance` waits for what this engine does; `createTestEngine({ clock })` calls it. */
  watch(engine: Engine): void {
    this.#engines.add(engine);
  }

  /** Goes on by `ms`, from one due moment to the next; what is done at each has ended when the next comes. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#settled();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers.delete(next);
      next.wake();
      await this.#settled();
    }
    this.#now = until;
  }

  #next(until: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const one of this.#sleepers) if (one.at <= until && (next === undefined || one.at < next.at)) next = one;
    return next;
  }

  /** No call is under way, and what a call that ended brings about has begun. */
  async #settled(): Promise<void> {
    const busy = (): boolean => [...this.#engines].some((engine) => engine.stats().open > 0);
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await setImmediate();
      quiet = busy() ? 0 : quiet + 1;
    }
  }

  /** The system's time counts again. */
  [Symbol.dispose](): void {
    replaceClock(undefined);
    this.#sleepers.clear();
  }
}

/**
 * `start`: milliseconds since the epoch; default now.
 *
 * @example
 * using clock = fakeClock();
 * await using engine = await createTestEngine({ clock });
 * await engine.invokeAsync('flaky', event);
 * await clock.advance(60_000); // its retries of the next minute
 */
export function fakeClock(start: number = Date.now()): FakeClock {
  return new FakeClock(start);
}
