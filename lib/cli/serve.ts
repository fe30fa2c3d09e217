/** `isopod serve`: the multi-tenant script host. Serves the API until it is told to stop. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { createEngine, type Engine } from '../engine.ts';
import { IsopodError, toIsopodError } from '../errors.ts';
import { isLoopback } from '../http/auth/authenticator.ts';
import { listenHttp2 } from '../http/cleartext-http2.ts';
import { Host } from '../http/host.ts';
import { type ApiServer, createApiServer } from '../http/server.ts';
import type { Settings } from '../http/settings.ts';
import { HostLog } from '../observe/host-log.ts';
import { wantsOtlp } from '../observe/wants-otlp.ts';
import type { Isolation } from '../types.ts';
import { clusterOptions } from './cluster-connection.ts';
import { EXIT } from './exit-codes.ts';
import { listFunctionFolders, readFunction } from './function-folder.ts';
import { jsonFile, readSettings } from './server-settings.ts';
import { stopSignal } from './stop-signal.ts';

export type ServeOptions = Readonly<Record<string, unknown>> & { readonly config?: string };

/** Milliseconds answers may take to be written once the calls are over. */
const FLUSH_MS = 500;

export async function serve(dir: string | undefined, options: ServeOptions): Promise<number> {
  const settings = await readSettings(options, options.config, process.env);
  const admin = adminKey(process.env);
  checkAccess(settings, admin !== undefined);
  const stop = stopSignal();
  const log = new HostLog({ level: settings.logLevel });
  const engine = await createEngine({
    ...engineOptions(settings, log),
    ...(settings.eventSources !== undefined && { eventSources: await jsonFile(settings.eventSources, 'eventSources') }),
  });
  log.attach(engine, { calls: settings.logCalls, lines: settings.logFunctions });
  let server: ApiServer | undefined;
  let host: Host | undefined;
  let endOtlp: (() => Promise<void>) | undefined;
  try {
    host = await Host.open({
      engine,
      settings,
      log,
      admin,
      masterKey: process.env.ISOPOD_MASTER_KEY || undefined,
    });
    if (wantsOtlp(process.env)) {
      const { startOtlp } = await import('../observe/otlp.ts');
      endOtlp = startOtlp(engine, host.observation.metrics, process.env);
    }
    server = await createApiServer(host);
    await listen(server, settings);
    const { http2Port } = settings;
    const http2 = http2Port === undefined ? undefined : await listenHttp2(server, http2Port, settings);
    if (dir !== undefined) await deployFolder(engine, dir, settings.isolation, log);
    console.log(`Serving on ${addressOf(server, settings)}`);
    if (http2 !== undefined) console.log(`Serving HTTP/2 on port ${(http2.address() as AddressInfo).port}`);
    if (!stop.aborted) await once(stop, 'abort');
    host.isStopping = true;
    return EXIT.ok;
  } finally {
    await endOtlp?.();
    await host?.close();
    await close(engine, server, settings.shutdownSeconds * 1_000);
  }
}

/** `log`: JSON lines on standard error; standard output is for what people read. */
function engineOptions(settings: Settings, log: HostLog) {
  const { data, workers, memoryBudgetMB, maxCells, maxSyncBytes, cluster, clusterName, clusterOutbox, node } = settings;
  return {
    logger: log,
    maxPayloadBytes: maxSyncBytes,
    ...(data !== undefined && { dataDir: data, keepFunctions: true }),
    ...(cluster !== undefined && {
      cluster: { ...clusterOptions(cluster, clusterName, node), ...(clusterOutbox && { outbox: true }) },
    }),
    ...(workers !== undefined && { workers }),
    ...(memoryBudgetMB !== undefined && { memoryBudgetMB }),
    ...(maxCells !== undefined && { cells: { max: maxCells } }),
  };
}

function adminKey(environment: NodeJS.ProcessEnv): { accessKeyId: string; accessKeySecret: string } | undefined {
  const { ISOPOD_ADMIN_ACCESS_KEY_ID: id = '', ISOPOD_ADMIN_ACCESS_KEY_SECRET: secret = '' } = environment;
  if (id === '' && secret === '') return undefined;
  if (id !== '' && secret !== '') return { accessKeyId: id, accessKeySecret: secret };
  throw new IsopodError(
    'InvalidArgument',
    'ISOPOD_ADMIN_ACCESS_KEY_ID and ISOPOD_ADMIN_ACCESS_KEY_SECRET belong together: set both, or neither',
  );
}

/** A host nobody can use, or that everybody can, is a mistake. */
export function checkAccess({ anonymous, host, data, cluster }: Settings, hasAdmin: boolean): void {
  if (anonymous && host !== 'localhost' && !isLoopback(host)) {
    throw new IsopodError(
      'InvalidArgument',
      `anonymous is for loopback addresses only; ${host} can be reached by others`,
    );
  }
  if (anonymous || hasAdmin || data !== undefined || cluster !== undefined) return;
  throw new IsopodError(
    'InvalidArgument',
    'Nobody could use this server: set ISOPOD_ADMIN_ACCESS_KEY_ID and ISOPOD_ADMIN_ACCESS_KEY_SECRET, or add --anonymous',
  );
}

export async function listen(server: ApiServer, { port, host }: Settings): Promise<void> {
  try {
    await server.listen({ port, host });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new IsopodError('InvalidArgument', `Cannot listen on ${host}:${port} (${code}); choose another with --port`);
  }
}

export function addressOf(
  server: ApiServer,
  { host, tlsCert }: { readonly host: string; readonly tlsCert?: string | undefined },
): string {
  const { port } = server.server.address() as AddressInfo;
  return `${tlsCert === undefined ? 'http' : 'https'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Every function of a folder; one that is there already gets the folder's code and declaration. */
async function deployFolder(engine: Engine, dir: string, isolation: Isolation, log: HostLog): Promise<void> {
  const folders = await listFunctionFolders(dir);
  if (folders.length === 0) throw new IsopodError('CodeNotFound', `${dir} has no function folders`);
  const known = new Set(engine.listFunctions().map(({ functionName }) => functionName));
  for (const folder of folders) {
    try {
      const config = { isolation, ...(await readFunction(folder)) };
      const { functionName, ...changes } = config;
      if (known.has(functionName)) await engine.updateFunction(functionName, changes);
      else await engine.createFunction(config);
      console.error(`deployed ${functionName}`);
    } catch (thrown) {
      const { code, message } = toIsopodError(thrown);
      log.error(`${folder} could not be deployed`, { code, reason: message });
    }
  }
}

/** No new connections, calls in progress may finish, then everything ends. */
export async function close(engine: Engine, server: ApiServer | undefined, timeoutMs: number): Promise<void> {
  const closed = server?.close();
  await engine.close({ timeoutMs });
  const timer = setTimeout(() => server?.server.closeAllConnections?.(), FLUSH_MS);
  await closed;
  clearTimeout(timer);
}
