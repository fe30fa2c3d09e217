/** Function Compute 2.0: where deployment tools send code packages. */
import { operation } from '../call.ts';
import { anything } from './models.ts';

export const uploadOperations = ['/tempBucketToken', '/services/:service/tempCodeBucketToken'].map((path) =>
  operation({
    name: path === '/tempBucketToken' ? 'GetTempBucketToken' : 'GetTempCodeBucketToken',
    method: 'GET',
    path,
    summary: 'Gives credentials to put one code package where functions and layers can be made from it.',
    role: 'deploy',
    reply: anything,
    run: ({ host, tenant }) => host.uploads.issue(tenant, host.settings.region),
  }),
);
