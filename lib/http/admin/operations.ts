/** What the host adds to the protocols it speaks: tenants, their keys, and what they used. */
import { z } from 'zod';
import { IsopodError } from '../../errors.ts';
import type { AccessKeyInfo } from '../../tenant/access-keys.ts';
import { includes, ROLES } from '../../tenant/roles.ts';
import { DEFAULT_TENANT, quotas, type Tenant } from '../../tenant/tenants.ts';
import { Answer, type ApiCall, operation } from '../call.ts';
import { asyncOperations } from './async.ts';
import { inspectOperations } from './inspect.ts';
import { triggerOperations } from './triggers.ts';

type Call = ApiCall<unknown, unknown>;

const tenantModel = z
  .looseObject({ name: z.string(), accountId: z.string(), quotas, createdTime: z.string() })
  .meta({ id: 'Tenant' });
const keyModel = z
  .looseObject({
    accessKeyId: z.string(),
    tenant: z.string(),
    role: z.enum(ROLES),
    type: z.enum(['signature', 'token']),
    description: z.string(),
    createdTime: z.string(),
  })
  .meta({ id: 'AccessKey' });
const usageModel = z.record(z.string(), z.unknown()).meta({ id: 'Usage' });

/** The admin of the default tenant runs the host. */
const isOperator = ({ identity }: Pick<Call, 'identity'>): boolean =>
  identity.tenant === DEFAULT_TENANT && includes(identity.role, 'admin');

function checkOperator(call: Call): void {
  if (isOperator(call)) return;
  throw new IsopodError('AccessDenied', "Tenants are managed by the default tenant's admin");
}

/** The tenant a call is about: the caller's own, or another one for the host's operator. */
function tenantFor(call: Call, name: string | undefined): Tenant {
  if (name === undefined || name === call.tenant.name) return call.tenant;
  checkOperator(call);
  return call.host.tenants.get(name);
}

const tenantOperations = [
  operation({
    name: 'CreateTenant',
    method: 'POST',
    path: '/tenants',
    summary: 'Makes a tenant.',
    role: 'admin',
    status: 201,
    body: z.looseObject({ name: z.string() }),
    reply: tenantModel,
    run(call) {
      checkOperator(call);
      return call.host.tenants.create(call.body as never);
    },
  }),
  operation({
    name: 'ListTenants',
    method: 'GET',
    path: '/tenants',
    summary: 'Lists the tenants the caller may see.',
    role: 'admin',
    reply: z.looseObject({ tenants: z.array(tenantModel) }),
    run: (call) => ({ tenants: isOperator(call) ? call.host.tenants.list() : [call.tenant] }),
  }),
  operation({
    name: 'GetTenant',
    method: 'GET',
    path: '/tenants/:tenant',
    summary: 'Tells a tenant and its quotas.',
    role: 'admin',
    reply: tenantModel,
    run: (call) => tenantFor(call, call.params.tenant),
  }),
  operation({
    name: 'SetTenantQuotas',
    method: 'PUT',
    path: '/tenants/:tenant/quotas',
    summary: 'Replaces the quotas of a tenant.',
    role: 'admin',
    body: z.looseObject({}),
    reply: tenantModel,
    run(call) {
      checkOperator(call);
      return call.host.tenants.setQuotas(call.params.tenant as string, call.body as never);
    },
  }),
  operation({
    name: 'DeleteTenant',
    method: 'DELETE',
    path: '/tenants/:tenant',
    summary: 'Removes a tenant and its keys; with force, its functions first.',
    role: 'admin',
    query: z.object({ force: z.stringbool().default(false) }),
    async run(call) {
      checkOperator(call);
      const { host, params, query } = call;
      const tenant = host.tenants.get(params.tenant as string);
      const functions = host.functions.list(tenant);
      if (functions.length > 0 && !query.force) {
        throw new IsopodError(
          'ServiceNotEmpty',
          `The tenant ${tenant.name} has ${functions.length} functions; delete them first, or ask with force=true`,
        );
      }
      await host.keys.removeAllOf(tenant.name);
      for (const { name } of functions) await host.deleteFunction(tenant, name);
      await host.tenants.remove(tenant.name);
    },
  }),
];

const keyOperations = [
  operation({
    name: 'CreateAccessKey',
    method: 'POST',
    path: '/keys',
    summary: 'Makes a key; its secret or token is told this once.',
    role: 'admin',
    status: 201,
    body: z.strictObject({
      tenant: z.string().optional(),
      role: z.enum(ROLES),
      type: z.enum(['signature', 'token']).default('signature'),
      description: z.string().max(256).optional(),
    }),
    reply: keyModel.extend({ accessKeySecret: z.string().optional(), token: z.string().optional() }),
    run(call) {
      const { name } = tenantFor(call, call.body.tenant);
      const { role, type, description = '' } = call.body;
      return call.host.keys.create({ tenant: name, role, type, description });
    },
  }),
  operation({
    name: 'ListAccessKeys',
    method: 'GET',
    path: '/keys',
    summary: 'Lists keys, without what would let one in.',
    role: 'admin',
    query: z.object({ tenant: z.string().optional() }),
    reply: z.looseObject({ keys: z.array(keyModel) }),
    run(call) {
      const everyone = isOperator(call) && call.query.tenant === undefined;
      const keys: AccessKeyInfo[] = call.host.keys.list(everyone ? undefined : tenantFor(call, call.query.tenant).name);
      return { keys };
    },
  }),
  operation({
    name: 'DeleteAccessKey',
    method: 'DELETE',
    path: '/keys/:accessKeyId',
    summary: 'Nobody comes in with the key from now on.',
    role: 'admin',
    async run(call) {
      const { accessKeyId, tenant } = call.host.keys.get(call.params.accessKeyId as string);
      tenantFor(call, tenant);
      await call.host.keys.remove(accessKeyId);
    },
  }),
];

const usageOperations = [
  operation({
    name: 'GetUsage',
    method: 'GET',
    path: '/usage',
    summary: 'What tenants used since the server started; JSON lines with format=jsonl.',
    role: 'admin',
    query: z.object({ tenant: z.string().optional(), format: z.enum(['json', 'jsonl']).default('json') }),
    reply: z.looseObject({ usage: z.array(usageModel) }),
    run(call) {
      const { host, query } = call;
      const everyone = isOperator(call) && query.tenant === undefined;
      const tenants = everyone ? host.tenants.list() : [tenantFor(call, query.tenant)];
      const usage = tenants.map((tenant) => {
        const meter = host.meterOf(tenant);
        return { tenant: tenant.name, ...meter.usage, running: meter.running };
      });
      if (query.format === 'json') return { usage };
      const lines = usage.map((one) => `${JSON.stringify(one)}\n`).join('');
      return new Answer(200, { 'content-type': 'application/x-ndjson' }, lines);
    },
  }),
];

export const adminOperations = [
  ...tenantOperations,
  ...keyOperations,
  ...usageOperations,
  ...triggerOperations,
  ...inspectOperations,
  ...asyncOperations,
];
