/** Function Compute 2.0: triggers. */
import { z } from 'zod';
import { splitName } from '../../tenant/tenants.ts';
import type { TriggerInfo, TriggerType } from '../../types.ts';
import { type ApiCall, type Operation, operation } from '../call.ts';
import { given, updateTriggerInput, urlsOf } from '../fc3/triggers.ts';
import { page, pageQuery } from '../paging.ts';
import { asked } from './asked.ts';
import { anything } from './models.ts';

type Call = ApiCall<unknown, unknown>;

const path = '/services/:service/functions/:function/triggers';
/** Either form is taken, whatever the version of the API. */
const triggerConfig = z.union([z.string(), z.looseObject({})]).optional();
const updateInput = updateTriggerInput.extend({ triggerConfig });
const createInput = updateInput.extend({ triggerName: z.string(), triggerType: z.string() });

/** As the engine takes it: the config as JSON text, the function's own qualifier. */
async function settingsOf(call: Call, service: string, functionName: string, input: z.output<typeof updateInput>) {
  const { triggerConfig: config, qualifier, ...rest } = input;
  const own =
    qualifier && (await call.host.serviceVersions.qualifierFor(call.tenant, service, functionName, qualifier));
  return given({
    ...rest,
    triggerConfig: typeof config === 'object' ? JSON.stringify(config) : config,
    qualifier: own,
  });
}

/** `configAsText`: 2016-08-15 tells `triggerConfig` as an object, 2021-04-06 as JSON text. */
export function triggerOperations(configAsText: boolean): Operation[] {
  async function shown({ host, tenant, origin }: Call, trigger: TriggerInfo) {
    const { functionName: full, status: _, triggerConfig: text, qualifier: own, ...rest } = trigger;
    const [service = '', name = ''] = splitName(full).functionName.split('$', 2);
    return {
      ...rest,
      triggerConfig: configAsText ? text : JSON.parse(text),
      qualifier: await host.serviceVersions.qualifierOf(tenant, service, name, own),
      ...(trigger.triggerType === 'http' && urlsOf(origin, trigger)),
    };
  }

  return [
    operation({
      name: 'CreateTrigger',
      method: 'POST',
      path,
      summary: 'Binds an event source to a function.',
      role: 'deploy',
      body: createInput,
      reply: anything,
      async run(call) {
        const { triggerName, triggerType, ...input } = call.body;
        const { full, service, functionName } = await asked(call);
        const settings = await settingsOf(call, service, functionName, input);
        const config = { ...settings, triggerName, triggerType: triggerType as TriggerType };
        return shown(call, await call.host.engine.createTrigger(full, config as never));
      },
    }),
    operation({
      name: 'GetTrigger',
      method: 'GET',
      path: `${path}/:trigger`,
      summary: 'Tells a trigger and its address.',
      role: 'deploy',
      reply: anything,
      run: async (call) =>
        shown(call, call.host.engine.getTrigger((await asked(call)).full, call.params.trigger as string)),
    }),
    operation({
      name: 'UpdateTrigger',
      method: 'PUT',
      path: `${path}/:trigger`,
      summary: 'Changes what the body names.',
      role: 'deploy',
      body: updateInput,
      reply: anything,
      async run(call) {
        const { full, service, functionName } = await asked(call);
        const changes = await settingsOf(call, service, functionName, call.body);
        return shown(call, await call.host.engine.updateTrigger(full, call.params.trigger as string, changes as never));
      },
    }),
    operation({
      name: 'DeleteTrigger',
      method: 'DELETE',
      path: `${path}/:trigger`,
      summary: 'Removes a trigger.',
      role: 'deploy',
      run: async (call) => call.host.engine.deleteTrigger((await asked(call)).full, call.params.trigger as string),
    }),
    operation({
      name: 'ListTriggers',
      method: 'GET',
      path,
      summary: 'Lists triggers by name.',
      role: 'deploy',
      query: z.object({ ...pageQuery, prefix: z.string().default(''), startKey: z.string().default('') }),
      reply: anything,
      async run(call) {
        const { full } = await asked(call);
        const { prefix, startKey } = call.query;
        const all = call.host.engine
          .listTriggers(full)
          .filter(({ triggerName }) => triggerName.startsWith(prefix) && triggerName >= startKey);
        const { items, nextToken } = page(all, ({ triggerName }) => triggerName, call.query);
        const triggers = await Promise.all(items.map((item) => shown(call, item)));
        return { triggers, ...(nextToken !== undefined && { nextToken }) };
      },
    }),
  ];
}
