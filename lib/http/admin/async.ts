/** Async events beyond Function Compute's API: tasks run again, and what was given up. */
import { z } from 'zod';
import { nameIn } from '../../tenant/tenants.ts';
import { type ApiCall, operation } from '../call.ts';
import { pageQuery } from '../paging.ts';

const letterModel = z
  .looseObject({
    id: z.string(),
    kind: z.enum(['event', 'outcome']),
    qualifier: z.string(),
    requestId: z.string(),
    reason: z.string(),
    message: z.string(),
    attempts: z.number(),
    time: z.number().describe('Milliseconds since the epoch.'),
  })
  .meta({ id: 'DeadLetter' });
const MAX_IDS = 10_000;
const chosen = z.looseObject({ ids: z.array(z.string()).max(MAX_IDS).optional().describe('Default: all.') });

/** Throws `FunctionNotFound`. */
function fullOf({ host, tenant, params }: Pick<ApiCall<unknown, unknown>, 'host' | 'tenant' | 'params'>): string {
  const { functionName = '' } = params;
  host.functions.get(tenant, functionName);
  return nameIn(tenant.name, functionName);
}

const path = '/functions/:functionName/dead-letters';

export const asyncOperations = [
  operation({
    name: 'RerunAsyncTask',
    method: 'POST',
    path: '/functions/:functionName/async-tasks/:taskId/rerun',
    summary: 'Accepts the event of a task once more, as a new task.',
    role: 'invoke',
    status: 202,
    body: z.looseObject({ taskId: z.string().optional().describe('Of the new task; one is made by default.') }),
    reply: z.looseObject({ requestId: z.string(), taskId: z.string() }),
    run: (call) =>
      call.host.engine.rerunAsyncTask(fullOf(call), call.params.taskId as string, { taskId: call.body.taskId }),
  }),
  operation({
    name: 'ListDeadLetters',
    method: 'GET',
    path,
    summary: 'Lists events that were given up, and outcomes their destinations never took.',
    role: 'invoke',
    query: z.object(pageQuery),
    reply: z.looseObject({ deadLetters: z.array(letterModel), nextToken: z.string().optional() }),
    run: (call) => call.host.engine.listDeadLetters(fullOf(call), call.query),
  }),
  operation({
    name: 'GetDeadLetter',
    method: 'GET',
    path: `${path}/:id`,
    summary: 'Tells all of a dead letter, with its event.',
    role: 'invoke',
    reply: letterModel,
    run: (call) => call.host.engine.getDeadLetter(fullOf(call), call.params.id as string),
  }),
  operation({
    name: 'RedriveDeadLetters',
    method: 'POST',
    path: `${path}/redrive`,
    summary: 'Accepts the events of dead letters once more, or tells their destinations again.',
    role: 'invoke',
    body: chosen,
    reply: z.looseObject({ redriven: z.number() }),
    run: async (call) => ({
      redriven: await call.host.engine.redriveDeadLetters(fullOf(call), { ids: call.body.ids }),
    }),
  }),
  operation({
    name: 'PurgeDeadLetters',
    method: 'POST',
    path: `${path}/purge`,
    summary: 'Forgets dead letters.',
    role: 'deploy',
    body: chosen,
    reply: z.looseObject({ purged: z.number() }),
    run: async (call) => ({ purged: await call.host.engine.purgeDeadLetters(fullOf(call), { ids: call.body.ids }) }),
  }),
];
