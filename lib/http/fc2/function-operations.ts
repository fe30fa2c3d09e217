/** Function Compute 2.0: functions of services. */
import { IsopodError } from '../../errors.ts';
import { type Answer, type ApiCall, operation } from '../call.ts';
import type { ApiConfig } from '../engine-config.ts';
import { packageOf } from '../fc3/functions.ts';
import type { Described } from '../functions.ts';
import { page } from '../paging.ts';
import {
  anything,
  createFunctionInput,
  listQuery,
  qualified,
  toConfig,
  toFunction,
  updateFunctionInput,
  withEtag,
} from './models.ts';
import { joined, referenceOf } from './services.ts';

/** Of 2.0; seconds and MB. */
const DEFAULTS = { timeout: 60, memorySize: 512, instanceConcurrency: 1 };

const tellFunction = (described: Described): Answer =>
  withEtag(toFunction(described), described.etag, described.codeChecksum);

/** The functions of a service, by 3.0's names. */
export const functionsOf = (
  { host, tenant }: Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>,
  service: string,
): Described[] => host.functions.list(tenant).filter(({ name }) => name.startsWith(`${service}$`));

export const functionOperations = [
  operation({
    name: 'CreateFunction',
    method: 'POST',
    path: '/services/:service/functions',
    summary: 'Declares a function of a service.',
    role: 'deploy',
    carriesCode: true,
    body: createFunctionInput,
    reply: anything,
    async run(call) {
      const { host, tenant, params } = call;
      const { functionName, code, ...input } = call.body;
      const { serviceName } = await host.services.get(tenant, params.service as string);
      const config = { ...DEFAULTS, ...toConfig(input) } as ApiConfig;
      return tellFunction(
        await host.functions.create(tenant, joined(serviceName, functionName), config, await packageOf(call, code)),
      );
    },
  }),
  operation({
    name: 'ListFunctions',
    method: 'GET',
    path: '/services/:service/functions',
    summary: 'Lists the functions of a service.',
    role: 'deploy',
    query: listQuery,
    reply: anything,
    async run(call) {
      const { service } = referenceOf(call.params, call.query);
      await call.host.services.get(call.tenant, service);
      const { prefix, startKey } = call.query;
      const all = functionsOf(call, service)
        .map(toFunction)
        .filter(({ functionName }) => functionName.startsWith(prefix) && functionName >= startKey);
      const { items, nextToken } = page(all, ({ functionName }) => functionName, call.query);
      return { functions: items, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'GetFunction',
    method: 'GET',
    path: '/services/:service/functions/:function',
    summary: 'Tells what a function was declared as.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    async run({ host, tenant, params, query }) {
      const { service, functionName, qualifier } = referenceOf(params, query);
      const own = await host.serviceVersions.qualifierFor(tenant, service, functionName, qualifier);
      return tellFunction(await host.versions.get(tenant, joined(service, functionName), own));
    },
  }),
  operation({
    name: 'GetFunctionCode',
    method: 'GET',
    path: '/services/:service/functions/:function/code',
    summary: 'Tells where the code package can be fetched for ten minutes.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    async run({ host, tenant, params, query, origin }) {
      const { service, functionName, qualifier } = referenceOf(params, query);
      const own = await host.serviceVersions.qualifierFor(tenant, service, functionName, qualifier);
      const found = await host.versions.get(tenant, joined(service, functionName), own);
      return { checksum: found.codeChecksum, url: host.downloads.urlOf(origin, found) };
    },
  }),
  operation({
    name: 'UpdateFunction',
    method: 'PUT',
    path: '/services/:service/functions/:function',
    summary: 'Changes what the body names.',
    role: 'deploy',
    carriesCode: true,
    body: updateFunctionInput,
    reply: anything,
    async run(call) {
      const { host, tenant, params, headers } = call;
      const { code, ...input } = call.body;
      const full = joined(params.service as string, params.function as string);
      const before = host.functions.get(tenant, full);
      const changed = await host.functions.update(tenant, full, {
        config: toConfig(input, before.config),
        code: code ? await packageOf(call, code) : undefined,
        ifMatch: headers['if-match'],
      });
      return tellFunction(changed);
    },
  }),
  operation({
    name: 'DeleteFunction',
    method: 'DELETE',
    path: '/services/:service/functions/:function',
    summary: 'Removes a function.',
    role: 'deploy',
    async run({ host, tenant, params, headers }) {
      const full = joined(params.service as string, params.function as string);
      const ifMatch = headers['if-match'];
      if (ifMatch !== undefined && host.functions.get(tenant, full).etag !== ifMatch) {
        throw new IsopodError('PreconditionFailed', 'the resource being modified has been changed');
      }
      await host.deleteFunction(tenant, full);
    },
  }),
];
