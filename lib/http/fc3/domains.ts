/** Function Compute 3.0: custom domains. */
import { z } from 'zod';
import { type ApiCall, operation } from '../call.ts';
import { createDomainInput, type Domain, domainInput } from '../gateway/domains.ts';
import { page, pageQuery } from '../paging.ts';

const domainModel = createDomainInput
  .extend({ accountId: z.string(), createdTime: z.string(), lastModifiedTime: z.string() })
  .meta({ id: 'CustomDomain' });

function shown({ tenant }: Pick<ApiCall<unknown, unknown>, 'tenant'>, { tenant: _, ...domain }: Domain) {
  return { apiVersion: '2023-03-30', protocol: 'HTTP', ...domain, accountId: tenant.accountId };
}

export const domainOperations = [
  operation({
    name: 'CreateCustomDomain',
    method: 'POST',
    path: '/custom-domains',
    summary: 'Lets functions answer for a host name.',
    role: 'deploy',
    body: createDomainInput,
    reply: domainModel,
    run: async (call) => shown(call, await call.host.domains.create(call.tenant.name, call.body)),
  }),
  operation({
    name: 'GetCustomDomain',
    method: 'GET',
    path: '/custom-domains/:domainName',
    summary: 'Tells a domain and its routes.',
    role: 'deploy',
    reply: domainModel,
    run: (call) => shown(call, call.host.domains.get(call.tenant.name, call.params.domainName as string)),
  }),
  operation({
    name: 'UpdateCustomDomain',
    method: 'PUT',
    path: '/custom-domains/:domainName',
    summary: 'Changes what the body names.',
    role: 'deploy',
    body: domainInput,
    reply: domainModel,
    run: async (call) =>
      shown(call, await call.host.domains.update(call.tenant.name, call.params.domainName as string, call.body)),
  }),
  operation({
    name: 'DeleteCustomDomain',
    method: 'DELETE',
    path: '/custom-domains/:domainName',
    summary: 'Removes a domain.',
    role: 'deploy',
    run: ({ host, tenant, params }) => host.domains.remove(tenant.name, params.domainName as string),
  }),
  operation({
    name: 'ListCustomDomains',
    method: 'GET',
    path: '/custom-domains',
    summary: 'Lists domains by name.',
    role: 'deploy',
    query: z.object({ ...pageQuery, prefix: z.string().default('') }),
    reply: z.looseObject({ customDomains: z.array(domainModel), nextToken: z.string().optional() }),
    run(call) {
      const all = call.host.domains.list(call.tenant.name, call.query.prefix);
      const { items, nextToken } = page(all, ({ domainName }) => domainName, call.query);
      return { customDomains: items.map((item) => shown(call, item)), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
