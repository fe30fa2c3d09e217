/** An engine with a function that tells what it was given, and waits for it. */
import { createEngine, type Engine, type EngineOptions, type FunctionConfig } from '../../lib/index.ts';

export class Collector {
  /** Events as the function got them: its Buffer as text. */
  readonly events: string[] = [];
  #waiting: (() => void) | undefined;
  readonly add = async (text: string): Promise<void> => {
    this.events.push(text);
    this.#waiting?.();
  };

  /** Resolves when `enough` says so. */
  async until(enough: (events: readonly string[]) => boolean): Promise<void> {
    while (!enough(this.events)) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async count(count: number): Promise<unknown[]> {
    await this.until(({ length }) => length >= count);
    return this.events.map((text) => JSON.parse(text));
  }
}

/** A handler in Function Compute's style: gets a Buffer. */
const SOURCE = `exports.handler = async (event, context) => {
  if (!Buffer.isBuffer(event)) throw new Error('the event is no Buffer');
  return await context.bindings.collector.add(event.toString());
};`;

export const collecting = (collector: Collector, more: Partial<FunctionConfig> = {}): FunctionConfig => ({
  functionName: 'f',
  runtime: 'nodejs20',
  timeout: 30,
  code: { source: SOURCE },
  bindings: { collector: { add: collector.add } },
  ...more,
});

export async function collectingEngine(
  options: EngineOptions = {},
  more: Partial<FunctionConfig> = {},
): Promise<{ engine: Engine; collector: Collector }> {
  const engine = await createEngine({ workers: 1, ...options });
  const collector = new Collector();
  await engine.createFunction(collecting(collector, more));
  return { engine, collector };
}
