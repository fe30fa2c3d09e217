/** `isopod start`: the main job. Deploys a folder of functions, invokes each cold, warm and async, prints a table, serves. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createEngine, type Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import { createInvokeServer } from '../http/invoke-server.ts';
import type { AsyncOutcome, FunctionInfo, InvokeStatus } from '../types.ts';
import { exampleEvent, listFunctionFolders, readFunction } from './function-folder.ts';
import { renderTable } from './table.ts';

export interface StartOptions {
  readonly port: number;
  readonly host: string;
  readonly once?: boolean;
}

/** Warm calls timed per function, and the milliseconds they may take in all. */
const WARM_CALLS = 300;
const WARM_BUDGET_MS = 1_000;
/** Milliseconds between retries here, so that a function that always fails is done soon. */
const RETRY_MS = 5;

interface Tried {
  readonly info: FunctionInfo;
  readonly status: InvokeStatus;
  readonly warmMicros: number | undefined;
  readonly warmLane: string;
  readonly outcome: AsyncOutcome | undefined;
  readonly said: string;
}

export async function start(dir: string, options: StartOptions): Promise<number> {
  const folders = await listFunctionFolders(dir);
  if (folders.length === 0) throw new IsopodError('CodeNotFound', `${dir} has no function folders`);
  const engine = await createEngine();
  try {
    const tried: Tried[] = [];
    for (const [index, folder] of folders.entries()) {
      progress(`(${index + 1}/${folders.length}) ${folder}`);
      tried.push(await deployAndTry(engine, folder));
    }
    progress('');
    console.log(renderTable(columns, tried.map(row)));
    if (options.once === true) return 0;
    await serve(engine, options);
    return 0;
  } finally {
    await engine.close();
  }
}

async function deployAndTry(engine: Engine, folder: string): Promise<Tried> {
  const config = await readFunction(folder);
  const event = await exampleEvent(folder);
  let tell: (outcome: AsyncOutcome) => void = () => undefined;
  const told = new Promise<AsyncOutcome>((resolve) => {
    tell = resolve;
  });
  const info = await engine.createFunction({
    ...config,
    asyncInvokeConfig: { retryBackoffMs: RETRY_MS, ...config.asyncInvokeConfig, onSuccess: tell, onFailure: tell },
  });
  const { functionName } = info;
  const status: InvokeStatus = {};
  let said: string;
  let failed = false;
  try {
    said = brief(await engine.invoke(functionName, event, { status }));
  } catch (error) {
    const { code, errorType, message } = toIsopodError(error);
    failed = true;
    said = `${code} (${errorType ?? code}: ${message})`;
  }
  const warm = failed ? { micros: undefined, lane: '' } : await timeWarm(engine, functionName, event);
  await engine.invokeAsync(functionName, event);
  return { info, status, warmMicros: warm.micros, warmLane: warm.lane, outcome: await told, said };
}

async function timeWarm(engine: Engine, name: string, event: unknown): Promise<{ micros: number; lane: string }> {
  const micros: number[] = [];
  const until = performance.now() + WARM_BUDGET_MS;
  while (micros.length < WARM_CALLS && (micros.length < 3 || performance.now() < until)) {
    const began = performance.now();
    await engine.invoke(name, event);
    micros.push((performance.now() - began) * 1_000);
  }
  const status: InvokeStatus = {};
  await engine.invoke(name, event, { status });
  return { micros: micros.sort((a, b) => a - b)[micros.length >> 1] as number, lane: status.lane ?? '' };
}

function brief(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  return value === undefined ? '' : JSON.stringify(value);
}

const columns = [
  { title: 'function', width: 0, right: false },
  { title: 'start', width: 0, right: false },
  { title: 'image KB', width: 0, right: true },
  { title: 'cold ms', width: 0, right: true },
  { title: 'build', width: 0, right: true },
  { title: 'image', width: 0, right: true },
  { title: 'restore', width: 0, right: true },
  { title: 'evaluate', width: 0, right: true },
  { title: 'initializer', width: 0, right: true },
  { title: 'warm µs', width: 0, right: true },
  { title: 'lane', width: 0, right: false },
  { title: 'async', width: 0, right: false },
  { title: 'result', width: 48, right: false },
];

function row({ info, status, warmMicros, warmLane, outcome, said }: Tried): string[] {
  const stages = status.stages;
  const build = stages === undefined ? 0 : stages.codeLoadMs + stages.unzipMs + stages.bundleMs;
  const total =
    stages === undefined
      ? 0
      : build + stages.imageBuildMs + stages.restoreMs + stages.evaluateMs + stages.initializerMs;
  const ms = (value: number | undefined): string => (value === undefined || value === 0 ? '-' : value.toFixed(1));
  return [
    info.functionName,
    info.image.kind,
    (info.image.bytes / 1_024).toFixed(0),
    ms(total),
    ms(build),
    ms(stages?.imageBuildMs),
    ms(stages?.restoreMs),
    ms(stages?.evaluateMs),
    ms(stages?.initializerMs),
    warmMicros === undefined ? '-' : warmMicros.toFixed(warmMicros < 100 ? 1 : 0),
    warmLane === '' ? (status.lane ?? '') : warmLane,
    outcome === undefined ? '' : `${outcome.condition}/${outcome.attempts}`,
    said,
  ];
}

/** One line that is written over, on a terminal only. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function serve(engine: Engine, { port, host }: StartOptions): Promise<void> {
  const server = createInvokeServer(engine);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new IsopodError('InvalidArgument', `Cannot listen on ${host}:${port} (${code}); choose another with --port`);
  }
  const { port: taken } = server.address() as AddressInfo;
  console.log(`\nServing on http://${host}:${taken}. Try:`);
  console.log(`  curl -d '{"name":"Ada"}' http://${host}:${taken}/2023-03-30/functions/hello/invocations`);
  console.log('Press Ctrl+C to end.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  server.close();
  server.closeIdleConnections();
}
