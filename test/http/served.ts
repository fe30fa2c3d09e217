/** A host with a server of its own on a free loopback port, and the clients that ask it. */
import type { AddressInfo, Socket } from 'node:net';
import { createEngine, type Engine } from '../../lib/engine.ts';
import { Host } from '../../lib/http/host.ts';
import { type ApiServer, createApiServer } from '../../lib/http/server.ts';
import { type GivenSettings, settingsSchema } from '../../lib/http/settings.ts';
import type { EngineOptions } from '../../lib/options.ts';

export const ADMIN = Object.freeze({
  accessKeyId: 'ADMINKEYOFTESTS',
  accessKeySecret: 'a secret that only tests know',
});

export interface Served extends AsyncDisposable {
  readonly host: Host;
  readonly engine: Engine;
  readonly server: ApiServer;
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly base: string;
  close(): Promise<void>;
}

/** Functions run in this process unless the settings say otherwise: most tests are about the API. */
export async function serve(given: GivenSettings = {}, engineOptions: EngineOptions = { workers: 1 }): Promise<Served> {
  const settings = settingsSchema.parse({ isolation: 'thread', port: 0, ...given });
  const engine = await createEngine({
    ...engineOptions,
    ...(settings.data !== undefined && { dataDir: settings.data, keepFunctions: true }),
  });
  const host = await Host.open({ engine, settings, admin: ADMIN, masterKey: 'a pass phrase for tests' });
  const server = await createApiServer(host);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  // The suite ends, and closes what it opened, when nothing holds the process any more.
  server.server.unref().on('connection', (socket: Socket) => void socket.unref());
  const close = async (): Promise<void> => {
    server.server.closeAllConnections?.();
    await server.close();
    await host.close();
    await engine.close({ timeoutMs: 100 });
  };
  return { host, engine, server, port, base: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}
