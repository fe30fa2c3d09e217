/** The APIs of a host: what stands before their paths, how they tell problems, and their routes. */
import { adminOperations } from './admin/operations.ts';
import { type Dialect, fcDialect, lambdaDialect } from './dialect.ts';
import { addFc2 } from './fc2/routes.ts';
import { addFc3 } from './fc3/routes.ts';
import type { Host } from './host.ts';
import { addLambda, LAMBDA_PREFIXES } from './lambda/routes.ts';
import { addLogRoute } from './observe/log-route.ts';
import { metricsOperation, observeOperations } from './observe/operations.ts';
import { addOperations } from './operations.ts';
import type { ApiServer } from './server.ts';

export interface Api {
  readonly prefix: string;
  readonly dialect: Dialect;
  readonly add: (api: ApiServer, host: Host) => void;
}

/** What the host itself offers. */
const ADMIN_PREFIX = '/isopod/v1';

function addAdmin(api: ApiServer, host: Host): void {
  addOperations(api, host, fcDialect, [...adminOperations, ...observeOperations]);
  addLogRoute(api, host);
}

/** Every protocol has its own first part of the path. */
export const APIS: readonly Api[] = [
  { prefix: ADMIN_PREFIX, dialect: fcDialect, add: addAdmin },
  {
    prefix: '/metrics',
    dialect: fcDialect,
    add: (api, host) => addOperations(api, host, fcDialect, [metricsOperation]),
  },
  { prefix: '/2023-03-30', dialect: fcDialect, add: addFc3 },
  { prefix: '/2021-04-06', dialect: fcDialect, add: addFc2('2021-04-06') },
  { prefix: '/2016-08-15', dialect: fcDialect, add: addFc2('2016-08-15') },
  ...LAMBDA_PREFIXES.map((prefix) => ({ prefix, dialect: lambdaDialect, add: addLambda(prefix) })),
];
