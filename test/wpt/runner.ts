/** Runs cases of web-platform-tests in guests, through the public door. */
import { createEngine, type Engine, IsopodError } from '../../lib/index.ts';
import { type Case, readScript } from './cases.ts';
import { composeSource } from './source.ts';

/** How a sub-case ended, in the harness's words. */
export type Status = 'PASS' | 'FAIL' | 'TIMEOUT' | 'NOTRUN' | 'PRECONDITION_FAILED';

export interface SubCase {
  /** Unique within its case: the harness's name, with ` (2)` and so on where one occurs again. */
  readonly name: string;
  readonly status: Status;
  readonly message: string;
}

export interface Outcome {
  readonly case: Case;
  /** Without those whose precondition does not hold: they say nothing either way. */
  readonly results: readonly SubCase[];
  /** Web globals the case or its scripts mention and the guest does not have. */
  readonly missing: readonly string[];
  /** Milliseconds from composing the source to the outcome. */
  readonly ms: number;
}

export interface RunOptions {
  /** Cases at a time; default 2. */
  readonly concurrency?: number;
  /** Milliseconds a case may take, twice that if it says that it is long; default 10,000. */
  readonly timeoutMs?: number;
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** Name of the sub-case that stands for the case as a whole: it failed outside of any test, or was stopped. */
export const HARNESS = '(harness)';

interface Told {
  readonly results: readonly SubCase[];
  /** What went wrong outside of any test; empty when nothing did. */
  readonly harness: string;
  readonly absent: readonly string[];
}

/** Outcomes in the order of the cases. A case that hangs or crashes fails; the run goes on. */
export async function runCases(
  checkout: string,
  cases: readonly Case[],
  { concurrency = 2, timeoutMs = 10_000, onOutcome }: RunOptions = {},
): Promise<Outcome[]> {
  await using engine = await createEngine({ workers: concurrency });
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const one = cases[at] as Case;
      const outcome = await runCase(engine, checkout, one, at, one.long ? timeoutMs * 2 : timeoutMs);
      outcomes[at] = outcome;
      onOutcome?.(outcome);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return outcomes;
}

async function runCase(engine: Engine, checkout: string, one: Case, no: number, limitMs: number): Promise<Outcome> {
  const start = performance.now();
  const functionName = `wpt-${no}`;
  let told: Told;
  let text = '';
  try {
    text = [...one.scripts, one.path].map((path) => readScript(checkout, path)).join('\n');
    // The harness gives up first, so that what ended before is told.
    const source = composeSource(checkout, one, limitMs * 0.8);
    await engine.createFunction({
      functionName,
      code: { source },
      handler: 'index.handler',
      lane: 'worker',
      snapshot: 'never',
      timeout: limitMs / 1_000,
      memorySize: 256,
      // Cases make shared memory by it.
      webAssembly: true,
    });
    told = (await engine.invoke(functionName)) as Told;
  } catch (error) {
    told = { results: [], harness: describe(error), absent: [] };
  } finally {
    await engine.deleteFunction(functionName).catch(() => undefined);
  }
  const results = told.results.filter(({ status }) => status !== 'PRECONDITION_FAILED');
  if (told.harness !== '') results.push({ name: HARNESS, status: 'FAIL', message: told.harness });
  const missing = told.absent.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return { case: one, results: unique(results), missing, ms: performance.now() - start };
}

function describe(error: unknown): string {
  if (error instanceof IsopodError) return `${error.code}: ${error.message.split('\n').slice(0, 3).join(' ')}`;
  return `${error}`;
}

function unique(results: readonly SubCase[]): SubCase[] {
  const seen = new Map<string, number>();
  return results.map((result) => {
    const count = (seen.get(result.name) ?? 0) + 1;
    seen.set(result.name, count);
    return count === 1 ? result : { ...result, name: `${result.name} (${count})` };
  });
}
