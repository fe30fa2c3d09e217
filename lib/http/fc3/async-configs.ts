/** Function Compute 3.0: what happens to async events. */
import { z } from 'zod';
import { splitName } from '../../tenant/tenants.ts';
import type { AsyncInvokeConfigInfo } from '../../types.ts';
import { functionArn } from '../arn.ts';
import { asyncConfigFields, asyncConfigModel, configsOf, settingsOf } from '../async-configs.ts';
import { type ApiCall, operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';
import { fullOf, placeOf } from './functions.ts';

type Call = ApiCall<unknown, unknown>;

const asyncTask = z.boolean().nullish().describe('Every async call is a task; default false.');
const input = z.looseObject({ asyncTask, ...asyncConfigFields });
const model = asyncConfigModel.extend({ functionArn: z.string(), asyncTask }).meta({ id: 'AsyncConfig' });

function modelOf(
  call: Pick<Call, 'host' | 'tenant'>,
  { functionName: full, qualifier, ...said }: AsyncInvokeConfigInfo,
) {
  const { functionName } = splitName(full);
  return { ...said, functionArn: functionArn(placeOf(call), functionName, qualifier) };
}

const path = '/functions/:functionName/async-invoke-config';
const qualified = z.object({ qualifier: z.string().optional() });

export const asyncConfigOperations = [
  operation({
    name: 'PutAsyncInvokeConfig',
    method: 'PUT',
    path,
    summary: 'Says what happens to async events of a function and qualifier; what is not said keeps its value.',
    role: 'deploy',
    query: qualified,
    body: input,
    reply: model,
    async run(call) {
      const settings = settingsOf(call.body, call.body.asyncTask);
      return modelOf(call, await call.host.engine.putAsyncInvokeConfig(fullOf(call), settings, call.query));
    },
  }),
  operation({
    name: 'GetAsyncInvokeConfig',
    method: 'GET',
    path,
    summary: 'Tells what was said of async events.',
    role: 'deploy',
    query: qualified,
    reply: model,
    run: async (call) => modelOf(call, await call.host.engine.getAsyncInvokeConfig(fullOf(call), call.query)),
  }),
  operation({
    name: 'DeleteAsyncInvokeConfig',
    method: 'DELETE',
    path,
    summary: 'Forgets it: defaults apply again.',
    role: 'deploy',
    query: qualified,
    run: (call) => call.host.engine.deleteAsyncInvokeConfig(fullOf(call), call.query),
  }),
  operation({
    name: 'ListAsyncInvokeConfigs',
    method: 'GET',
    path: '/async-invoke-configs',
    summary: 'Lists what was said of async events, of a function or of all.',
    role: 'deploy',
    query: z.object({ ...pageQuery, functionName: z.string().optional() }),
    reply: z.looseObject({ configs: z.array(model), nextToken: z.string().optional() }),
    async run(call) {
      const { host, tenant, query } = call;
      if (query.functionName !== undefined) host.functions.get(tenant, query.functionName);
      const all = await configsOf(host, tenant, query.functionName);
      const { items, nextToken } = page(all, (of) => `${of.functionName}:${of.qualifier}`, query);
      return { configs: items.map((item) => modelOf(call, item)), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
