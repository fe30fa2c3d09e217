/** Function Compute 2.0: services. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import { type Answer, operation } from '../call.ts';
import { page } from '../paging.ts';
import { functionsOf } from './function-operations.ts';
import { anything, createServiceInput, listQuery, qualified, serviceInput, withEtag } from './models.ts';
import { etagOf, referenceOf, type Service } from './services.ts';

const serviceOf = ({ serviceName, serviceId, config, createdTime, lastModifiedTime }: Service) => ({
  internetAccess: true,
  ...config,
  serviceName,
  serviceId,
  createdTime,
  lastModifiedTime,
});
const tellService = (service: Service): Answer => withEtag(serviceOf(service), etagOf(service));

export const serviceOperations = [
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
    summary: 'Lists services by name, `tag_{key}={value}` those with a tag.',
    role: 'deploy',
    query: z.looseObject(listQuery.shape),
    reply: anything,
    async run({ host, tenant, query }) {
      const wanted = Object.entries(query).flatMap(([name, value]) =>
        name.startsWith('tag_') ? [[name.slice(4), value]] : [],
      );
      const all = (await host.services.list(tenant)).filter(
        ({ serviceName, tags = {} }) =>
          serviceName.startsWith(query.prefix) &&
          serviceName >= query.startKey &&
          wanted.every(([key, value]) => tags[key as string] === value),
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
