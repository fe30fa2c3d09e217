/** Function Compute 2.0: services and their functions, for clients of 2016-08-15 and 2021-04-06. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { Answer, type ApiCall, operation } from '../call.ts';
import type { ApiConfig } from '../engine-config.ts';
import { packageOf } from '../fc3/functions.ts';
import { layerOperations } from '../fc3/layers.ts';
import type { Described } from '../functions.ts';
import { page } from '../paging.ts';
import { asyncOperations } from './async-operations.ts';
import {
  anything,
  createFunctionInput,
  createServiceInput,
  serviceInput,
  toConfig,
  toFunction,
  updateFunctionInput,
} from './models.ts';
import { etagOf, joined, referenceOf, type Service } from './services.ts';
import { uploadOperations } from './uploads.ts';
import { versionOperations } from './version-operations.ts';

type Call = ApiCall<unknown, unknown>;

const qualified = z.object({ qualifier: z.string().optional() });
const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
  prefix: z.string().default(''),
  startKey: z.string().default(''),
  qualifier: z.string().optional(),
});

const json = (value: unknown, etag: string, checksum?: string): Answer =>
  new Answer(
    200,
    { 'content-type': 'application/json', etag, ...(checksum !== undefined && { 'x-fc-code-checksum': checksum }) },
    JSON.stringify(value),
  );

const serviceOf = ({ serviceName, serviceId, config, createdTime, lastModifiedTime }: Service) => ({
  internetAccess: true,
  ...config,
  serviceName,
  serviceId,
  createdTime,
  lastModifiedTime,
});
const tellService = (service: Service): Answer => json(serviceOf(service), etagOf(service));
const tellFunction = (described: Described): Answer =>
  json(toFunction(described), described.etag, described.codeChecksum);

/** The functions of a service, by 3.0's names. */
const functionsOf = ({ host, tenant }: Pick<Call, 'host' | 'tenant'>, service: string): Described[] =>
  host.functions.list(tenant).filter(({ name }) => name.startsWith(`${service}$`));

const serviceOperations = [
  operation({
    name: 'CreateService',
    method: 'POST',
    path: '/services',
    summary: 'Makes a service.',
    role: 'deploy',
    body: createServiceInput,
    reply: anything,
    async run({ host, tenant, body: { serviceName, ...config } }) {
      return tellService(await host.services.create(tenant, serviceName, config));
    },
  }),
  operation({
    name: 'ListServices',
    method: 'GET',
    path: '/services',
    summary: 'Lists services by name.',
    role: 'deploy',
    query: listQuery,
    reply: anything,
    async run({ host, tenant, query }) {
      const all = (await host.services.list(tenant)).filter(
        ({ serviceName }) => serviceName.startsWith(query.prefix) && serviceName >= query.startKey,
      );
      const { items, nextToken } = page(all, ({ serviceName }) => serviceName, query);
      return { services: items.map(serviceOf), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'GetService',
    method: 'GET',
    path: '/services/:service',
    summary: 'Tells what a service was declared as.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    run: async ({ host, tenant, params, query }) =>
      tellService(await host.services.get(tenant, referenceOf(params, query).service)),
  }),
  operation({
    name: 'UpdateService',
    method: 'PUT',
    path: '/services/:service',
    summary: 'Changes what the body names.',
    role: 'deploy',
    body: serviceInput,
    reply: anything,
    run: async ({ host, tenant, params, body, headers }) =>
      tellService(await host.services.update(tenant, params.service as string, body, headers['if-match'])),
  }),
  operation({
    name: 'DeleteService',
    method: 'DELETE',
    path: '/services/:service',
    summary: 'Removes a service that has no functions.',
    role: 'deploy',
    async run(call) {
      const { host, tenant, params } = call;
      const service = params.service as string;
      if (functionsOf(call, service).length > 0) {
        throw new IsopodError('ServiceNotEmpty', `service '${service}' has functions; delete them first`);
      }
      await host.services.delete(tenant, service);
      await host.serviceVersions.forget(tenant, service);
    },
  }),
];

/** Of 2.0; seconds and MB. */
const DEFAULTS = { timeout: 60, memorySize: 512, instanceConcurrency: 1 };

const functionOperations = [
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

export const fc2Operations = [
  ...serviceOperations,
  ...functionOperations,
  ...versionOperations,
  ...asyncOperations,
  ...uploadOperations,
  ...layerOperations,
];
