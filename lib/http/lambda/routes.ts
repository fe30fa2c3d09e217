/** Lambda: operations under the dated prefixes its API has grown. */
import { lambdaDialect } from '../dialect.ts';
import type { Host } from '../host.ts';
import { addOperations } from '../operations.ts';
import type { ApiServer } from '../server.ts';
import { eventConfigOperations } from './event-configs.ts';
import { lambdaExtraOperations } from './extras.ts';
import { lambdaFunctionOperations } from './functions.ts';
import { addInvocations } from './invoke.ts';
import { lambdaLayerOperations } from './layers.ts';
import { lambdaPolicyOperations } from './policies.ts';
import { provisionedOperations } from './provisioned.ts';
import { lambdaVersionOperations } from './versions.ts';

export const lambdaOperations = [
  ...lambdaLayerOperations,
  ...lambdaPolicyOperations,
  ...lambdaFunctionOperations,
  ...lambdaVersionOperations,
  ...provisionedOperations,
  ...lambdaExtraOperations,
  ...eventConfigOperations,
];

/** First parts of the path. */
export const LAMBDA_PREFIXES = [
  '/2014-11-13',
  '/2015-03-31',
  '/2016-08-19',
  '/2017-03-31',
  '/2017-10-31',
  '/2018-10-31',
  '/2019-09-25',
  '/2019-09-30',
  '/2021-10-31',
  '/2021-11-15',
] as const;

export function addLambda(prefix: string): (app: ApiServer, host: Host) => void {
  const own = lambdaOperations
    .filter(({ path }) => path.startsWith(`${prefix}/`))
    .map((operation) => ({ ...operation, path: operation.path.slice(prefix.length) }));
  return (app, host) => {
    addOperations(app, host, lambdaDialect, own);
    addInvocations(app, host, prefix);
  };
}
