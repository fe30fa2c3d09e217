/** Function Compute 3.0: async tasks. */
import { z } from 'zod';
import { nameIn } from '../../tenant/tenants.ts';
import type { AsyncTask } from '../../types.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { page, pageQuery } from '../paging.ts';
import { placeOf } from './functions.ts';

const taskModel = z
  .looseObject({
    taskId: z.string(),
    functionArn: z.string(),
    qualifier: z.string(),
    requestId: z.string(),
    status: z.string(),
    startedTime: z.number().describe('Milliseconds since the epoch.'),
    endTime: z.number().optional(),
    durationMs: z.number().optional(),
    alreadyRetriedTimes: z.number(),
    taskErrorMessage: z.string().optional(),
  })
  .meta({ id: 'AsyncTask' });

type Call = ApiCall<unknown, unknown>;

export const fullOf = ({ host, tenant }: Pick<Call, 'host' | 'tenant'>, name: string): string => {
  host.functions.get(tenant, name);
  return nameIn(tenant.name, name);
};

export function taskOf(call: Pick<Call, 'host' | 'tenant'>, name: string, task: AsyncTask, qualifier = 'LATEST') {
  const { taskId, requestId, status, attempts, acceptedAt, endedAt, error } = task;
  return {
    taskId,
    functionArn: functionArn(placeOf(call), name),
    qualifier,
    requestId,
    status,
    startedTime: acceptedAt,
    ...(endedAt !== undefined && { endTime: endedAt, durationMs: Math.max(0, endedAt - acceptedAt) }),
    alreadyRetriedTimes: Math.max(0, attempts - 1),
    ...(error !== undefined && { taskErrorMessage: error.message }),
  };
}

const path = '/functions/:functionName/async-tasks';
const milliseconds = z.coerce.number().int().min(0).optional();

export const listQuery = z.object({
  ...pageQuery,
  limit: pageQuery.limit.default(20),
  qualifier: z.string().optional(),
  prefix: z.string().default('').describe('Of the task id.'),
  status: z.string().optional(),
  startedTimeBegin: milliseconds,
  startedTimeEnd: milliseconds,
  sortOrderByTime: z.enum(['asc', 'desc']).default('desc'),
});

/** The tasks a list asks for, by the time they were accepted. */
export function wantedTasks(tasks: readonly AsyncTask[], query: z.output<typeof listQuery>) {
  const { prefix, status, startedTimeBegin = 0, startedTimeEnd = Number.MAX_SAFE_INTEGER, sortOrderByTime } = query;
  const found = tasks.filter(
    (task) =>
      task.taskId.startsWith(prefix) &&
      (status === undefined || task.status === status) &&
      task.acceptedAt >= startedTimeBegin &&
      task.acceptedAt <= startedTimeEnd,
  );
  const time = ({ acceptedAt }: AsyncTask): number =>
    sortOrderByTime === 'asc' ? acceptedAt : Number.MAX_SAFE_INTEGER - acceptedAt;
  return page(found, (task) => `${String(time(task)).padStart(16, '0')} ${task.taskId}`, query);
}

export const taskOperations = [
  operation({
    name: 'GetAsyncTask',
    method: 'GET',
    path: `${path}/:taskId`,
    summary: 'Tells what became of an async call that has a task id.',
    role: 'invoke',
    query: z.object({ qualifier: z.string().optional() }),
    reply: taskModel,
    run(call) {
      const name = call.params.functionName as string;
      const task = call.host.engine.getAsyncTask(fullOf(call, name), call.params.taskId as string);
      return taskOf(call, name, task, call.query.qualifier);
    },
  }),
  operation({
    name: 'ListAsyncTasks',
    method: 'GET',
    path,
    summary: 'Lists async calls that have a task id, newest first.',
    role: 'invoke',
    query: listQuery,
    reply: z.looseObject({ tasks: z.array(taskModel), nextToken: z.string().optional() }),
    run(call) {
      const name = call.params.functionName as string;
      const tasks = call.host.engine.listAsyncTasks(fullOf(call, name));
      const { items, nextToken } = wantedTasks(tasks, call.query);
      const told = items.map((task) => taskOf(call, name, task, call.query.qualifier));
      return { tasks: told, ...(nextToken !== undefined && { nextToken }) };
    },
  }),
  operation({
    name: 'StopAsyncTask',
    method: 'PUT',
    path: `${path}/:taskId/stop`,
    summary: 'Gives an async call up.',
    role: 'invoke',
    query: z.object({ qualifier: z.string().optional() }),
    run(call) {
      return call.host.engine.stopAsyncTask(
        fullOf(call, call.params.functionName as string),
        call.params.taskId as string,
      );
    },
  }),
];
