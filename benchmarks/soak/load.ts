/** Everything a host does, drawn by lot, and what each of it has to come to. */
import { createEngine, type Engine, type ErrorCode, type IsopodError } from '../../lib/index.ts';
import { Random, Weighted } from '../sim/random.ts';

const IN_FLIGHT = 16;
const BUDGET_MB = 120;
/** What may go wrong with a call because of what else happens: it is called again by whoever cares. */
const PARDONED: ReadonlySet<ErrorCode> = new Set([
  'ResourceExhausted',
  'InstanceLost',
  'FunctionNotFound',
  'EngineClosed',
]);

const source = `let calls = 0;
const kept = [];
export const initializer = () => { kept.push(new Array(100).fill(0)); };
export const preStop = () => { kept.length = 0; };
export const handler = async ({ n, waits, fails, loops, grows }) => {
  calls++;
  if (fails) throw new RangeError('asked to fail ' + n);
  if (loops) for (;;);
  if (grows) kept.push(Array.from({ length: 2_000 }, (_, at) => at + n));
  if (kept.length > 20) kept.length = 1;
  if (waits) await new Promise((resolve) => setTimeout(resolve, waits));
  return { doubled: n * 2 };
};`;

interface Asked {
  readonly n: number;
  readonly waits?: number;
  readonly fails?: boolean;
  readonly loops?: boolean;
  readonly grows?: boolean;
}

export class Load {
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #popular: Weighted;
  readonly #functions: number;
  calls = 0;
  readonly outcomes: Record<string, number> = {};
  /** What should not have happened; the first ones. */
  readonly surprises: string[] = [];

  private constructor(engine: Engine, functions: number, seed: number) {
    this.#engine = engine;
    this.#functions = functions;
    this.#random = new Random(seed);
    this.#popular = new Weighted(Float64Array.from({ length: functions }, (_, rank) => 1 / (rank + 1)));
  }

  static async open(functions: number, seed: number): Promise<Load> {
    const engine = await createEngine({ workers: 2, memoryBudgetMB: BUDGET_MB, cells: { max: 2 } });
    const hooks = { initializer: { handler: 'index.initializer' }, preStop: { handler: 'index.preStop' } };
    for (let no = 0; no < functions; no++) {
      await engine.createFunction({
        functionName: `f${no}`,
        code: { source: `${source} // ${no % 5}` },
        ...(no % 20 === 7 ? { isolation: 'process' } : { lane: no % 3 === 0 ? 'worker' : 'auto' }),
        timeout: 5,
        idleTimeout: 2,
        spareInstances: no % 2 === 0 ? 'auto' : 0,
        instanceLifecycleConfig: no % 4 === 0 ? hooks : {},
        asyncInvokeConfig: { maxAsyncRetryAttempts: 1, retryBackoffMs: 10 },
      });
    }
    await engine.createFunction({ functionName: 'stuck', code: { source }, lane: 'worker', timeout: 0.2 });
    return new Load(engine, functions, seed);
  }

  async run(goesOn: () => boolean): Promise<void> {
    const one = async (): Promise<void> => {
      while (goesOn()) await this.#step();
    };
    const change = async (): Promise<void> => {
      while (goesOn()) {
        await this.#change().catch((error) => this.#surprise('change', error));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await Promise.all([...Array.from({ length: IN_FLIGHT }, one), change()]);
    await this.#engine.whenIdle();
  }

  #name(): string {
    return `f${this.#popular.draw(this.#random)}`;
  }

  async #step(): Promise<void> {
    this.calls++;
    const n = this.calls;
    const lot = this.#random.next();
    if (lot < 0.001) return this.#expect('stuck', { n, loops: true }, ['FunctionTimeout']);
    if (lot < 0.05) return this.#expect(this.#name(), { n, fails: true }, ['UnhandledInvocationError']);
    if (lot < 0.1) return this.#accept(n);
    const event = { n, waits: lot < 0.3 ? 1 + this.#random.below(10) : 0, grows: lot < 0.4 };
    await this.#expect(this.#name(), event, []);
  }

  /** A call must give its result, or fail with one of `codes`. */
  async #expect(name: string, event: Asked, codes: readonly ErrorCode[]): Promise<void> {
    try {
      const { doubled } = (await this.#engine.invoke(name, event)) as { doubled: number };
      this.#count('ok');
      if (doubled !== event.n * 2 || codes.length > 0)
        this.#surprise(name, new Error(`gave ${doubled} for ${event.n}`));
    } catch (error) {
      const { code } = error as IsopodError;
      this.#count(code);
      if (!codes.includes(code) && !PARDONED.has(code)) this.#surprise(name, error);
    }
  }

  async #accept(n: number): Promise<void> {
    try {
      await this.#engine.invokeAsync(this.#name(), { n, fails: n % 7 === 0 });
      this.#count('accepted');
    } catch (error) {
      this.#count((error as IsopodError).code);
      // The queue is full: whoever hands in has to wait.
      if ((error as IsopodError).code !== 'ResourceExhausted') this.#surprise('async', error);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Something is deployed, or configured. */
  async #change(): Promise<void> {
    const name = `f${this.#random.below(this.#functions)}`;
    const lot = this.#random.below(3);
    if (lot === 0) {
      await this.#engine.updateFunction(name, { environmentVariables: { AT: String(this.calls) } });
    } else if (lot === 1) {
      const { versionId } = await this.#engine.publishVersion(name);
      await this.#engine.invoke(name, { n: 1 }, { qualifier: versionId });
      await this.#engine.deleteVersion(name, versionId);
    } else {
      await this.#engine.putProvisionConfig(name, { defaultTarget: 1 + this.#random.below(2) });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await this.#engine.deleteProvisionConfig(name);
    }
    this.#count('changes');
  }

  #count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  #surprise(where: string, error: unknown): void {
    if (this.surprises.length < 20) this.surprises.push(`${where}: ${(error as Error).message}`);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
