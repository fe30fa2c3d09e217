/** `isopod run`: the result on standard output; logs, errors and timings on standard error. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { createEngine, type Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import type { AsyncOutcome, FunctionConfig, InvokeStatus } from '../types.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { readFunction } from './function-folder.ts';
import { printError } from './print-error.ts';
import { describeCall, describeTimes } from './timings.ts';

export interface RunOptions {
  readonly handler?: string;
  readonly data?: string;
  readonly binary?: boolean;
  readonly async?: boolean;
  readonly times: number;
  readonly lane?: 'auto' | 'direct' | 'worker';
  readonly timeout?: number;
  readonly memory?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** Resolves with the exit code. Rejects when the function cannot be defined, or the options are wrong. */
export async function run(path: string, options: RunOptions): Promise<number> {
  const config = withOptions(await readFunction(path), options);
  const event = await readEvent(options);
  await using engine = await createEngine({ workers: 1 });
  const call = options.async === true ? runAsync : runSync;
  return await call(engine, config, event, options);
}

/** Calls `times` times, ends at the first failure, prints the last result. */
async function runSync(
  engine: Engine,
  config: FunctionConfig,
  event: unknown,
  { times, json }: RunOptions,
): Promise<number> {
  const { functionName } = await engine.createFunction(config);
  const wallMs: number[] = [];
  let status: InvokeStatus = {};
  let value: unknown;
  let failure: IsopodError | undefined;
  let first: string | undefined;
  while (wallMs.length < times && failure === undefined) {
    status = {};
    try {
      value = await engine.invoke(functionName, event, { status });
    } catch (error) {
      failure = toIsopodError(error);
    }
    for (const line of status.logs ?? []) console.error(line);
    first ??= describeCall(status);
    wallMs.push(status.wallMs ?? 0);
  }
  if (json === true) printJson(failure === undefined ? { result: shown(value), status } : { error: failure, status });
  else if (failure === undefined) print(value);
  else printError(failure);
  if (json !== true) console.error(first);
  if (json !== true && wallMs.length > 1) console.error(describeTimes(wallMs));
  return failure === undefined ? EXIT.ok : exitCodeOf(failure);
}

/** Accepts `times` events and prints every outcome as it comes. */
async function runAsync(
  engine: Engine,
  config: FunctionConfig,
  event: unknown,
  { times, json }: RunOptions,
): Promise<number> {
  const ended = Promise.withResolvers<void>();
  const failures: IsopodError[] = [];
  let left = times;
  const tell = ({ requestId, condition, attempts, result, error }: AsyncOutcome): void => {
    if (error !== undefined) failures.push(error);
    if (json === true) printJson({ requestId, condition, attempts, result: shown(result), error });
    else if (error === undefined) print(result);
    else printError(error);
    if (json !== true) console.error(`${condition} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`);
    if (--left === 0) ended.resolve();
  };
  const { functionName } = await engine.createFunction({
    ...config,
    asyncInvokeConfig: { ...config.asyncInvokeConfig, onSuccess: tell, onFailure: tell },
  });
  for (let time = 0; time < times; time++) {
    const { requestId } = await engine.invokeAsync(functionName, event);
    if (json !== true) console.error(`accepted ${requestId}`);
  }
  await ended.promise;
  return Math.max(EXIT.ok, ...failures.map(exitCodeOf));
}

async function readEvent({ data, binary }: RunOptions): Promise<unknown> {
  if (data === undefined) return undefined;
  const bytes = await readData(data);
  if (binary === true) return new Uint8Array(bytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new IsopodError('InvalidArgument', `--data is not JSON: ${(error as Error).message}`);
  }
}

async function readData(data: string): Promise<Buffer> {
  if (data === '-') return buffer(process.stdin);
  if (!data.startsWith('@')) return Buffer.from(data);
  try {
    return await readFile(data.slice(1));
  } catch (error) {
    throw new IsopodError('InvalidArgument', `--data: ${(error as Error).message}`);
  }
}

function withOptions(config: FunctionConfig, { handler, lane, timeout, memory, env }: RunOptions): FunctionConfig {
  return {
    ...config,
    ...(handler !== undefined && { handler }),
    ...(lane !== undefined && { lane }),
    ...(timeout !== undefined && { timeout }),
    ...(memory !== undefined && { memorySize: memory }),
    environmentVariables: { ...config.environmentVariables, ...env },
  };
}

/** Bytes as they are, text as it is, everything else as JSON. */
function print(value: unknown): void {
  if (value instanceof Uint8Array) process.stdout.write(value);
  else if (value !== undefined) console.log(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

function printJson(value: unknown): void {
  console.log(JSON.stringify(value));
}

const shown = (value: unknown): unknown =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
