/**
 * `isopod dev <dir>`: serves the functions of a folder while they are written. A change is built beside what runs, and
 * takes over when it is ready; one that cannot be built is told, and what ran goes on.
 */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { createEngine } from '../engine.ts';
import { IsopodError } from '../errors.ts';
import { Host } from '../http/host.ts';
import { type ApiServer, createApiServer } from '../http/server.ts';
import { settingsSchema } from '../http/settings.ts';
import { canInspect } from '../inspect-options.ts';
import { DevFunctions } from './dev-functions.ts';
import { DevInspector } from './dev-inspect.ts';
import { RequestLog } from './dev-request-log.ts';
import { type Watching, watchFolder } from './dev-watch.ts';
import { EXIT } from './exit-codes.ts';
import { addressOf, checkAccess, close, listen } from './serve.ts';
import { stopSignal } from './stop-signal.ts';

export interface DevOptions {
  readonly port: number;
  readonly host: string;
  /** Port for debuggers. */
  readonly inspect?: number | undefined;
}

/** Milliseconds calls in progress may take at the end. */
const CLOSE_MS = 1_000;

/** A function that stands at a breakpoint must not run out of time, and its module must be known to the debugger. */
const INSPECTED = { lane: 'worker', timeout: 86_400, snapshot: 'never', isolation: 'thread' } as const;

export async function dev(dir: string, { port, host: address, inspect }: DevOptions): Promise<number> {
  const stop = stopSignal();
  if (inspect !== undefined && !canInspect) {
    throw new IsopodError('InvalidArgument', `--inspect works with Node.js 24; this is ${process.version}`);
  }
  const inspector = inspect === undefined ? undefined : new DevInspector();
  if (inspect !== undefined) await inspector?.listen(inspect);
  const options = { logger: quietLogger, ...(inspector && { inspector, workers: 0 }) };
  const engine = await createEngine(options).catch(async (error: unknown) => {
    await inspector?.close();
    throw error;
  });
  let server: ApiServer | undefined;
  let host: Host | undefined;
  let watching: Watching | undefined;
  try {
    const settings = settingsSchema.parse({ port, host: address, anonymous: true, isolation: 'thread' });
    checkAccess(settings, false);
    host = await Host.open({ engine, settings });
    server = await createApiServer(host);
    await listen(server, settings);
    const requests = new RequestLog(engine, (line) => console.log(line));
    const functions = new DevFunctions(engine, dir, inspector === undefined ? {} : INSPECTED);
    const first = Promise.withResolvers<void>();
    watching = await watchFolder(functions.root, async (paths) => {
      await first.promise;
      await functions.changed(paths);
    });
    await functions.start().finally(first.resolve);
    const base = addressOf(server, { host: address });
    console.log(`\n${styleText('bold', 'Watching')} ${dir}`);
    for (const { functionName } of engine.listFunctions()) {
      console.log(`  POST ${base}/2023-03-30/functions/${functionName}/invocations`);
    }
    console.log(`  ${styleText('bold', 'Console')} ${base}/console`);
    if (inspector !== undefined) {
      console.log(
        `  ${styleText('bold', 'Debugger')} ${inspector.address}: open chrome://inspect, or attach an editor to it`,
      );
    }
    console.log();
    if (!stop.aborted) await once(stop, 'abort');
    requests.close();
    return EXIT.ok;
  } finally {
    await watching?.close();
    await host?.close();
    await inspector?.close();
    await close(engine, server, CLOSE_MS);
  }
}

/** Warnings are printed; the rest is in the request log. */
const quietLogger = {
  info: () => undefined,
  warn: (message: string, facts?: Record<string, unknown>) =>
    console.error(`${styleText('yellow', 'warning')}  ${message} ${facts === undefined ? '' : JSON.stringify(facts)}`),
  error: (message: string) => console.error(`${styleText('red', 'error')}    ${message}`),
};
