/** Triggers as their owners watch them: what each one does, and a trial of it. */
import { z } from 'zod';
import { nameIn, splitName } from '../../tenant/tenants.ts';
import { operation } from '../call.ts';

const statusModel = z.looseObject({ state: z.string(), events: z.number(), failures: z.number() });
const watchedModel = z
  .looseObject({ functionName: z.string(), triggerName: z.string(), triggerType: z.string(), status: statusModel })
  .meta({ id: 'WatchedTrigger' });

export const triggerOperations = [
  operation({
    name: 'WatchTriggers',
    method: 'GET',
    path: '/triggers',
    summary: "Lists the caller's triggers with what they do: state, lag, last event, last error.",
    role: 'deploy',
    reply: z.looseObject({ triggers: z.array(watchedModel) }),
    run: ({ host, tenant }) => ({
      triggers: host.engine
        .listTriggers()
        .map((trigger) => ({ trigger, of: splitName(trigger.functionName) }))
        .filter(({ of }) => of.tenant === tenant.name)
        .map(({ trigger, of }) => ({ ...trigger, functionName: of.functionName })),
    }),
  }),
  operation({
    name: 'TestTrigger',
    method: 'POST',
    path: '/triggers/:functionName/:triggerName/test',
    summary: "Calls the function with a sample of what the trigger's source sends, or with the event given.",
    role: 'invoke',
    body: z.looseObject({ event: z.unknown().optional() }),
    reply: z.looseObject({ event: z.unknown(), result: z.unknown() }),
    async run({ host, tenant, params, body }) {
      const { triggerName = '', functionName = '' } = params;
      const full = nameIn(tenant.name, functionName);
      const event = body.event ?? (await host.engine.triggers.sample(full, triggerName));
      const result = await host.engine.testTrigger(full, triggerName, event);
      return { event: shown(event), result: shown(result) };
    },
  }),
];

/** Bytes as base64: JSON has none. */
const shown = (value: unknown): unknown =>
  value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
