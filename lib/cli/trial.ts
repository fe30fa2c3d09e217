/** One function deployed and tried: a cold call, warm calls on both lanes, an async one. */
import type { Engine } from '../engine.ts';
import { type IsopodError, toIsopodError } from '../errors.ts';
import type { AsyncOutcome, FunctionConfig, FunctionInfo, InvokeStatus, Lane } from '../types.ts';
import { exampleEvent, readFunction } from './function-folder.ts';
import { median } from './timings.ts';

/** Calls left out before the timed ones: they compile, and let the engine choose a lane. */
const SETTLING_CALLS = 20;
const TIMED_CALLS = 300;
/** Measurements at most, where a function keeps moving between lanes. */
const MEASUREMENTS = 3;
/** Milliseconds all calls of one measurement may take; slow functions get fewer calls, but at least three. */
const BUDGET_MS = 500;
/** Functions slower than this are not tried on the other lane: the difference would drown; microseconds. */
const LANES_MATTER_MICROS = 20_000;
/** First pause before a retry, so that a function that always fails is done soon; its own declaration wins. */
const RETRY_MS = 5;
/** Milliseconds to wait for the outcome of the async call. */
const OUTCOME_MS = 10_000;

export interface Trial {
  readonly name: string;
  readonly info?: FunctionInfo;
  /** Of the first call. */
  readonly status: InvokeStatus;
  readonly result?: unknown;
  /** Why it could not be deployed, or how its first call failed. */
  readonly error?: IsopodError;
  /** Median of warm calls in microseconds. */
  readonly warmMicros: Partial<Record<Lane, number>>;
  /** The lane it settled on. */
  readonly lane?: Lane | undefined;
  /** Undefined when there was none in time. */
  readonly outcome?: AsyncOutcome | undefined;
}

/** Deploys the function in `folder` and leaves it deployed. Never rejects: what goes wrong is part of the trial. */
export async function tryFunction(engine: Engine, folder: string): Promise<Trial> {
  const status: InvokeStatus = {};
  let name = folder;
  try {
    const config = await readFunction(folder);
    name = config.functionName;
    const event = await exampleEvent(folder);
    const { info, outcome } = await deploy(engine, config);
    const first = await engine.invoke(name, event, { status }).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: toIsopodError(error) }),
    );
    const warm = 'error' in first ? { warmMicros: {}, lane: status.lane } : await timeLanes(engine, config, event);
    await engine.invokeAsync(name, event);
    return { name, info, status, ...first, ...warm, outcome: await within(OUTCOME_MS, outcome) };
  } catch (error) {
    return { name, status, error: toIsopodError(error), warmMicros: {} };
  }
}

async function deploy(engine: Engine, config: FunctionConfig) {
  const { promise: outcome, resolve } = Promise.withResolvers<AsyncOutcome>();
  const info = await engine.createFunction({
    ...config,
    asyncInvokeConfig: {
      retryBackoffMs: RETRY_MS,
      ...config.asyncInvokeConfig,
      onSuccess: resolve,
      onFailure: resolve,
    },
  });
  return { info, outcome };
}

/** Warm times on the lane the function has, and on the other one when the engine may choose. */
async function timeLanes(engine: Engine, config: FunctionConfig, event: unknown) {
  const own = await timeWarm(engine, config.functionName, event);
  const warmMicros: Partial<Record<Lane, number>> = { [own.lane]: own.micros };
  if ((config.lane ?? 'auto') === 'auto' && own.micros < LANES_MATTER_MICROS) {
    const lane = own.lane === 'direct' ? 'worker' : 'direct';
    const functionName = `${config.functionName.slice(0, 100)}_on_${lane}`;
    await engine.createFunction({ ...config, functionName, lane });
    try {
      warmMicros[lane] = (await timeWarm(engine, functionName, event)).micros;
    } finally {
      await engine.deleteFunction(functionName);
    }
  }
  return { warmMicros, lane: own.lane };
}

/** Measures again when the engine moved the function meanwhile, because a mixture says nothing about either lane. */
async function timeWarm(engine: Engine, name: string, event: unknown): Promise<{ micros: number; lane: Lane }> {
  const settled = performance.now() + BUDGET_MS;
  for (let call = 0; call < SETTLING_CALLS && performance.now() < settled; call++) await engine.invoke(name, event);
  for (let attempt = 1; ; attempt++) {
    const before = await laneOf(engine, name, event);
    const micros = median(await timeCalls(engine, name, event)) ?? 0;
    const lane = await laneOf(engine, name, event);
    if (lane === before || attempt === MEASUREMENTS) return { micros, lane };
  }
}

async function timeCalls(engine: Engine, name: string, event: unknown): Promise<number[]> {
  const until = performance.now() + BUDGET_MS;
  const micros: number[] = [];
  while (micros.length < TIMED_CALLS && (micros.length < 3 || performance.now() < until)) {
    const began = performance.now();
    await engine.invoke(name, event);
    micros.push((performance.now() - began) * 1_000);
  }
  return micros;
}

async function laneOf(engine: Engine, name: string, event: unknown): Promise<Lane> {
  const status: InvokeStatus = {};
  await engine.invoke(name, event, { status });
  return status.lane ?? 'worker';
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, ms, undefined);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
