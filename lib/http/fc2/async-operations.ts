/** Function Compute 2.0: what happens to async events, and tasks, which are called stateful invocations there. */
import { z } from 'zod';
import { splitName } from '../../tenant/tenants.ts';
import type { AsyncInvokeConfigInfo, AsyncTask } from '../../types.ts';
import { asyncConfigFields, configsOf, settingsOf } from '../async-configs.ts';
import { operation } from '../call.ts';
import { taskListQuery, tasksOf } from '../fc3/tasks.ts';
import { page, pageQuery } from '../paging.ts';
import { asked } from './asked.ts';
import { anything, qualified } from './models.ts';
import type { Reference } from './services.ts';

const FUNCTION = '/services/:service/functions/:function';

function configOf(
  { service, functionName }: Pick<Reference, 'service' | 'functionName'>,
  qualifier: string,
  { asyncTask, functionName: _, qualifier: __, ...said }: AsyncInvokeConfigInfo,
) {
  return { ...said, service, function: functionName, qualifier, statefulInvocation: asyncTask ?? false };
}

const configPath = `${FUNCTION}/async-invoke-config`;
const configOperations = [
  operation({
    name: 'PutFunctionAsyncInvokeConfig',
    method: 'PUT',
    path: configPath,
    summary: 'Says what happens to async events; what is not said keeps its value.',
    role: 'deploy',
    query: qualified,
    body: z.looseObject({ statefulInvocation: z.boolean().nullish(), ...asyncConfigFields }),
    reply: anything,
    async run(call) {
      const of = await asked(call);
      const settings = settingsOf(call.body, call.body.statefulInvocation);
      const said = await call.host.engine.putAsyncInvokeConfig(of.full, settings, { qualifier: of.own });
      return configOf(of, of.qualifier, said);
    },
  }),
  operation({
    name: 'GetFunctionAsyncInvokeConfig',
    method: 'GET',
    path: configPath,
    summary: 'Tells what was said of async events.',
    role: 'deploy',
    query: qualified,
    reply: anything,
    async run(call) {
      const of = await asked(call);
      return configOf(of, of.qualifier, await call.host.engine.getAsyncInvokeConfig(of.full, { qualifier: of.own }));
    },
  }),
  operation({
    name: 'DeleteFunctionAsyncInvokeConfig',
    method: 'DELETE',
    path: configPath,
    summary: 'Forgets it: defaults apply again.',
    role: 'deploy',
    query: qualified,
    async run(call) {
      const { full, own } = await asked(call);
      await call.host.engine.deleteAsyncInvokeConfig(full, { qualifier: own });
    },
  }),
  operation({
    name: 'ListFunctionAsyncInvokeConfigs',
    method: 'GET',
    path: `${FUNCTION}/async-invoke-configs`,
    summary: 'Lists what was said of the qualifiers of a function.',
    role: 'deploy',
    query: z.object(pageQuery),
    reply: anything,
    async run(call) {
      const of = await asked(call);
      const all = await configsOf(call.host, call.tenant, of.name);
      const { items, nextToken } = page(all, ({ qualifier }) => qualifier, call.query);
      const { host, tenant } = call;
      const shown = async (item: AsyncInvokeConfigInfo) =>
        configOf(of, await host.serviceVersions.qualifierOf(tenant, of.service, of.functionName, item.qualifier), item);
      return { configs: await Promise.all(items.map(shown)), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];

/** 3.0's task in 2.0's words. */
function invocationOf(task: AsyncTask) {
  const { functionName: full, taskId, taskPayload, taskErrorMessage, error: _, ...rest } = task;
  const [serviceName = '', functionName = ''] = splitName(full).functionName.split('$', 2);
  return {
    ...rest,
    serviceName,
    functionName,
    invocationId: taskId,
    ...(taskPayload !== undefined && { invocationPayload: taskPayload }),
    ...(taskErrorMessage !== undefined && { invocationErrorMessage: taskErrorMessage }),
  };
}

const taskPath = `${FUNCTION}/stateful-async-invocations`;
const taskOperations = [
  operation({
    name: 'ListStatefulAsyncInvocations',
    method: 'GET',
    path: taskPath,
    summary: 'Lists async calls that have an id, newest first.',
    role: 'invoke',
    query: taskListQuery.omit({ prefix: true }).extend({ invocationIdPrefix: z.string().optional() }),
    reply: anything,
    async run(call) {
      const { full, qualifier, own } = await asked(call);
      const { invocationIdPrefix: prefix, ...query } = call.query;
      // LATEST is what is asked for when nothing is: then all are wanted.
      const wanted = { ...query, prefix, qualifier: qualifier === 'LATEST' ? undefined : own };
      const { tasks, nextToken } = await tasksOf(call.host, full, wanted);
      return { invocations: tasks.map(invocationOf), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'GetStatefulAsyncInvocation',
    method: 'GET',
    path: `${taskPath}/:id`,
    summary: 'Tells what became of an async call that has an id.',
    role: 'invoke',
    query: qualified,
    reply: anything,
    async run(call) {
      const { full } = await asked(call);
      return invocationOf(await call.host.engine.getAsyncTask(full, call.params.id as string));
    },
  }),
  operation({
    name: 'StopStatefulAsyncInvocation',
    method: 'PUT',
    path: `${taskPath}/:id`,
    summary: 'Gives an async call up.',
    role: 'invoke',
    query: qualified,
    async run(call) {
      const { full } = await asked(call);
      await call.host.engine.stopAsyncTask(full, call.params.id as string);
    },
  }),
];

export const asyncOperations = [...configOperations, ...taskOperations];
