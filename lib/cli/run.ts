/** `isopod run`: the result on standard output, logs and timings on standard error. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { createEngine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import type { AsyncOutcome, FunctionConfig, InvokeStatus } from '../types.ts';
import { readFunction } from './function-folder.ts';

export interface RunOptions {
  readonly handler?: string;
  readonly data?: string;
  readonly binary?: boolean;
  readonly async?: boolean;
  readonly times?: number;
  readonly lane?: 'auto' | 'direct' | 'worker';
  readonly timeout?: number;
  readonly memory?: number;
  readonly env?: readonly string[];
  readonly json?: boolean;
}

/** Resolves with the exit code: 0, or 1 when the function failed. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const event = await readEvent(options);
  const config = withOptions(await readFunction(path), options);
  await using engine = await createEngine({ workers: 1 });
  if (options.async === true) return await runAsync(engine, config, event, options);
  await engine.createFunction(config);
  const times = options.times ?? 1;
  for (let time = 1; time <= times; time++) {
    const status: InvokeStatus = {};
    let failure: IsopodError | undefined;
    const value = await engine.invoke(config.functionName, event, { status }).catch((error: unknown) => {
      failure = error as IsopodError;
    });
    for (const line of status.logs ?? []) console.error(line);
    if (options.json === true)
      console.log(JSON.stringify({ ...(failure ? { error: failure } : { result: shown(value) }), status }));
    else if (failure === undefined) print(value);
    else printError(failure);
    if (options.json !== true) console.error(summary(status));
    if (failure !== undefined) return failure.kind === 'function' ? 1 : failure.kind === 'caller' ? 2 : 3;
  }
  return 0;
}

type Engine = Awaited<ReturnType<typeof createEngine>>;

async function runAsync(engine: Engine, config: FunctionConfig, event: unknown, options: RunOptions): Promise<number> {
  const outcomes: AsyncOutcome[] = [];
  const tell = (outcome: AsyncOutcome): void => void outcomes.push(outcome);
  await engine.createFunction({
    ...config,
    asyncInvokeConfig: { ...config.asyncInvokeConfig, onSuccess: tell, onFailure: tell },
  });
  for (let time = 0; time < (options.times ?? 1); time++) {
    const { requestId } = await engine.invokeAsync(config.functionName, event);
    console.error(`accepted ${requestId}`);
  }
  await engine.whenIdle();
  await new Promise((resolve) => setImmediate(resolve));
  for (const { condition, attempts, result, error, requestId } of outcomes) {
    if (options.json === true)
      console.log(JSON.stringify({ requestId, condition, attempts, result: shown(result), error }));
    else if (error === undefined) print(result);
    else printError(error);
    if (options.json !== true)
      console.error(`${condition} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`);
  }
  return outcomes.every(({ condition }) => condition === 'Success') ? 0 : 1;
}

async function readEvent({ data, binary }: RunOptions): Promise<unknown> {
  if (data === undefined) return undefined;
  if (binary === true) {
    if (data.startsWith('@')) return new Uint8Array(await readFile(data.slice(1)));
    return new Uint8Array(Buffer.from(data === '-' ? await text(process.stdin) : data));
  }
  const source =
    data === '-' ? await text(process.stdin) : data.startsWith('@') ? await readFile(data.slice(1), 'utf8') : data;
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new IsopodError('InvalidArgument', `--data is not JSON: ${(error as Error).message}`);
  }
}

function withOptions(config: FunctionConfig, { handler, lane, timeout, memory, env = [] }: RunOptions): FunctionConfig {
  const variables = env.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new IsopodError('InvalidArgument', `--env takes NAME=value, got ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return {
    ...config,
    ...(handler !== undefined && { handler }),
    ...(lane !== undefined && { lane }),
    ...(timeout !== undefined && { timeout }),
    ...(memory !== undefined && { memorySize: memory }),
    environmentVariables: { ...config.environmentVariables, ...Object.fromEntries(variables) },
  };
}

function print(value: unknown): void {
  if (value instanceof Uint8Array) process.stdout.write(value);
  else if (value !== undefined) console.log(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

const shown = (value: unknown): unknown =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;

function printError(error: IsopodError): void {
  console.error(`${error.code}: ${error.errorType === undefined ? '' : `${error.errorType}: `}${error.message}`);
  for (const line of error.stackTrace?.slice(1) ?? []) console.error(line);
}

function summary({ wallMs = 0, lane, startKind, coldStart, stages }: InvokeStatus): string {
  const where = `${wallMs.toFixed(2)} ms on the ${lane ?? '?'} lane`;
  if (coldStart !== true || stages === undefined) return `warm: ${where}`;
  const parts = Object.entries(stages).filter(([, ms]) => ms >= 0.01);
  return `cold (${startKind}): ${where}; ${parts.map(([name, ms]) => `${name.replace(/Ms$/, '')} ${ms.toFixed(1)}`).join(', ')} ms`;
}
