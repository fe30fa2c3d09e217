/** Function Compute 3.0, API version 2023-03-30. */
import { fcDialect } from '../dialect.ts';
import type { Host } from '../host.ts';
import { addOperations } from '../operations.ts';
import type { ApiServer } from '../server.ts';
import { accountOperations } from './account.ts';
import { asyncConfigOperations } from './async-configs.ts';
import { domainOperations } from './domains.ts';
import { functionOperations } from './functions.ts';
import { instanceOperations } from './instances.ts';
import { addInvocations } from './invoke.ts';
import { layerOperations } from './layers.ts';
import { provisionOperations } from './provisions.ts';
import { taskOperations } from './tasks.ts';
import { triggerOperations } from './triggers.ts';
import { versionOperations } from './versions.ts';

export const fc3Operations = [
  ...functionOperations,
  ...versionOperations,
  ...triggerOperations,
  ...domainOperations,
  ...taskOperations,
  ...asyncConfigOperations,
  ...accountOperations,
  ...layerOperations,
  ...provisionOperations,
  ...instanceOperations,
];

export function addFc3(app: ApiServer, host: Host): void {
  addOperations(app, host, fcDialect, fc3Operations);
  addInvocations(app, host);
}
