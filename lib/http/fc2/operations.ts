/** Function Compute 2.0 for clients of 2016-08-15 and 2021-04-06: all operations. */
import type { Operation } from '../call.ts';
import { layerOperations } from '../fc3/layers.ts';
import { accountOperations } from './account-operations.ts';
import { asyncOperations } from './async-operations.ts';
import { domainOperations } from './domain-operations.ts';
import { functionOperations } from './function-operations.ts';
import { provisionOperations } from './provision-operations.ts';
import { serviceOperations } from './service-operations.ts';
import { triggerOperations } from './trigger-operations.ts';
import { uploadOperations } from './uploads.ts';
import { versionOperations } from './version-operations.ts';

export type Version = '2016-08-15' | '2021-04-06';

/** Those of a version of the API. */
export const fc2Operations = (version: Version): Operation[] => [
  ...serviceOperations,
  ...functionOperations,
  ...versionOperations,
  ...asyncOperations,
  ...provisionOperations,
  ...triggerOperations(version === '2021-04-06'),
  ...domainOperations,
  ...accountOperations,
  ...uploadOperations,
  ...layerOperations,
];
