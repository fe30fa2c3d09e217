/** Function Compute 2.0: custom domains. Their routes name a service and its function, where 3.0's name a function. */
import { z } from 'zod';
import { type ApiCall, operation } from '../call.ts';
import { createDomainInput, type Domain, domainInput, type Route, route } from '../gateway/domains.ts';
import { page, pageQuery } from '../paging.ts';
import { anything } from './models.ts';
import { joined } from './services.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>;

const routeInput = route.extend({ serviceName: z.string().min(1).max(128) });
const routeConfig = z.looseObject({ routes: z.array(routeInput).nullish() }).optional();
const createInput = createDomainInput.extend({ routeConfig });
const updateInput = domainInput.extend({ routeConfig });

async function toRoute({ host, tenant }: Call, { serviceName, ...said }: z.output<typeof routeInput>): Promise<Route> {
  const { functionName, qualifier, ...rest } = said;
  const own = qualifier && (await host.serviceVersions.qualifierFor(tenant, serviceName, functionName, qualifier));
  return { ...rest, functionName: joined(serviceName, functionName), ...(own && { qualifier: own }) };
}

async function fromRoute({ host, tenant }: Call, { functionName: full, qualifier: own, ...rest }: Route) {
  const [serviceName = '', functionName] = full.split('$', 2);
  // Made through 3.0, of a function without a service.
  if (functionName === undefined) return { ...rest, functionName: full, ...(own && { qualifier: own }) };
  const qualifier = own && (await host.serviceVersions.qualifierOf(tenant, serviceName, functionName, own));
  return { ...rest, serviceName, functionName, ...(qualifier && { qualifier }) };
}

/** What the gateway keeps, with 3.0's routes. */
async function kept<T extends { readonly routeConfig?: z.output<typeof routeConfig> }>(call: Call, input: T) {
  const { routeConfig: said, ...rest } = input;
  if (said === undefined) return rest;
  const routes = await Promise.all((said.routes ?? []).map((one) => toRoute(call, one)));
  return { ...rest, routeConfig: { ...said, routes } };
}

async function shown(call: Call, { tenant: _, routeConfig: said, ...domain }: Domain) {
  const routes = await Promise.all((said?.routes ?? []).map((one) => fromRoute(call, one)));
  return {
    apiVersion: '2016-08-15',
    protocol: 'HTTP',
    ...domain,
    routeConfig: { ...said, routes },
    accountId: call.tenant.accountId,
  };
}

export const domainOperations = [
  operation({
    name: 'CreateCustomDomain',
    method: 'POST',
    path: '/custom-domains',
    summary: 'Lets functions answer for a host name.',
    role: 'deploy',
    body: createInput,
    reply: anything,
    async run(call) {
      const { domainName, ...input } = call.body;
      return shown(
        call,
        await call.host.domains.create(call.tenant.name, { ...(await kept(call, input)), domainName }),
      );
    },
  }),
  operation({
    name: 'GetCustomDomain',
    method: 'GET',
    path: '/custom-domains/:domainName',
    summary: 'Tells a domain and its routes.',
    role: 'deploy',
    reply: anything,
    run: (call) => shown(call, call.host.domains.get(call.tenant.name, call.params.domainName as string)),
  }),
  operation({
    name: 'UpdateCustomDomain',
    method: 'PUT',
    path: '/custom-domains/:domainName',
    summary: 'Changes what the body names.',
    role: 'deploy',
    body: updateInput,
    reply: anything,
    async run(call) {
      const changes = await kept(call, call.body);
      return shown(call, await call.host.domains.update(call.tenant.name, call.params.domainName as string, changes));
    },
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
    query: z.object({ ...pageQuery, prefix: z.string().default(''), startKey: z.string().default('') }),
    reply: anything,
    async run(call) {
      const { prefix, startKey } = call.query;
      const all = call.host.domains.list(call.tenant.name, prefix).filter(({ domainName }) => domainName >= startKey);
      const { items, nextToken } = page(all, ({ domainName }) => domainName, call.query);
      const customDomains = await Promise.all(items.map((item) => shown(call, item)));
      return { customDomains, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
