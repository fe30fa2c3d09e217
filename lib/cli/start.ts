/** `isopod start`: the main job. Deploys a folder of functions, tries each, prints what happened, serves until told to stop. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { createEngine, type Engine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import { Host } from '../http/host.ts';
import { type ApiServer, createApiServer } from '../http/server.ts';
import { settingsSchema } from '../http/settings.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { listFunctionFolders } from './function-folder.ts';
import { addressOf, checkAccess, close, listen } from './serve.ts';
import { stopSignal } from './stop-signal.ts';
import { type Trial, tryFunction } from './trial.ts';
import { summary, trialLines } from './trial-table.ts';

export interface StartOptions {
  readonly port: number;
  readonly host: string;
  readonly once?: boolean;
}

/** Milliseconds calls in progress may take after the signal to stop. */
const CLOSE_MS = 5_000;

/** Resolves with the exit code once stopped, or after the table with `once`. A function that fails by itself is no failure. */
export async function start(dir: string, options: StartOptions): Promise<number> {
  const folders = await listFunctionFolders(dir);
  if (folders.length === 0) throw new IsopodError('CodeNotFound', `${dir} has no function folders`);
  const stop = stopSignal();
  const engine = await createEngine();
  let server: ApiServer | undefined;
  try {
    // Listening first: a port that is taken is told at once, not after all the work.
    if (options.once !== true) server = await open(engine, options);
    const trials: Trial[] = [];
    for (const [index, folder] of folders.entries()) {
      if (stop.aborted) return EXIT.ok;
      progress(`${index + 1}/${folders.length} ${folder}`);
      trials.push(await tryFunction(engine, folder));
    }
    progress('');
    print(trials);
    if (server === undefined) return exitCode(trials);
    tellAddress(server, options.host, trials);
    if (!stop.aborted) await once(stop, 'abort');
    return EXIT.ok;
  } finally {
    await close(engine, server, CLOSE_MS);
  }
}

/** The worst that happened, a function's own failure left out. */
function exitCode(trials: readonly Trial[]): number {
  const errors = trials.flatMap(({ error }) => (error === undefined || error.kind === 'function' ? [] : [error]));
  return Math.max(EXIT.ok, ...errors.map(exitCodeOf));
}

/** One line that is written over on a terminal, a line each elsewhere; on standard error, so the table stays clean. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (line !== '') console.error(line);
}

function print(trials: readonly Trial[]): void {
  const [titles = '', rule = '', ...rows] = trialLines(trials, process.stdout.columns);
  // `styleText` leaves the text alone where standard output is no terminal or NO_COLOR is set.
  console.log(styleText('bold', titles));
  console.log(rule);
  for (const [at, row] of rows.entries()) {
    console.log(trials[at]?.error === undefined ? row : styleText('yellow', row));
  }
  console.log(`\n${summary(trials)}`);
}

/** For this machine alone, without credentials. */
async function open(engine: Engine, { port, host }: StartOptions): Promise<ApiServer> {
  const settings = settingsSchema.parse({ port, host, anonymous: true, isolation: 'thread' });
  checkAccess(settings, false);
  const server = await createApiServer(await Host.open({ engine, settings }));
  await listen(server, settings);
  return server;
}

function tellAddress(server: ApiServer, host: string, trials: readonly Trial[]): void {
  const name = trials.find(({ error }) => error === undefined)?.name ?? '{name}';
  const base = addressOf(server, { host });
  const example = trials.some((trial) => trial.name === 'hello') ? 'hello' : name;
  console.log(`\nServing on ${base}. Try:`);
  console.log(`  curl -d '{"name":"Ada"}' ${base}/2023-03-30/functions/${example}/invocations`);
  console.log('Ctrl+C ends it.');
}
