/** Async calls beyond what the protocols tell: dead letters, outcomes on their way, tasks done again. */
import { z } from 'zod';
import { DEFAULT_TENANT, splitName } from '../../tenant/tenants.ts';
import { operation } from '../call.ts';
import { fullOf } from '../fc3/functions.ts';
import { pageQuery } from '../paging.ts';

const letterModel = z
  .looseObject({
    id: z.string(),
    kind: z.enum(['event', 'outcome']),
    functionName: z.string(),
    qualifier: z.string(),
    requestId: z.string(),
    reason: z.string().describe('An error code, or `EventAgeExceeded`, or `Stopped`.'),
    message: z.string(),
    attempts: z.number(),
    time: z.number().describe('Milliseconds since the epoch at which it was given up.'),
    destination: z.string().optional(),
  })
  .meta({ id: 'DeadLetter' });
const deliveryModel = z
  .looseObject({
    functionName: z.string(),
    requestId: z.string(),
    destination: z.string(),
    success: z.boolean(),
    attempts: z.number(),
    error: z.string().optional(),
  })
  .meta({ id: 'DestinationDelivery' });

const MOST_IDS = 10_000;
const some = z.looseObject({
  ids: z.array(z.string()).max(MOST_IDS).optional().describe('Only these; default: all of the function.'),
});

/** As its tenant knows the function. */
const own = <T extends { readonly functionName: string }>(item: T): T => ({
  ...item,
  functionName: splitName(item.functionName).functionName,
});

const FUNCTION = '/functions/:functionName';
const LETTERS = `${FUNCTION}/dead-letters`;

export const asyncOperations = [
  operation({
    name: 'GetWebhookSecret',
    method: 'GET',
    path: '/webhook-secret',
    summary: "Tells what outcomes of the tenant's functions are signed with (Standard Webhooks).",
    role: 'deploy',
    reply: z.looseObject({ webhookSecret: z.string() }),
    run: ({ host, tenant }) => ({
      webhookSecret: host.engine.webhookSecretOf(tenant.name === DEFAULT_TENANT ? undefined : tenant.name),
    }),
  }),
  operation({
    name: 'ListDeadLetters',
    method: 'GET',
    path: LETTERS,
    summary: 'Lists events that were given up and outcomes no destination took, oldest first.',
    role: 'invoke',
    query: z.object(pageQuery),
    reply: z.looseObject({ deadLetters: z.array(letterModel), nextToken: z.string().optional() }),
    async run(call) {
      const full = fullOf(call);
      const { deadLetters, ...rest } = await call.host.engine.listDeadLetters(full, call.query);
      return { ...rest, deadLetters: deadLetters.map(own) };
    },
  }),
  operation({
    name: 'GetDeadLetter',
    method: 'GET',
    path: `${LETTERS}/:id`,
    summary: 'Tells a dead letter with its event and its outcome.',
    role: 'invoke',
    reply: letterModel,
    run: async (call) => own(await call.host.engine.getDeadLetter(fullOf(call), call.params.id as string)),
  }),
  operation({
    name: 'RedriveDeadLetters',
    method: 'POST',
    path: `${LETTERS}/redrive`,
    summary: 'Accepts given-up events again and sends outcomes again.',
    role: 'invoke',
    body: some,
    reply: z.looseObject({ redriven: z.number() }),
    async run(call) {
      const full = fullOf(call);
      return { redriven: await call.host.engine.redriveDeadLetters(full, { ids: call.body.ids }) };
    },
  }),
  operation({
    name: 'PurgeDeadLetters',
    method: 'POST',
    path: `${LETTERS}/purge`,
    summary: 'Forgets dead letters for good.',
    role: 'deploy',
    body: some,
    reply: z.looseObject({ purged: z.number() }),
    async run(call) {
      const full = fullOf(call);
      return { purged: await call.host.engine.purgeDeadLetters(full, { ids: call.body.ids }) };
    },
  }),
  operation({
    name: 'ListDestinationDeliveries',
    method: 'GET',
    path: `${FUNCTION}/deliveries`,
    summary: 'Lists outcomes their destination has not taken yet, with what it said.',
    role: 'invoke',
    query: z.object(pageQuery),
    reply: z.looseObject({ deliveries: z.array(deliveryModel), nextToken: z.string().optional() }),
    async run(call) {
      const full = fullOf(call);
      const { deliveries, ...rest } = await call.host.engine.listDestinationDeliveries(full, call.query);
      return { ...rest, deliveries: deliveries.map(own) };
    },
  }),
  operation({
    name: 'RerunAsyncTask',
    method: 'POST',
    path: `${FUNCTION}/async-tasks/:taskId/rerun`,
    summary: 'Does a remembered task again, as a new one.',
    role: 'invoke',
    status: 202,
    body: z.looseObject({ taskId: z.string().optional() }),
    reply: z.looseObject({ requestId: z.string(), taskId: z.string() }),
    run: (call) =>
      call.host.engine.rerunAsyncTask(fullOf(call), call.params.taskId as string, {
        taskId: call.body.taskId,
      }),
  }),
];
