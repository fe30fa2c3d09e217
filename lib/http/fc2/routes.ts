/** Function Compute 2.0, API versions 2016-08-15 and 2021-04-06. */
import { fcDialect } from '../dialect.ts';
import { invoke } from '../fc3/invoke.ts';
import type { Host } from '../host.ts';
import { addOperations, callerOf } from '../operations.ts';
import type { ApiServer } from '../server.ts';
import { fc2Operations, type Version } from './operations.ts';
import { joined, referenceOf } from './services.ts';

export const addFc2 =
  (version: Version) =>
  (app: ApiServer, host: Host): void => {
    addOperations(app, host, fcDialect, fc2Operations(version));
    app.post<{ Params: { service: string; function: string } }>(
      '/services/:service/functions/:function/invocations',
      { bodyLimit: host.settings.maxSyncBytes },
      async (request, reply) => {
        const { service, functionName, qualifier } = referenceOf(request.params, request.query);
        const { tenant } = callerOf(host, request, 'invoke');
        const own = await host.serviceVersions.qualifierFor(tenant, service, functionName, qualifier);
        return invoke(host, request, reply, joined(service, functionName), own);
      },
    );
  };
