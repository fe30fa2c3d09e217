/** Function Compute 3.0: triggers. */
import { z } from 'zod';
import type { TriggerInfo, TriggerType } from '../../types.ts';
import { functionArn } from '../arn.ts';
import { type ApiCall, operation } from '../call.ts';
import { labelOf, URL_PREFIX } from '../gateway/targets.ts';
import { page, pageQuery } from '../paging.ts';
import { fullOf, placeOf } from './functions.ts';

const triggerModel = z
  .looseObject({
    triggerId: z.string(),
    triggerName: z.string(),
    triggerType: z.string(),
    triggerConfig: z.string().describe('JSON text.'),
    qualifier: z.string(),
    createdTime: z.string(),
    lastModifiedTime: z.string(),
    httpTrigger: z.looseObject({ urlInternet: z.string(), urlIntranet: z.string() }).optional(),
  })
  .meta({ id: 'Trigger' });

export const updateTriggerInput = z.looseObject({
  triggerConfig: z.string().optional(),
  qualifier: z.string().optional(),
  sourceArn: z.string().optional(),
  invocationRole: z.string().optional(),
  description: z.string().optional(),
});
const createInput = updateTriggerInput
  .extend({ triggerName: z.string(), triggerType: z.string() })
  .meta({ id: 'CreateTriggerInput' });

/** By path, which works everywhere; by name, which gives the function a host of its own. */
export function urlsOf(origin: string, trigger: TriggerInfo): { urlInternet: string; urlIntranet: string } {
  const label = labelOf(trigger);
  const { protocol, port } = new URL(origin);
  return {
    urlInternet: `${origin}${URL_PREFIX}/${label}`,
    urlIntranet: `${protocol}//${label}.localhost${port === '' ? '' : `:${port}`}`,
  };
}

function shown(call: ApiCall<unknown, unknown>, trigger: TriggerInfo) {
  const { functionName: _, status, ...rest } = trigger;
  const name = call.params.functionName as string;
  return {
    ...rest,
    status: status.state,
    targetArn: functionArn(placeOf(call), name, trigger.qualifier === 'LATEST' ? undefined : trigger.qualifier),
    ...(trigger.triggerType === 'http' && { httpTrigger: urlsOf(call.origin, trigger) }),
  };
}

/** What clients send empty stands for nothing. */
export function given<T extends Readonly<Record<string, unknown>>>(input: T): Partial<T> {
  const named = [
    'triggerName',
    'triggerType',
    'triggerConfig',
    'qualifier',
    'sourceArn',
    'invocationRole',
    'description',
  ];
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => named.includes(name) && value !== undefined && value !== ''),
  ) as Partial<T>;
}

const path = '/functions/:functionName/triggers';

export const triggerOperations = [
  operation({
    name: 'CreateTrigger',
    method: 'POST',
    path,
    summary: 'Binds an event source to a function.',
    role: 'deploy',
    body: createInput,
    reply: triggerModel,
    async run(call) {
      const { triggerName, triggerType, ...rest } = call.body;
      const full = fullOf(call);
      const config = { triggerName, triggerType: triggerType as TriggerType, ...given(rest) };
      return shown(call, await call.host.engine.createTrigger(full, config as never));
    },
  }),
  operation({
    name: 'GetTrigger',
    method: 'GET',
    path: `${path}/:triggerName`,
    summary: 'Tells a trigger, its address and its state.',
    role: 'deploy',
    reply: triggerModel,
    run: (call) => shown(call, call.host.engine.getTrigger(fullOf(call), call.params.triggerName as string)),
  }),
  operation({
    name: 'UpdateTrigger',
    method: 'PUT',
    path: `${path}/:triggerName`,
    summary: 'Changes what the body names.',
    role: 'deploy',
    body: updateTriggerInput,
    reply: triggerModel,
    async run(call) {
      const changes = given(call.body);
      return shown(
        call,
        await call.host.engine.updateTrigger(fullOf(call), call.params.triggerName as string, changes as never),
      );
    },
  }),
  operation({
    name: 'DeleteTrigger',
    method: 'DELETE',
    path: `${path}/:triggerName`,
    summary: 'Removes a trigger.',
    role: 'deploy',
    run: (call) => call.host.engine.deleteTrigger(fullOf(call), call.params.triggerName as string),
  }),
  operation({
    name: 'ListTriggers',
    method: 'GET',
    path,
    summary: 'Lists triggers by name.',
    role: 'deploy',
    query: z.object({ ...pageQuery, prefix: z.string().default('') }),
    reply: z.looseObject({ triggers: z.array(triggerModel), nextToken: z.string().optional() }),
    run(call) {
      const all = call.host.engine
        .listTriggers(fullOf(call))
        .filter(({ triggerName }) => triggerName.startsWith(call.query.prefix));
      const { items, nextToken } = page(all, ({ triggerName }) => triggerName, call.query);
      return { triggers: items.map((item) => shown(call, item)), ...(nextToken !== undefined && { nextToken }) };
    },
  }),
];
