/** Function Compute 3.0: async tasks. */
import { z } from 'zod';
import { taskStatuses } from '../../async-options.ts';
import type { AsyncTask, AsyncTaskPage } from '../../types.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import type { Host } from '../host.ts';
import { pageQuery } from '../paging.ts';
import { fullOf, placeOf } from './functions.ts';

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
    instanceId: z.string().optional(),
    destinationStatus: z.string().optional(),
    taskPayload: z.string().optional(),
    returnPayload: z.string().optional(),
    events: z.array(
      z.looseObject({ eventId: z.number(), timestamp: z.number(), status: z.string(), eventDetail: z.string() }),
    ),
  })
  .meta({ id: 'AsyncTask' });

type Call = ApiCall<unknown, unknown>;

function taskOf(call: Pick<Call, 'host' | 'tenant' | 'params'>, task: AsyncTask) {
  // The fields have Function Compute's names already; only the error is ours.
  const { functionName, error, ...facts } = task;
  return { ...facts, functionArn: functionArn(placeOf(call), call.params.functionName as string) };
}

const path = '/functions/:functionName/async-tasks';
const milliseconds = z.coerce.number().int().min(0).optional();

export const taskListQuery = z.object({
  ...pageQuery,
  limit: pageQuery.limit.default(20),
  qualifier: z.string().optional(),
  prefix: z.string().optional().describe('Of the task id.'),
  status: z.enum(['Dequeued', ...taskStatuses]).optional(),
  startedTimeBegin: milliseconds,
  startedTimeEnd: milliseconds,
  sortOrderByTime: z.enum(['asc', 'desc']).default('desc'),
  includePayload: z.stringbool().default(false),
});

/** Of a function by its full name. */
export async function tasksOf(
  { engine }: Host,
  functionName: string,
  { status, ...query }: z.output<typeof taskListQuery>,
): Promise<AsyncTaskPage> {
  // A state of the documents no task is in: an event is taken out of the queue and run in one step.
  if (status === 'Dequeued') return { tasks: [] };
  return engine.listAsyncTasks(functionName, { ...query, status });
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
    async run(call) {
      return taskOf(call, await call.host.engine.getAsyncTask(fullOf(call), call.params.taskId as string));
    },
  }),
  operation({
    name: 'ListAsyncTasks',
    method: 'GET',
    path,
    summary: 'Lists async calls that have a task id, newest first.',
    role: 'invoke',
    query: taskListQuery,
    reply: z.looseObject({ tasks: z.array(taskModel), nextToken: z.string().optional() }),
    async run(call) {
      const found = await tasksOf(call.host, fullOf(call), call.query);
      return { ...found, tasks: found.tasks.map((task) => taskOf(call, task)) };
    },
  }),
  operation({
    name: 'StopAsyncTask',
    method: 'PUT',
    path: `${path}/:taskId/stop`,
    summary: 'Gives an async call up.',
    role: 'invoke',
    query: z.object({ qualifier: z.string().optional() }),
    run: (call) => call.host.engine.stopAsyncTask(fullOf(call), call.params.taskId as string),
  }),
];
