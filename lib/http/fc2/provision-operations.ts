/** Function Compute 2.0: provisioned instances. There is no operation that takes a config away: a target of 0 does. */
import { z } from 'zod';
import type { ProvisionConfig, ProvisionInfo } from '../../types.ts';
import { type ApiCall, operation } from '../call.ts';
import { provisionInput, withoutNulls } from '../fc3/provisions.ts';
import { page, pageQuery } from '../paging.ts';
import { type Asked, asked } from './asked.ts';
import { anything, qualified } from './models.ts';
import { resourceOf } from './services.ts';

type Call = Pick<ApiCall<unknown, unknown>, 'host' | 'tenant'>;
type Of = Pick<Asked, 'service' | 'functionName' | 'qualifier'>;

const path = '/services/:service/functions/:function/provision-config';

/** Without `info` there is no config. */
function shown({ tenant }: Call, { service, functionName, qualifier }: Of, info: ProvisionInfo | undefined) {
  const resource = resourceOf(tenant, service, qualifier, functionName);
  if (info === undefined) return { resource, target: 0, current: 0 };
  const { functionName: _, qualifier: __, lastModifiedTime: ___, ...config } = info;
  return { resource, ...config };
}

const isNothing = ({ target, defaultTarget, scheduledActions, targetTrackingPolicies }: ProvisionConfig): boolean =>
  (defaultTarget ?? target ?? 0) === 0 && !scheduledActions?.length && !targetTrackingPolicies?.length;

export const provisionOperations = [
  operation({
    name: 'PutProvisionConfig',
    method: 'PUT',
    path,
    summary: 'Keeps instances started, by a number, schedules and use; a target of 0 and no rules lets them go.',
    role: 'deploy',
    query: qualified,
    body: provisionInput,
    reply: anything,
    async run(call) {
      const { host, tenant } = call;
      const of = await asked(call);
      const config = withoutNulls(call.body) as ProvisionConfig;
      if (!isNothing(config)) return shown(call, of, await host.provisions.put(tenant, of.name, config, of.own));
      if (host.provisions.list(tenant, of.name).some(({ qualifier }) => qualifier === of.own)) {
        await host.engine.deleteProvisionConfig(of.full, { qualifier: of.own });
      }
      return shown(call, of, undefined);
    },
  }),
  operation({
    name: 'GetProvisionConfig',
    method: 'GET',
    path,
    summary: 'Tells that config and how many instances are there.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    async run(call) {
      const of = await asked(call);
      const all = call.host.provisions.list(call.tenant, of.name);
      return shown(
        call,
        of,
        all.find(({ qualifier }) => qualifier === of.own),
      );
    },
  }),
  operation({
    name: 'ListProvisionConfigs',
    method: 'GET',
    path: '/provision-configs',
    summary: 'Lists such configs of all services, or of one and a qualifier.',
    role: 'deploy',
    query: qualified.extend({ ...pageQuery, serviceName: z.string().optional() }),
    reply: anything,
    async run(call) {
      const { serviceName, qualifier: wanted } = call.query;
      const found: { readonly of: Of; readonly info: ProvisionInfo }[] = [];
      for (const info of call.host.provisions.list(call.tenant)) {
        const [service = '', functionName] = info.functionName.split('$', 2);
        if (functionName === undefined || (serviceName ?? service) !== service) continue;
        const { serviceVersions } = call.host;
        const qualifier = await serviceVersions.qualifierOf(call.tenant, service, functionName, info.qualifier);
        if ((wanted ?? qualifier) === qualifier) found.push({ of: { service, functionName, qualifier }, info });
      }
      const { items, nextToken } = page(found, ({ of, info }) => shown(call, of, info).resource, call.query);
      const provisionConfigs = items.map(({ of, info }) => shown(call, of, info));
      return { provisionConfigs, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
